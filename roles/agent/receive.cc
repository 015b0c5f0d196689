#include "receive.h"

#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_poll{api::longest_wait_ms + 10'000};

}  // namespace

void apply(State& state, Merged merged) {
  for (const std::string& instance : merged.dropped) {
    state.work.erase(instance);
    state.report.erase(instance);
    // Whoever waits for its container's name is to be told that it is not ours to remove.
    state.replan = true;
  }
  for (const std::string& instance : merged.changed) {
    const auto before = state.kept->instances.find(instance);
    const bool known = before != state.kept->instances.end();
    const auto& after = merged.kept.instances.at(instance);
    Work& work = state.work[instance];
    if (known && before->second.desired != after.desired) {
      // Its stop was our doing even if an earlier run of this agent did it.
      if (before->second.desired == model::Desired::stopped) work.history.stopped = true;
      work.history.retry_at_ms = 0;
      work.history.cleanup_at_ms = 0;
    }
    state.touch(instance);
  }
  if (merged.differs) {
    state.unsaved = true;
    state.replan = true;
  }
  state.told = true;
  state.kept = std::make_shared<const Kept>(std::move(merged.kept));
}

void Receive::step() {
  const std::int64_t after = context_.state.with([](const State& s) { return s.kept->revision; });
  http::Request request{.path = std::string(api::paths::agent_assignments)};
  request.query["after"] = std::to_string(after);
  const Duration asked = context_.clock.steady();
  auto answer = api::call<api::AssignmentsAnswer>(uplink_.server(), request, longest_poll);
  if (!answer) {
    if (failures_ == 0) log::warn("no assignments can be received", {{"reason", answer.error().message}});
    return wait_to_reconnect(context_, ++failures_);
  }
  failures_ = 0;
  struct Left {
    std::string instance;
    std::string container;
  };
  bool nothing_new = false;
  const auto left = context_.state.change([&](State& s) {
    Merged merged = merge(*s.kept, std::move(*answer));
    std::vector<Left> containers;
    nothing_new = !merged.differs;
    for (const std::string& instance : merged.dropped)
      if (const auto* container = s.seen.of_instance(instance)) containers.push_back({instance, container->name});
    apply(s, std::move(merged));
    return containers;
  });
  for (const Left& one : left)
    log::warn("the server forgot an instance: its container is left alone",
              {{"instance", one.instance}, {"container", one.container}});
  if (nothing_new) pace(context_, asked);
}

}  // namespace kontena::agent
