#include <algorithm>

#include "kontena/reconcile/reconcile.h"

namespace kontena::reconcile {
namespace {

constexpr std::int64_t stable_run_ms = 10'000;
constexpr std::int64_t longest_delay_ms = 60'000;

std::int64_t doubled(std::int64_t first_ms, std::int64_t times) {
  // Sixteen doublings of either start are beyond the longest delay already.
  const auto shift = std::clamp<std::int64_t>(times, 0, 16);
  return std::min(first_ms << shift, longest_delay_ms);
}

bool allowed(const model::Restart& policy, const Found& found, const History& history) {
  if (policy.when == model::RestartWhen::no) return false;
  if (policy.when == model::RestartWhen::on_failure && found.exit_code == 0) return false;
  return policy.max_attempts == 0 || history.restarts < policy.max_attempts;
}

}  // namespace

std::int64_t retry_delay_ms(std::int64_t failures) { return doubled(1'000, failures - 1); }

Verdict after_exit(const model::Restart& policy, const Found& found, const History& history) {
  if (history.gave_up || !allowed(policy, found, history)) return {};
  const bool stable = found.finished_ms - found.started_ms >= stable_run_ms;
  return {true, found.finished_ms + doubled(100, stable ? 0 : history.failures)};
}

}  // namespace kontena::reconcile
