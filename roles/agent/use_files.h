#pragma once

#include <array>
#include <optional>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/stats/sample.h"

// The kernel's files that tell what a container and the host use. They stay open: a reading is a few
// preads. Not for use from several threads.
namespace kontena::agent {

// What has been used since something began, where it is not a level of now (memory, pids, disk, load).
struct Used {
  stats::Values values{};  // cpu_milli and throttled_milli in microseconds, the others in bytes or numbers
  Duration at{};           // steady
};

// What was used between the two. What is less than before has begun anew, and counts as nothing. Pure.
stats::Values rates(const Used& before, const Used& now);

class UseFiles {
 public:
  UseFiles() = default;
  ~UseFiles();
  UseFiles(const UseFiles&) = delete;
  UseFiles& operator=(const UseFiles&) = delete;

  // Of the container whose first process that is. False where it has gone.
  bool open_container(std::int64_t pid);
  void open_host();
  // None where it has gone. `disk`: the folder that the host's disk is told of.
  std::optional<Used> read_container(Duration at);
  Used read_host(Duration at, const std::string& disk);

 private:
  enum File { cpu, throttled, memory, memory_more, memory_limit, oom, block, pids, network, files };
  void open(File, const std::string& path);
  std::string text(File);  // "" where it is not open, or cannot be read

  std::array<int, files> descriptors_ = [] {
    std::array<int, files> none{};
    none.fill(-1);
    return none;
  }();
  bool unified_ = false;  // cgroup v2
};

}  // namespace kontena::agent
