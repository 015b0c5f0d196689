#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// What the kernel writes into files of cgroups and of /proc. Pure: texts in, numbers out.
// What is not there, or is no number, is none: nothing here fails loudly, as kernels differ.
namespace kontena::stats {

// The first number of the text. "max", and what no machine has (2^60 and more), is 0: no limit.
std::optional<std::int64_t> number(std::string_view text);

// Of lines "KEY VALUE" or "KEY: VALUE kB", the value as it is written.
std::optional<std::int64_t> keyed(std::string_view text, std::string_view key);

// /proc/PID/cgroup: controller → its path below the controller's mount. The unified hierarchy is "".
std::map<std::string, std::string, std::less<>> cgroup_paths(std::string_view text);

struct Moved {  // bytes, since something began
  std::int64_t in = 0;   // read, received
  std::int64_t out = 0;  // written, sent
  friend bool operator==(const Moved&, const Moved&) = default;
};
Moved block_bytes_v1(std::string_view text);  // blkio.throttle.io_service_bytes
Moved block_bytes_v2(std::string_view text);  // io.stat

// /proc/net/dev, all devices but lo; with `of_host` also without those that lead to containers.
Moved network_bytes(std::string_view text, bool of_host);

// /proc/stat: ticks in which all processors together did something.
std::optional<std::int64_t> busy_ticks(std::string_view text);

// /proc/loadavg: the first, in thousandths.
std::optional<std::int64_t> load_milli(std::string_view text);

}  // namespace kontena::stats
