#include "leave.h"

#include "kontena/base/log.h"
#include "lane.h"

namespace kontena::agent {
namespace {

constexpr std::size_t most_at_once = 8;
constexpr Duration grace{10'000};
constexpr Duration pause{2'000};

}  // namespace

Result<bool> remove_all(engine::Engine& engine, const std::string& node) {
  KTN_TRY(const auto facts, engine.facts());  // agrees on how to speak, where the engine was away
  KTN_TRY(const auto containers, engine.list(node));
  {
    Lane lane("leave", most_at_once);
    for (const engine::Container& container : containers)
      lane.add([&engine, &container] {
        Status gone = engine.stop(container.id, grace);
        if (gone) gone = engine.remove(container.id);
        if (gone)
          log::info("container removed", {{"name", container.name}});
        else
          log::warn("a container cannot be removed", {{"name", container.name}, {"reason", gone.error().message}});
      });
    while (!lane.wait_idle(std::chrono::minutes(10))) continue;
  }
  KTN_TRY(const auto networks, engine.networks(node));
  for (const std::string& name : networks) KTN_OK(engine.remove_network(name, node));
  KTN_TRY(const auto left, engine.list(node));
  return left.empty();
}

bool leave(const Context& context) {
  const auto told_to_end = [](const State& s) { return s.told_to_end; };
  std::string told;
  while (!context.state.with(told_to_end)) {
    const auto all = remove_all(context.engine, context.node);
    if (all && *all) return true;
    const std::string why = all ? "some containers are still there" : all.error().message;
    if (why != told) log::warn("what this node ran cannot be removed yet, trying on", {{"reason", why}});
    told = why;
    context.state.wait(pause, told_to_end);
  }
  return false;
}

}  // namespace kontena::agent
