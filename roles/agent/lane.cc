#include "lane.h"

namespace kontena::agent {

Lane::~Lane() {
  close();
  for (const auto& thread : threads_) thread->stop();
}

void Lane::add(std::function<void()> job) {
  const std::size_t busy = state_.change([&](State& s) {
    if (!s.closed) s.queue.push_back(std::move(job));
    return s.running + s.queue.size();
  });
  if (busy <= threads_.size() || threads_.size() == most_) return;
  threads_.push_back(std::make_unique<Loop>(name_, Duration(0), [this] { step(); }));
  threads_.back()->start();
}

void Lane::close() {
  state_.change([](State& s) {
    s.closed = true;
    s.queue.clear();
  });
}

bool Lane::wait_idle(Duration limit) {
  return state_.wait(limit, [](const State& s) { return s.queue.empty() && s.running == 0; });
}

void Lane::step() {
  const auto job = state_.wait_then(
      Duration(3'600'000), [](const State& s) { return s.closed || !s.queue.empty(); },
      [](State& s) -> std::function<void()> {
        if (s.queue.empty()) return nullptr;
        auto first = std::move(s.queue.front());
        s.queue.pop_front();
        ++s.running;
        return first;
      });
  if (!job) return;
  struct Ended {
    Lane& lane;
    ~Ended() {
      lane.state_.change([](State& s) { --s.running; });
    }
  } ended{*this};
  job();
}

}  // namespace kontena::agent
