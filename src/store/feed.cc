#include "feed.h"

#include <algorithm>

#include "kontena/base/panic.h"

namespace kontena::store {
namespace {

std::size_t size_of(const Changed& change) {
  std::size_t bytes = sizeof(Changed);
  for (const auto& entry : change.put) bytes += sizeof(Entry) + entry.key.size() + entry.value.size();
  for (const auto& key : change.deleted) bytes += sizeof(std::string) + key.size();
  return bytes;
}

}  // namespace

void Feed::push(std::vector<Changed> changes) {
  if (changes.empty()) return;
  std::vector<Kept> fresh;
  fresh.reserve(changes.size());
  for (Changed& change : changes) {
    const auto bytes = size_of(change);
    fresh.push_back({std::make_shared<const Changed>(std::move(change)), bytes});
  }
  state_.change([&](State& state) {
    for (Kept& one : fresh) {
      KTN_ASSERT(one.change->revision == state.last + 1, "the feed has no gap");
      state.last = one.change->revision;
      state.bytes += one.bytes;
      state.kept.push_back(std::move(one));
    }
    while (state.kept.size() > 1 && (state.kept.size() > limits_.commits || state.bytes > limits_.bytes)) {
      state.bytes -= state.kept.front().bytes;
      state.kept.pop_front();
    }
  });
}

void Feed::restart(Revision start) {
  state_.change([&](State& state) {
    state.kept.clear();
    state.bytes = 0;
    state.last = start;
  });
}

Result<std::vector<Changed>> Feed::after(Revision after, std::size_t limit, Duration timeout) {
  std::vector<std::shared_ptr<const Changed>> found;
  const auto ready = [&](const State& state) { return state.closed || state.last > after; };
  const auto take = [&](const State& state) -> Status {
    if (state.last <= after) return Done{};
    const Revision oldest = state.last - static_cast<Revision>(state.kept.size()) + 1;
    if (after + 1 < oldest)
      return Error{Code::expired, "the changes after revision " + std::to_string(after) +
                                      " are no longer kept, only those after " + std::to_string(oldest - 1)};
    const auto first = static_cast<std::size_t>(after + 1 - oldest);
    const auto count = std::min(limit, state.kept.size() - first);
    found.reserve(count);
    for (std::size_t i = first; i < first + count; ++i) found.push_back(state.kept[i].change);
    return Done{};
  };
  KTN_OK(state_.wait_then(timeout, ready, take));
  // Copied without the lock: a change can be large, and its readers are many.
  std::vector<Changed> changes;
  changes.reserve(found.size());
  for (const auto& change : found) changes.push_back(*change);
  return changes;
}

Revision Feed::last() {
  return state_.with([](const State& state) { return state.last; });
}

void Feed::close() {
  state_.change([](State& state) { state.closed = true; });
}

}  // namespace kontena::store
