#include "crew.h"

#include <exception>
#include <memory>
#include <utility>

#include "kontena/base/log.h"

namespace kontena::http {
namespace {

// Of address space; memory is what is touched: 16 KB with a TLS handshake and a
// waiting handler. The rest is for handlers.
constexpr std::size_t stack_bytes = 512u << 10;

}  // namespace

struct Crew::Start {
  std::function<void()> job;
  Crew& crew;
};

void* Crew::body(void* argument) {
  std::unique_ptr<Start> start(static_cast<Start*>(argument));
  Crew& crew = start->crew;
  try {
    start->job();
  } catch (const std::exception& e) {
    log::error("a connection's thread failed", {{"reason", e.what()}});
  }
  start.reset();  // what the job owns goes before we say that we are done
  crew.join_ended();
  crew.state_.change([](State& state) {
    --state.running;
    state.ended.push_back(pthread_self());
  });
  return nullptr;
}

void Crew::join_ended() {
  for (const pthread_t thread : state_.with([](State& state) { return std::exchange(state.ended, {}); }))
    pthread_join(thread, nullptr);
}

bool Crew::run(std::function<void()> job) {
  const bool room = state_.with([&](State& state) { return state.running < most_ && ++state.running > 0; });
  if (!room) return false;
  auto start = std::make_unique<Start>(Start{std::move(job), *this});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_t thread;
  const int failed = pthread_create(&thread, &attributes, body, start.get());
  pthread_attr_destroy(&attributes);
  if (failed == 0) {
    static_cast<void>(start.release());
    return true;
  }
  state_.change([](State& state) { --state.running; });
  return false;
}

bool Crew::wait(Duration limit) {
  if (!state_.wait(limit, [](const State& state) { return state.running == 0; })) return false;
  join_ended();
  return true;
}

}  // namespace kontena::http
