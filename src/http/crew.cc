#include "crew.h"

#include <pthread.h>

#include <exception>

#include "kontena/base/log.h"

namespace kontena::http {
namespace {

// Of address space; memory is what is touched, about 24 KB for an idle long poll.
// OpenSSL's handshake takes the most, near 30 KB, and JSON 200 deep as much again.
constexpr std::size_t stack_bytes = 512u << 10;

struct Start {
  std::function<void()> job;
  std::shared_ptr<Synced<std::size_t>> running;
};

void* body(void* argument) {
  const std::unique_ptr<Start> start(static_cast<Start*>(argument));
  try {
    start->job();
  } catch (const std::exception& e) {
    log::error("a connection's thread failed", {{"reason", e.what()}});
  }
  start->job = nullptr;  // what it owns goes before we say that we are done
  start->running->change([](std::size_t& count) { --count; });
  return nullptr;
}

}  // namespace

bool Crew::run(std::function<void()> job) {
  const bool room = running_->with([&](std::size_t& count) { return count < most_ && ++count > 0; });
  if (!room) return false;
  auto start = std::make_unique<Start>(Start{std::move(job), running_});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int failed = pthread_create(&thread, &attributes, body, start.get());
  pthread_attr_destroy(&attributes);
  if (failed == 0) {
    static_cast<void>(start.release());
    return true;
  }
  running_->change([](std::size_t& count) { --count; });
  return false;
}

bool Crew::wait(Duration limit) {
  return running_->wait(limit, [](std::size_t count) { return count == 0; });
}

}  // namespace kontena::http
