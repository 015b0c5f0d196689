#include "event_log.h"

#include <algorithm>

#include "kontena/base/files.h"
#include "kontena/base/log.h"

namespace kontena::agent {

// As it is in the file. Times of the wall's clock, since the steady one begins anew with the host.
struct KeptEvent {
  api::EventReport report;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::int64_t told = 0;
};
struct KeptEvents {
  std::vector<KeptEvent> events;
};

}  // namespace kontena::agent

namespace kontena::codec {
template <>
struct Fields<agent::KeptEvent> {
  static void visit(auto& v, auto& s) {
    v("report", s.report);
    v("first_ms", s.first_ms);
    v("last_ms", s.last_ms);
    v("told", s.told);
  }
};
template <>
struct Fields<agent::KeptEvents> {
  static void visit(auto& v, auto& s) { v("events", s.events); }
};
}  // namespace kontena::codec

namespace kontena::agent {
namespace {

constexpr std::string_view too_many = "more happens than is told one by one";

}  // namespace

EventLog::EventLog(Context context, Uplink& uplink, std::string file)
    : context_(std::move(context)), uplink_(uplink), file_(std::move(file)) {
  if (!file_.empty()) load();
}

void EventLog::load() {
  const auto text = files::read(file_, 1u << 20);
  if (!text && text.error().code == Code::not_found) return;
  const auto kept = text ? codec::from_json<KeptEvents>(*text) : Result<KeptEvents>(text.error());
  if (!kept) return log::warn("events that wait to be told cannot be read", {{"reason", kept.error().message}});
  const std::int64_t now_ms = to_ms(context_.clock.now());
  const Duration now = context_.clock.steady();
  state_.with([&](State& s) {
    for (const KeptEvent& one : kept->events) {
      if (s.noted.size() >= most_kept) break;
      const auto age = [&](std::int64_t ms) { return Duration(std::max<std::int64_t>(0, now_ms - ms)); };
      kept_ = "as it was";
      s.noted.push_back({one.report, now - age(one.first_ms), now - age(one.last_ms), one.told, now - between_updates});
    }
  });
}

void EventLog::keep() {
  if (file_.empty()) return;
  const std::int64_t now_ms = to_ms(context_.clock.now());
  const Duration now = context_.clock.steady();
  KeptEvents kept;
  std::string is;
  state_.with([&](State& s) {
    for (const Noted& one : s.noted) {
      if (one.told == one.report.count) continue;
      is += one.report.id + ' ' + std::to_string(one.report.count) + ' ' + std::to_string(one.told) + '\n';
      kept.events.push_back(
          {one.report, now_ms - (now - one.first).count(), now_ms - (now - one.last).count(), one.told});
    }
  });
  if (is == kept_) return;
  if (const Status saved = files::write(file_, codec::to_json(kept), 0600); !saved) {
    if (!std::exchange(forgetful_, true))
      log::warn("events that wait to be told cannot be kept", {{"reason", saved.error().message}});
    return;
  }
  forgetful_ = false;
  kept_ = std::move(is);
}

void EventLog::wait_for_server() {
  const auto back = [](const agent::State& s) { return s.stopping || !s.server_away; };
  wait_to_reconnect(context_, ++failures_);
  while (!context_.state.wait(Duration(1'000), back)) keep();
}

EventLog::Noted* EventLog::find(State& s, std::string_view kind, std::string_view text, Duration now) {
  for (Noted& one : s.noted)
    if (one.report.kind == kind && one.report.text == text && now - one.first < together) return &one;
  return nullptr;
}

void EventLog::note(std::string_view kind, const std::string& text) {
  const Duration now = context_.clock.steady();
  const std::string id = context_.ids.id();
  state_.change([&](State& s) {
    std::string words = text.substr(0, api::longest_event);
    const auto fresh = std::ranges::count_if(s.noted, [&](const Noted& one) { return now - one.first < together; });
    if (!find(s, kind, words, now) && fresh >= static_cast<std::ptrdiff_t>(most_new)) words = too_many;
    if (Noted* before = find(s, kind, words, now)) {
      ++before->report.count;
      before->last = now;
      return;
    }
    // What the server knows goes first, then the oldest.
    if (s.noted.size() >= most_kept) {
      const auto told = std::ranges::find_if(s.noted, [](const Noted& one) { return one.told == one.report.count; });
      s.noted.erase(told == s.noted.end() ? s.noted.begin() : told);
    }
    s.noted.push_back({{id, std::string(kind), std::move(words)}, now, now});
  });
}

bool EventLog::is_due(const Noted& one, Duration now) {
  return one.told != one.report.count && (one.told == 0 || now - one.told_at >= between_updates);
}

std::vector<api::EventReport> EventLog::due(State& s, Duration now) const {
  std::erase_if(s.noted, [&](const Noted& one) { return one.told == one.report.count && now - one.first >= together; });
  std::vector<api::EventReport> reports;
  for (Noted& one : s.noted) {
    if (!is_due(one, now) || reports.size() >= api::most_events_at_once) continue;
    reports.push_back(one.report);
    reports.back().first_ago_ms = (now - one.first).count();
    reports.back().last_ago_ms = (now - one.last).count();
  }
  return reports;
}

void EventLog::step() {
  state_.wait(between_updates, [&](const State& s) {
    const Duration now = context_.clock.steady();
    return s.closed || std::ranges::any_of(s.noted, [&](const Noted& one) { return is_due(one, now); });
  });
  state_.wait(breath, [](const State& s) { return s.closed; });
  const Duration now = context_.clock.steady();
  const auto [closed, reports] = state_.with([&](State& s) { return std::pair(s.closed, due(s, now)); });
  if (closed || !reports.empty()) keep();
  if (closed || reports.empty()) return;
  const auto told = api::call<api::Nothing>(uplink_.server(), http::Method::post, std::string(api::paths::agent_events),
                                            api::EventsRequest{reports});
  if (!told && told.error().code != Code::invalid_argument && told.error().code != Code::not_found) {
    if (failures_ == 0) log::warn("events cannot be told", {{"reason", told.error().message}});
    return wait_for_server();
  }
  // A server that does not take them, of another version, is not to be asked for ever.
  if (!told) log::warn("the server does not take events", {{"reason", told.error().message}});
  failures_ = 0;
  state_.with([&](State& s) {
    for (const api::EventReport& report : reports) {
      const auto one = std::ranges::find(s.noted, report.id, [](const Noted& n) { return n.report.id; });
      if (one != s.noted.end()) one->told = report.count, one->told_at = now;
    }
  });
  keep();
}

void EventLog::close() {
  state_.change([](State& s) { s.closed = true; });
}

}  // namespace kontena::agent
