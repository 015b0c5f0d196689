#include "kontena/channel/end.h"

#include <algorithm>
#include <utility>

namespace kontena::channel {
namespace {

constexpr std::size_t give_after = window / 4;
constexpr std::size_t most_frames = 10'000;  // that wait, of all kinds

}  // namespace

std::string End::next(Duration beat) {
  return state_.wait_then(
      beat, [](const State& s) { return !s.out.empty() || s.closed || s.broken; },
      [](State& s) -> std::string {
        // What was said before the end is sent, also where the way back is gone first.
        if (!s.out.empty()) return std::exchange(s.out, {});
        return s.closed || s.broken ? std::string() : frame(Kind::beat);
      });
}

bool End::take(std::string_view bytes) {
  std::deque<Frame> came;
  std::size_t credit = 0;
  const Status cut = cutter_.take(bytes, [&](Kind kind, std::string_view text, std::string_view) {
    if (kind == Kind::beat) return;
    if (kind == Kind::credit)
      credit += number_in(text);
    else if (kind != Kind::signal && kind != Kind::resize)
      came.push_back({kind, std::string(text)});
    else if (control_)
      control_({kind, std::string(text)});
  });
  if (!cut) broke(cut.error());
  const auto hear = [&](State& s) {
    s.credit += credit;
    for (Frame& one : came) {
      if (is_data(one.kind)) s.waiting += one.bytes.size();
      // Many small ones cost no more than few large ones.
      const bool joins = is_data(one.kind) && !s.in.empty() && s.in.back().kind == one.kind &&
                         s.in.back().bytes.size() + one.bytes.size() <= most_data;
      if (joins)
        s.in.back().bytes += one.bytes;
      else
        s.in.push_back(std::move(one));
    }
    if (!s.broken && (s.credit > window || s.waiting > window || s.in.size() > most_frames))
      s.broken = Error{Code::corrupt, "the other end of a channel does not keep to its credit"};
    return !s.closed && !s.broken;
  };
  // Who is asked once a second whether it goes on wakes nobody.
  return came.empty() && credit == 0 ? state_.with(hear) : state_.change(hear);
}

void End::broke(Error why) {
  state_.change([&](State& s) {
    if (!s.broken) s.broken = std::move(why);
  });
}

bool End::send(Kind data, std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const bool goes_on = state_.with([](const State& s) { return !s.closed && !s.broken; });
    if (!goes_on) return false;
    if (!state_.wait(Duration(1'000), [](const State& s) { return s.credit > 0 || s.closed || s.broken; })) continue;
    state_.change([&](State& s) {
      if (s.closed || s.broken) return;
      sent = std::min({bytes.size(), s.credit, most_data});
      if (sent == 0) return;
      s.credit -= sent;
      append(s.out, data, bytes.substr(0, sent));
    });
    bytes.remove_prefix(sent);
  }
  return true;
}

void End::say(Kind kind, std::string_view bytes) {
  state_.change([&](State& s) {
    if (!s.closed && !s.broken) append(s.out, kind, bytes);
  });
}

void End::close() {
  state_.change([](State& s) { s.closed = true; });
}

void End::hear_no_more() {
  state_.change([](State& s) { s.deaf = true; });
}

std::optional<Frame> End::receive(Duration limit) {
  if (!state_.wait(limit, [](const State& s) { return !s.in.empty() || s.closed || s.deaf || s.broken; }))
    return std::nullopt;
  bool gave = false;
  auto one = state_.with([&](State& s) -> std::optional<Frame> {
    if (s.in.empty() || s.closed || s.deaf) return std::nullopt;
    Frame first = std::move(s.in.front());
    s.in.pop_front();
    if (is_data(first.kind)) {
      s.waiting -= first.bytes.size();
      s.taken += first.bytes.size();
    }
    if (s.taken >= give_after) {
      append(s.out, Kind::credit, number_text(static_cast<std::uint32_t>(std::exchange(s.taken, 0))));
      gave = true;
    }
    return first;
  });
  if (gave) state_.change([](State&) {});
  return one;
}

bool End::over() const {
  return state_.with([](const State& s) { return s.closed || (s.broken && s.in.empty()); });
}

std::optional<Error> End::why() const {
  return state_.with([](const State& s) { return s.broken; });
}

}  // namespace kontena::channel
