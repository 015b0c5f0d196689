// What statistics of many containers cost a server in memory, and how long one look at all their peaks takes.
//   use_bench [CONTAINERS, default 10000]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "use.h"

using namespace kontena;

namespace {

// Of this process, in MB: what is in memory, of which files that are read only are no part.
double resident() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("RssAnon:")) return std::atof(line.c_str() + 8) / 1024;
  return 0;
}
double wall() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

int main(int argc, char** argv) {
  const std::size_t containers = argc > 1 ? static_cast<std::size_t>(std::atoi(argv[1])) : 10'000;
  const SystemClock clock;
  server::Use use(clock, "");
  const double before = resident();
  constexpr std::int64_t day_ms = 86'400'000, interval_ms = 10'000;
  std::vector<server::Use::Sample> samples;
  for (std::size_t i = 0; i < containers; ++i) {
    const std::string number = std::to_string(i);
    samples.push_back({"default/0c0ffee0000" + std::to_string(i % 100) + "/0c0ffee" + number, "s/default/default@1764000000000/shop" + std::to_string(i / 50) + "/web/" + number});
  }
  const double begun = wall();
  std::size_t rounds = 0;
  for (std::int64_t at = day_ms; at <= 2 * day_ms + interval_ms; at += interval_ms, ++rounds) {
    // All of the last hour, and of the day before it as much as fills the quarters.
    if (at < 2 * day_ms - 3'700'000 && at % 900'000 != 0) continue;
    for (auto& sample : samples) sample.values[stats::cpu_milli] = at % 977, sample.values[stats::memory] = at % 1'000'003;
    use.add(at, samples);
  }
  std::printf("%zu containers, a full hour of samples and a day of quarters: %.0f MB (%.0f MB by its own count), filled in %.1f s\n", containers, resident() - before,
              static_cast<double>(use.bytes()) / (1 << 20), wall() - begun);
  const double look = wall();
  const auto peaks = use.peaks(2 * day_ms);
  std::printf("peaks of %zu services: %.1f ms\n", peaks.size(), (wall() - look) * 1'000);
}
