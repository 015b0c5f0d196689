#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kontena/logs/files.h"
#include "kontena/logs/lines.h"

namespace kontena::agent {

// How far a container's log was read, with what was begun: so that going on from here neither loses nor doubles.
struct LogPosition {
  logs::Place place;          // of what is read from files
  std::int64_t time_ns = 0;   // of what is read through the engine: of the last line …
  std::uint64_t at_time = 0;  // … and how many lines of that time there were
  logs::Joiner joiner;
  std::uint64_t dropped = 0;  // lines over the rate that no note has told of yet
  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};
using LogPositions = std::map<std::string, LogPosition>;  // by container

// What a batch changes of them; none: the container is gone.
using LogMoves = std::map<std::string, std::optional<LogPosition>>;

std::string write_moves(const LogMoves&);
std::optional<LogMoves> read_moves(std::string_view);  // none where the bytes are no such thing
void apply_moves(LogPositions&, const LogMoves&);
LogMoves all_of(const LogPositions&);

}  // namespace kontena::agent
