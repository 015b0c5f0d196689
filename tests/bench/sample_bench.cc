// What one sample of many containers costs: the agent's readings of the kernel's files, of these processes' control groups.
//   sample_bench PID...
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "use_files.h"

using namespace kontena;

namespace {

double cpu() {
  rusage of{};
  ::getrusage(RUSAGE_SELF, &of);
  const auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return s(of.ru_utime) + s(of.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::unique_ptr<agent::UseFiles>> all;
  for (int i = 1; i < argc; ++i) {
    auto files = std::make_unique<agent::UseFiles>();
    if (files->open_container(std::atoll(argv[i]))) all.push_back(std::move(files));
  }
  constexpr int rounds = 200;
  std::size_t read = 0;
  const double begun = cpu();
  for (int round = 0; round < rounds; ++round)
    for (auto& files : all) {
      const auto used = files->read_container(Duration(round * 10'000));
      read += used.has_value() && used->values[stats::memory] > 0;
    }
  const double each = (cpu() - begun) / rounds;
  std::printf("%zu containers (%zu readings with a figure): %.3f ms of CPU a sample, every 10 s %.4f%% of a core\n", all.size(), read, each * 1e3, each * 10);
}
