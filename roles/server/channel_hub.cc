#include "channel_hub.h"

#include <utility>

namespace kontena::server {
namespace {

// What two ends that keep to their credit have under way at most is the window and what they say besides.
constexpr std::size_t most_waiting = 2 * channel::window;

}  // namespace

std::string ChannelPipe::take(Duration limit) {
  const bool any = state_.wait(limit, [](const State& s) { return !s.frames.empty() || s.ended; });
  if (!any) return {};
  return state_.change([](State& s) { return std::exchange(s.frames, {}); });
}

bool ChannelPipe::put(std::string_view frames) {
  const auto free = [](const State& s) { return s.ended || s.frames.size() < most_waiting; };
  for (bool put = false; !put;) {
    if (!state_.wait(Duration(2'000), free)) continue;
    bool ended = false;
    state_.change([&](State& s) {
      ended = s.ended;
      if (ended || s.frames.size() >= most_waiting) return;
      s.frames += frames;
      put = true;
    });
    if (ended) return false;
  }
  return true;
}

void ChannelPipe::end() {
  state_.change([](State& s) { s.ended = true; });
}

bool ChannelPipe::ended() const {
  return state_.with([](const State& s) { return s.ended && s.frames.empty(); });
}

Status ChannelHub::offer(Open one) {
  return channels_.with([&](auto& channels) -> Status {
    // Ordered, and never taken up.
    std::erase_if(channels, [&](const auto& each) {
      const bool hears = each.second->ends.with([](const Channel::Ends& ends) { return ends.client_hears; });
      return !hears && each.second->offered + to_begin < one->offered;
    });
    std::size_t of_user = 0, of_node = 0;
    for (const auto& [id, other] : channels) {
      of_user += other->user == one->user;
      of_node += other->by_node == one->by_node;
    }
    const auto enough = [](const std::string& who, std::size_t count) {
      return Error{Code::exhausted, who + std::to_string(count) + " ways into containers open",
                   "try again when some of them have ended"};
    };
    if (of_user >= most_of_user) return enough("user '" + one->user + "' has ", of_user);
    if (of_node >= most_of_node) return enough("node '" + one->node + "' has ", of_node);
    if (channels.size() >= most) return enough("the server has ", channels.size());
    channels[one->id] = std::move(one);
    return Done{};
  });
}

void ChannelHub::end(const std::string& id) {
  const Open gone = channels_.with([&](auto& channels) {
    const auto node = channels.extract(id);
    return node ? node.mapped() : Open();
  });
  if (!gone) return;
  gone->up.end();
  gone->down.end();
}

ChannelHub::Open ChannelHub::find(const std::string& id) const {
  return channels_.with([&](const auto& channels) {
    const auto found = channels.find(id);
    return found == channels.end() ? Open() : found->second;
  });
}

ChannelHub::Open ChannelHub::of_user(const std::string& id, const std::string& user, const std::string& scope) const {
  Open one = find(id);
  return one && one->user == user && one->scope == scope ? one : Open();
}

ChannelHub::Open ChannelHub::of_node(const std::string& id, const std::string& by_node) const {
  Open one = find(id);
  return one && one->by_node == by_node ? one : Open();
}

}  // namespace kontena::server
