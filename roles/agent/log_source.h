#pragma once

#include <memory>
#include <optional>
#include <string>

#include "log_positions.h"
#include "log_rate.h"
#include "kontena/engine/engine.h"

namespace kontena::agent {

// Whose lines a container's are.
struct LogOwner {
  std::string instance, project, stack, service;
  std::int64_t slot = 0;
  std::string rate_key() const { return project + '/' + stack + '/' + service; }
};

// One container's log, from wherever it is had.
class LogSource {
 public:
  struct Taken {
    std::size_t bytes = 0;
    bool at_end = false;  // all that is there by now
    bool gap = false;     // before the lines that come next some may be missing
    std::uint64_t damaged = 0;
  };
  virtual ~LogSource() = default;
  // Appends lines that begin after `position`, and moves it behind them.
  virtual Result<Taken> take(std::size_t most, LogPosition& position, std::vector<logs::Line>& lines) = 0;
};

std::unique_ptr<LogSource> read_log_files(const engine::LogPlace&, const LogPosition&);
// For other drivers: a thread that follows the log through the engine until this goes.
std::unique_ptr<LogSource> read_log_by_engine(engine::Engine&, const std::string& container, const LogPosition&);

}  // namespace kontena::agent
