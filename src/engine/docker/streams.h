#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kontena/engine/engine.h"

// Docker's streams of JSON, a value a line, read as they come. Pure.
namespace kontena::engine::docker {

// Cuts bytes into lines; a line of more than 1 MiB is passed over.
class Lines {
 public:
  void take(std::string_view bytes, const std::function<void(std::string_view)>& each);
  void finish(const std::function<void(std::string_view)>& each);  // the last line, if it has no end

 private:
  std::string held_;
  bool too_long_ = false;
};

struct Heard {
  Event event;
  std::int64_t time_ns = 0;
};
std::optional<Heard> read_event(std::string_view line);

// Adds up the layers of a pull.
class PullReport {
 public:
  bool take(std::string_view line);  // whether the progress changed
  const PullProgress& progress() const { return progress_; }
  const std::string& error() const { return error_; }  // "" = none so far

 private:
  std::map<std::string, PullProgress> layers_;
  PullProgress progress_;
  std::string error_;
};

// "1795342501.519057733": the form of since= that every engine takes.
std::string seconds(std::int64_t ns);
// The first moment after an RFC 3339 time of the engine; none where it is no time.
std::optional<std::int64_t> ns_after(std::string_view time);

}  // namespace kontena::engine::docker
