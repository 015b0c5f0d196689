#include "event_log.h"

#include <algorithm>

#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr std::string_view too_many = "more happens than is told one by one";

}  // namespace

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
  if (closed || reports.empty()) return;
  const auto told = api::call<api::Nothing>(uplink_.server(), http::Method::post, std::string(api::paths::agent_events),
                                            api::EventsRequest{reports});
  if (!told && told.error().code != Code::invalid_argument && told.error().code != Code::not_found) {
    if (failures_ == 0) log::warn("events cannot be told", {{"reason", told.error().message}});
    return wait_until_heard(context_, ++failures_);
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
}

void EventLog::close() {
  state_.change([](State& s) { s.closed = true; });
}

}  // namespace kontena::agent
