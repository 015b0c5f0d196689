#include "use_files.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "kontena/base/files.h"
#include "kontena/stats/parse.h"

namespace kontena::agent {
namespace {

constexpr std::string_view mount = "/sys/fs/cgroup/";
constexpr std::size_t longest_file = 16u << 10;  // all of it that is looked at

bool is_level(std::size_t measure) {
  using namespace stats;
  return measure == memory || measure == memory_limit || measure == pids || measure >= disk_used;
}

}  // namespace

stats::Values rates(const Used& before, const Used& now) {
  stats::Values values = now.values;
  const std::int64_t elapsed_ms = std::max<std::int64_t>(1, (now.at - before.at).count());
  for (std::size_t i = 0; i < stats::measures; ++i) {
    if (is_level(i)) continue;
    const std::int64_t more = std::max<std::int64_t>(0, now.values[i] - before.values[i]);
    if (i == stats::oom_kills) values[i] = more;
    // Microseconds in a millisecond are thousandths already; bytes become those of a second.
    else if (i == stats::cpu_milli || i == stats::throttled_milli) values[i] = more / elapsed_ms;
    else values[i] = static_cast<std::int64_t>(static_cast<double>(more) * 1'000.0 / static_cast<double>(elapsed_ms));
  }
  return values;
}

UseFiles::~UseFiles() {
  for (const int descriptor : descriptors_)
    if (descriptor >= 0) ::close(descriptor);
}

void UseFiles::open(File file, const std::string& path) {
  int& descriptor = descriptors_[file];
  if (descriptor >= 0) ::close(descriptor);
  descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

std::string UseFiles::text(File file) {
  if (descriptors_[file] < 0) return "";
  char bytes[longest_file];
  const ssize_t got = ::pread(descriptors_[file], bytes, sizeof bytes, 0);
  return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : "";
}

bool UseFiles::open_container(std::int64_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  const auto groups = files::read(process + "/cgroup", longest_file);
  if (!groups) return false;
  const auto paths = stats::cgroup_paths(*groups);
  const auto folder = [&](std::string_view controller) {
    const auto found = paths.find(controller);
    return found == paths.end() ? std::string() : std::string(mount) + std::string(controller) + found->second;
  };
  unified_ = !paths.contains("memory");
  if (unified_) {
    const auto found = paths.find("");
    // The host's own group is no container's.
    if (found == paths.end() || found->second == "/") return false;
    const std::string group = std::string(mount) + found->second.substr(1);
    open(cpu, group + "/cpu.stat");
    open(memory, group + "/memory.current");
    open(memory_more, group + "/memory.stat");
    open(memory_limit, group + "/memory.max");
    open(oom, group + "/memory.events");
    open(block, group + "/io.stat");
    open(pids, group + "/pids.current");
  } else {
    if (paths.find("memory")->second == "/") return false;
    open(cpu, folder("cpuacct") + "/cpuacct.usage");
    open(throttled, folder("cpu") + "/cpu.stat");
    open(memory, folder("memory") + "/memory.usage_in_bytes");
    open(memory_more, folder("memory") + "/memory.stat");
    open(memory_limit, folder("memory") + "/memory.limit_in_bytes");
    open(oom, folder("memory") + "/memory.oom_control");
    open(block, folder("blkio") + "/blkio.throttle.io_service_bytes");
    open(pids, folder("pids") + "/pids.current");
  }
  open(network, process + "/net/dev");
  return !text(cpu).empty();
}

std::optional<Used> UseFiles::read_container(Duration at) {
  Used used{.at = at};
  const std::string cpu_text = text(cpu), memory_text = text(memory), more = text(memory_more);
  if (cpu_text.empty() || memory_text.empty()) return std::nullopt;
  stats::Values& v = used.values;
  std::optional<std::int64_t> inactive;
  stats::Moved moved;
  if (unified_) {
    v[stats::cpu_milli] = stats::keyed(cpu_text, "usage_usec").value_or(0);
    v[stats::throttled_milli] = stats::keyed(cpu_text, "throttled_usec").value_or(0);
    inactive = stats::keyed(more, "inactive_file");
    moved = stats::block_bytes_v2(text(block));
  } else {
    v[stats::cpu_milli] = stats::number(cpu_text).value_or(0) / 1'000;
    v[stats::throttled_milli] = stats::keyed(text(throttled), "throttled_time").value_or(0) / 1'000;
    inactive = stats::keyed(more, "total_inactive_file");
    moved = stats::block_bytes_v1(text(block));
  }
  v[stats::memory] = std::max<std::int64_t>(0, stats::number(memory_text).value_or(0) - inactive.value_or(0));
  v[stats::memory_limit] = stats::number(text(memory_limit)).value_or(0);
  v[stats::oom_kills] = stats::keyed(text(oom), "oom_kill").value_or(0);
  v[stats::read] = moved.in;
  v[stats::written] = moved.out;
  v[stats::pids] = stats::number(text(pids)).value_or(0);
  const stats::Moved network_moved = stats::network_bytes(text(network), false);
  v[stats::received] = network_moved.in;
  v[stats::sent] = network_moved.out;
  return used;
}

void UseFiles::open_host() {
  open(cpu, "/proc/stat");
  open(memory, "/proc/meminfo");
  open(throttled, "/proc/loadavg");
  open(network, "/proc/self/net/dev");
}

Used UseFiles::read_host(Duration at, const std::string& disk) {
  Used used{.at = at};
  stats::Values& v = used.values;
  const std::int64_t ticks_a_second = std::max<std::int64_t>(1, ::sysconf(_SC_CLK_TCK));
  v[stats::cpu_milli] = stats::busy_ticks(text(cpu)).value_or(0) * (1'000'000 / ticks_a_second);
  const std::string memory_text = text(memory);
  v[stats::memory_limit] = stats::keyed(memory_text, "MemTotal").value_or(0) * 1'024;
  v[stats::memory] = std::max<std::int64_t>(0, v[stats::memory_limit] - stats::keyed(memory_text, "MemAvailable").value_or(0) * 1'024);
  v[stats::load] = stats::load_milli(text(throttled)).value_or(0);
  const stats::Moved moved = stats::network_bytes(text(network), true);
  v[stats::received] = moved.in;
  v[stats::sent] = moved.out;
  struct statvfs found {};
  if (!disk.empty() && ::statvfs(disk.c_str(), &found) == 0) {
    v[stats::disk_size] = static_cast<std::int64_t>(found.f_blocks * found.f_frsize);
    v[stats::disk_used] = static_cast<std::int64_t>((found.f_blocks - found.f_bfree) * found.f_frsize);
  }
  return used;
}

}  // namespace kontena::agent
