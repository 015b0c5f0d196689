// Placements a second: pure, or through a server's own loop onto a disk.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>

#include "kontena/schedule/place.h"
#include "sched_cluster.h"
#include "sched_durable.h"

namespace {

using namespace kontena;
using namespace kontena::bench;

constexpr const char* usage =
    R"(usage: sched_bench [--nodes N] [--services S] [--replicas R] [--mode plain|full|oneoff] [--per-stack N]
                   [--durable FOLDER [--one-more TIMES] | --reopen FOLDER [--one-more TIMES]]
  full: 0.1 cores and 64 MB reserved, one constraint, spread over three zones
  oneoff: S services of one instance, each a stack
  --durable: in a new or empty FOLDER, by the server's loop with synced commits
)";

int run_pure(const Size& size) {
  model::ClusterView view;
  model::Liveness liveness;
  for (int i = 0; i < size.nodes; ++i) {
    const auto one = node(i);
    view.nodes.put(grid + '/' + *one.id, one);
    view.facts.put(grid + '/' + *one.id, facts());
    liveness[one.id] = model::NodeState::ready;
  }
  std::vector<model::ServiceSpec> specs;
  std::vector<model::ServicePath> paths;
  for (int s = 0; s < size.services; ++s) specs.push_back(spec(size, s)), paths.push_back(path(size, s));

  std::vector<NodeId> placed;
  placed.reserve(static_cast<std::size_t>(size.instances()));
  schedule::Nodes nodes(view, liveness, grid);
  const double cpu = cpu_seconds();
  const auto from = std::chrono::steady_clock::now();
  for (std::size_t s = 0; s < specs.size(); ++s) {
    const schedule::Request request{.spec = &specs[s], .path = paths[s]};
    for (int r = 0; r < size.replicas; ++r) {
      auto placement = nodes.place(request);
      if (!placement.node) {
        std::printf("failed: not placed: %s\n", placement.why_not.c_str());
        return 1;
      }
      placed.push_back(*std::move(placement.node));
    }
  }
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  const double used = cpu_seconds() - cpu;
  const auto count = static_cast<double>(placed.size());
  std::printf("pure: %.0f placements/s, %.0f a CPU second, %.2f us CPU/placement; peak RSS %.1f MB\n", count / took,
              count / used, used * 1e6 / count, static_cast<double>(peak_kb()) / 1024);

  Tally tally(size);
  for (std::size_t i = 0; i < placed.size(); ++i)
    tally.add(paths[i / static_cast<std::size_t>(size.replicas)].text(), placed[i]);
  const auto wrong = tally.complaint();
  if (!wrong.empty()) std::printf("failed: %s\n", wrong.c_str());
  return wrong.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Size size;
  Durable durable;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const std::string value = i + 1 < argc ? argv[++i] : "";
    if (name == "--nodes")
      size.nodes = std::atoi(value.c_str());
    else if (name == "--services")
      size.services = std::atoi(value.c_str());
    else if (name == "--replicas")
      size.replicas = std::atoi(value.c_str());
    else if (name == "--per-stack")
      size.per_stack = std::atoi(value.c_str());
    else if (name == "--durable" || name == "--reopen")
      durable.folder = value, durable.reopen = name == "--reopen";
    else if (name == "--one-more")
      durable.one_more = std::atoi(value.c_str());
    else if (name == "--mode" && value == "plain")
      size.mode = Mode::plain;
    else if (name == "--mode" && value == "full")
      size.mode = Mode::full;
    else if (name == "--mode" && value == "oneoff")
      size.mode = Mode::oneoff, size.replicas = 1, size.per_stack = 1;
    else
      return std::fputs(usage, stderr), 2;
  }
  if (size.nodes < 1 || size.services < 1 || size.replicas < 1 || size.per_stack < 1)
    return std::fputs(usage, stderr), 2;
  if (durable.folder.empty()) return run_pure(size);
  if (!durable.reopen) {
    std::error_code ignored;
    std::filesystem::create_directories(durable.folder, ignored);
    if (!std::filesystem::is_empty(durable.folder, ignored))
      return std::fprintf(stderr, "'%s' is not an empty folder\n", durable.folder.c_str()), 2;
  }
  return run_durable(size, durable);
}
