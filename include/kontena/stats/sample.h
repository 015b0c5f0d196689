#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"

// What a node or an instance used in one interval, and how that goes from agents to the server.
namespace kontena::stats {

enum Measure : std::size_t {
  cpu_milli,        // thousandths of a processor
  throttled_milli,  // thousandths of the time
  memory,           // bytes: what cannot be taken away from it; of a node: what is not available
  memory_limit,     // bytes; 0 = none; of a node: all it has
  oom_kills,        // in the interval
  received,         // bytes a second
  sent,             // likewise
  read,             // likewise, of block devices
  written,          // likewise
  pids,
  disk_used,        // bytes, where the engine keeps its things; from here on of a node alone
  disk_size,
  load,             // thousandths
  measures
};
using Values = std::array<std::int64_t, measures>;

struct Sample {
  std::string instance;  // "" = the node itself
  Values values{};
  friend bool operator==(const Sample&, const Sample&) = default;
};

struct Batch {  // of one moment
  std::int64_t ago_ms = 0;  // when that was: the node's clock may be wrong
  std::vector<Sample> samples;
  friend bool operator==(const Batch&, const Batch&) = default;
};

// How often there is one; a grid may say otherwise.
inline constexpr std::int64_t usual_interval_ms = 10'000, least_interval_ms = 5'000, most_interval_ms = 300'000;

inline constexpr std::size_t most_samples = 4'000;  // in a batch
inline constexpr std::int64_t longest_ago_ms = 900'000;
inline constexpr std::size_t longest_batch = 512u << 10;  // bytes; such a batch of the longest fits

std::string encode(const Batch&);
// Code::invalid_argument for what encode() does not write.
Result<Batch> decode(std::string_view bytes);

}  // namespace kontena::stats
