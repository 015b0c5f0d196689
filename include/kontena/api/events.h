#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/codec/event_fields.h"

// Events: told by agents, listed for people.
namespace kontena::api {

inline constexpr std::string_view network_drift =
    "network.drift";  // a kind: the network was not as wanted, and is mended

struct EventList {
  std::vector<model::Event> events;
};  // GET events, newest first

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
  static void visit(auto& v, auto& s) { v("events", s.events); }
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
