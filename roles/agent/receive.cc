#include "receive.h"

#include <tuple>

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
      work.history.tries = 0;
      work.hopeless = false;
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

Result<bool> Receive::ask(std::int64_t after, std::int64_t ours) {
  http::Request request{.path = std::string(api::paths::agent_assignments)};
  request.query["after"] = std::to_string(after);
  KTN_TRY(auto answer, api::call<api::AssignmentsAnswer>(uplink_.server(), request, longest_poll));
  struct Outcome {
    bool news = true;
    std::vector<std::pair<std::string, std::string>> left;  // instance, container
  };
  const auto outcome = context_.state.change([&](State& s) {
    Outcome came;
    // The other thread was quicker: this answer may be older than what it got.
    if (s.kept->revision != ours) return came;
    Merged merged = merge(*s.kept, std::move(answer));
    for (const std::string& instance : merged.dropped)
      if (const auto* container = s.seen.of_instance(instance)) came.left.emplace_back(instance, container->name);
    came.news = merged.differs;
    apply(s, std::move(merged));
    return came;
  });
  for (const auto& [instance, container] : outcome.left)
    log::warn("the server forgot an instance: its container is left alone",
              {{"instance", instance}, {"container", container}});
  return outcome.news;
}

void Receive::step() {
  const Duration asked = context_.clock.steady();
  const auto [after, epoch] =
      context_.state.with([](const State& s) { return std::pair(s.kept->revision, s.server_epoch); });
  hangs_ = epoch;
  const auto news = ask(after, after);
  hangs_ = 0;
  if (!news) {
    if (failures_ == 0) log::warn("no assignments can be received", {{"reason", news.error().message}});
    return wait_until_heard(context_, ++failures_);
  }
  failures_ = 0;
  if (!*news) pace(context_, asked);
}

void Receive::resume() {
  const auto [epoch, ours, stopping] = context_.state.wait_then(
      std::chrono::hours(1), [&](const State& s) { return s.server_epoch != epoch_ || s.stopping; },
      [](const State& s) { return std::tuple(s.server_epoch, s.kept->revision, s.stopping); });
  if (stopping || epoch == epoch_) return;
  epoch_ = epoch;
  const auto hangs_since = hangs_.load();
  if (hangs_since == 0 || hangs_since >= epoch) return;
  if (const auto news = ask(0, ours); !news)
    log::warn("no assignments can be received", {{"reason", news.error().message}});
}

}  // namespace kontena::agent
