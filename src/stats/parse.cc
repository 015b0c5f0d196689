#include "kontena/stats/parse.h"

#include <array>
#include <charconv>
#include <limits>

namespace kontena::stats {
namespace {

constexpr std::int64_t no_machine_has = std::int64_t{1} << 60;
constexpr std::string_view blank = " \t:=\r";

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view take_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(blank);
  line.remove_prefix(begin == std::string_view::npos ? line.size() : begin);
  const std::size_t end = line.find_first_of(blank);
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(word.size());
  return word;
}

std::optional<std::int64_t> whole(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < 0) return std::nullopt;
  return value;
}

// Sums of damaged text must not overflow.
void add(std::int64_t& sum, std::optional<std::int64_t> more) {
  if (more && *more <= std::numeric_limits<std::int64_t>::max() - sum) sum += *more;
}

bool leads_to_containers(std::string_view device) {
  constexpr std::array<std::string_view, 4> prefixes{"veth", "docker", "br-", "kt"};
  for (const std::string_view prefix : prefixes)
    if (device.starts_with(prefix)) return true;
  return false;
}

}  // namespace

std::optional<std::int64_t> number(std::string_view text) {
  std::string_view line = take_line(text);
  const std::string_view word = take_word(line);
  if (word == "max") return 0;
  const auto value = whole(word);
  return value && *value >= no_machine_has ? 0 : value;
}

std::optional<std::int64_t> keyed(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (take_word(line) == key) return whole(take_word(line));
  }
  return std::nullopt;
}

std::map<std::string, std::string, std::less<>> cgroup_paths(std::string_view text) {
  std::map<std::string, std::string, std::less<>> paths;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string path(line.substr(second + 1));
    // A path that leads elsewhere than below the mount is not followed.
    if (!path.starts_with('/') || path.find("..") != std::string::npos) continue;
    std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty()) paths.emplace("", path);
    while (!controllers.empty()) {
      const std::size_t comma = controllers.find(',');
      paths.emplace(controllers.substr(0, comma), path);
      controllers.remove_prefix(comma == std::string_view::npos ? controllers.size() : comma + 1);
    }
  }
  return paths;
}

Moved block_bytes_v1(std::string_view text) {
  Moved moved;
  while (!text.empty()) {  // "8:0 Read 4096"
    std::string_view line = take_line(text);
    const std::size_t begin = line.find(' ');
    if (begin == std::string_view::npos) continue;
    line.remove_prefix(begin);
    const std::string_view what = take_word(line);
    if (what == "Read") add(moved.in, whole(take_word(line)));
    if (what == "Write") add(moved.out, whole(take_word(line)));
  }
  return moved;
}

Moved block_bytes_v2(std::string_view text) {
  Moved moved;
  while (!text.empty()) {  // "8:0 rbytes=4096 wbytes=0 rios=1 …"
    std::string_view line = take_line(text);
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
      if (word == "rbytes") add(moved.in, whole(take_word(line)));
      if (word == "wbytes") add(moved.out, whole(take_word(line)));
    }
  }
  return moved;
}

Moved network_bytes(std::string_view text, bool of_host) {
  Moved moved;
  while (!text.empty()) {  // "  eth0: RX-BYTES packets errs drop fifo frame compressed multicast TX-BYTES …"
    std::string_view line = take_line(text);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view name = line.substr(0, colon);
    const std::string_view device = take_word(name);
    if (device == "lo" || (of_host && leads_to_containers(device))) continue;
    line.remove_prefix(colon + 1);
    const auto received = whole(take_word(line));
    for (int skipped = 0; skipped < 7; ++skipped) take_word(line);
    const auto sent = whole(take_word(line));
    if (!received || !sent) continue;
    add(moved.in, received);
    add(moved.out, sent);
  }
  return moved;
}

std::optional<std::int64_t> busy_ticks(std::string_view text) {
  std::string_view line = take_line(text);
  if (take_word(line) != "cpu") return std::nullopt;
  std::int64_t busy = 0;
  for (int column = 0; column < 8; ++column) {  // user nice system idle iowait irq softirq steal
    const auto ticks = whole(take_word(line));
    if (!ticks) return std::nullopt;
    if (column != 3 && column != 4) add(busy, ticks);
  }
  return busy;
}

std::optional<std::int64_t> load_milli(std::string_view text) {
  const std::string_view word = take_word(text);
  const std::size_t point = word.find('.');
  if (point == std::string_view::npos || word.size() - point != 3) return std::nullopt;
  const auto ones = whole(word.substr(0, point)), hundredths = whole(word.substr(point + 1));
  if (!ones || !hundredths || *ones > 1'000'000) return std::nullopt;
  return *ones * 1'000 + *hundredths * 10;
}

}  // namespace kontena::stats
