#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/codec/json.h"

// What nodes and instances use.
namespace kontena::api {

namespace paths {
// ?since_ms= the length of time up to now (default: 1 h), ?points= at most so many each (default 1: the
// newest), ?stack= ?service= ?instance=ID
inline constexpr std::string_view stats = "/v1/grids/{grid}/projects/{project}/stats";
inline constexpr std::string_view node_stats = "/v1/grids/{grid}/stats";  // of the nodes: ?since_ms= ?points= ?node= NAME
inline constexpr std::string_view agent_stats = "/v1/agent/stats";        // POST: stats::encode() of a stats::Batch
}  // namespace paths

struct StatsPoint {  // of an instance or a node, over the time since the point before
  std::int64_t at_ms = 0;
  std::int64_t cpu_milli = 0;  // thousandths of a processor
  std::int64_t throttled_milli = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t memory_limit_bytes = 0;  // 0 = none
  std::int64_t oom_kills = 0;
  std::int64_t received_bytes_second = 0;
  std::int64_t sent_bytes_second = 0;
  std::int64_t read_bytes_second = 0;
  std::int64_t written_bytes_second = 0;
  std::int64_t pids = 0;
  std::int64_t disk_used_bytes = 0;  // from here on of nodes alone
  std::int64_t disk_size_bytes = 0;
  std::int64_t load_milli = 0;
};
struct StatsSeries {
  std::string id;       // of the instance, or of the node
  std::string stack;    // "" of a node
  std::string service;  // likewise
  std::int64_t slot = 0;
  std::string node;     // its name
  std::int64_t restarts = 0;
  std::vector<StatsPoint> points;  // oldest first
};
struct StatsList {  // GET stats, node_stats
  std::vector<StatsSeries> series;
};
struct StatsTaken {  // POST agent_stats
  std::int64_t refused = 0;  // samples of what is not this node's, or is there already
};
inline constexpr std::int64_t most_stats_points = 200'000;  // in one answer

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::StatsPoint> {
  static void visit(auto& v, auto& s) {
    v("at_ms", s.at_ms);
    v("cpu_milli", s.cpu_milli);
    v("throttled_milli", s.throttled_milli);
    v("memory_bytes", s.memory_bytes);
    v("memory_limit_bytes", s.memory_limit_bytes);
    v("oom_kills", s.oom_kills);
    v("received_bytes_second", s.received_bytes_second);
    v("sent_bytes_second", s.sent_bytes_second);
    v("read_bytes_second", s.read_bytes_second);
    v("written_bytes_second", s.written_bytes_second);
    v("pids", s.pids);
    v("disk_used_bytes", s.disk_used_bytes);
    v("disk_size_bytes", s.disk_size_bytes);
    v("load_milli", s.load_milli);
  }
};
template <>
struct Fields<api::StatsSeries> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("stack", s.stack);
    v("service", s.service);
    v("slot", s.slot);
    v("node", s.node);
    v("restarts", s.restarts);
    v("points", s.points);
  }
};
template <>
struct Fields<api::StatsList> {
  static void visit(auto& v, auto& s) { v("series", s.series); }
};
template <>
struct Fields<api::StatsTaken> {
  static void visit(auto& v, auto& s) { v("refused", s.refused); }
};

}  // namespace kontena::codec
