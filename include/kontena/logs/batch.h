#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"

// How lines go from an agent to the server, and lie in its spool.
namespace kontena::logs {

enum class Stream : std::uint8_t {
  out,
  err,
  note,  // the agent's own word in the log: what was dropped, and why
};

inline constexpr std::size_t longest_line = 64u << 10;  // bytes; longer ones come in parts
inline constexpr std::size_t largest_raw = 4u << 20;    // of a batch before compression
inline constexpr std::size_t most_sections = 20'000;

struct Line {
  std::int64_t time_ns = 0;  // since 1970
  Stream stream = Stream::out;
  std::string text;   // without its end; any bytes
  bool more = false;  // the next line of this stream goes on with it
  friend bool operator==(const Line&, const Line&) = default;
};

// Lines of one instance in the order of its log.
struct Section {
  std::string instance, project, stack, service;
  std::int64_t slot = 0;
  std::string container;  // the engine's id
  std::vector<Line> lines;
  friend bool operator==(const Section&, const Section&) = default;
};

struct Batch {
  std::string spool;         // random, of the folder that it waited in
  std::uint64_t number = 0;  // 1, 2, 3 … there
  std::vector<Section> sections;
  friend bool operator==(const Batch&, const Batch&) = default;
};

// Compressed. REQUIRES: no more than largest_raw and most_sections; else nobody will decode it.
std::string encode(const Batch&);

// Safe with any bytes: no more is allocated than the limits say. Code::exhausted over a limit, else Code::corrupt.
Result<Batch> decode(std::string_view);

}  // namespace kontena::logs
