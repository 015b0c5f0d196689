#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kontena/codec/event_fields.h"
#include "kontena/model/event_kinds.h"

// Events: told by agents, listed for people.
namespace kontena::api {

// The one kind that agents tell themselves; the others follow from what is written.
inline constexpr std::string_view network_drift = model::kinds::network_drift;

namespace paths {
inline constexpr std::string_view event_keeping = "/v1/grids/{grid}/events/keeping";
}

struct EventList {
  std::vector<model::Event> events;
  std::int64_t revision = 0;  // ?after= it gives what comes later
};  // GET events: newest first; with ?after= oldest first

struct KeepEvents {  // POST event_keeping: what is absent stays
  std::optional<std::int64_t> kept_ms;
  std::optional<std::int64_t> most;
};
inline constexpr std::int64_t fewest_kept = 100, most_kept = 100'000;       // bounds of `most`
inline constexpr std::int64_t least_kept_ms = 3'600'000, longest_kept_ms = 366ll * 24 * 3'600'000;  // or 0

// As the agent has it. Ages instead of times: its clock may be wrong. Told again with
// the same id it takes the place of what was told before.
struct EventReport {
  std::string id;  // fresh for each event
  std::string kind;
  std::string text;
  std::int64_t count = 1;
  std::int64_t first_ago_ms = 0;
  std::int64_t last_ago_ms = 0;
};
inline constexpr std::size_t most_events_at_once = 100;
inline constexpr std::size_t longest_event = 500;  // bytes of its text

struct EventsRequest {
  std::vector<EventReport> events;
};  // POST agent_events

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::EventList> {
  static void visit(auto& v, auto& s) {
    v("events", s.events);
    v("revision", s.revision);
  }
};

template <>
struct Fields<api::KeepEvents> {
  static void visit(auto& v, auto& s) {
    v("kept_ms", s.kept_ms);
    v("most", s.most);
  }
};

template <>
struct Fields<api::EventReport> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("kind", s.kind);
    v("text", s.text);
    v("count", s.count);
    v("first_ago_ms", s.first_ago_ms);
    v("last_ago_ms", s.last_ago_ms);
  }
};

template <>
struct Fields<api::EventsRequest> {
  static void visit(auto& v, auto& s) { v("events", s.events); }
};

}  // namespace kontena::codec
