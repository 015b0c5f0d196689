#include <algorithm>

#include "kontena/reconcile/reconcile.h"

namespace kontena::reconcile {
namespace {

std::int64_t doubled(std::int64_t first_ms, std::int64_t times) {
  // Sixteen doublings of either start are beyond the longest delay already.
  const auto shift = std::clamp<std::int64_t>(times, 0, 16);
  return std::min(first_ms << shift, longest_retry_ms);
}

std::int64_t spread(std::int64_t delay_ms, std::int64_t jitter) {
  return delay_ms - delay_ms * std::clamp<std::int64_t>(jitter, 0, 999) / 4'000;
}

std::int64_t wait_ms(const model::Restart& policy, std::int64_t attempts, std::int64_t jitter) {
  return policy.delay_ms > 0 ? policy.delay_ms : spread(doubled(100, attempts), jitter);
}

bool has_attempts_left(const model::Restart& policy, std::int64_t attempts) {
  return policy.max_attempts == 0 || attempts < policy.max_attempts;
}

}  // namespace

std::int64_t retry_delay_ms(std::int64_t failures, std::int64_t jitter) {
  return spread(doubled(1'000, failures - 1), jitter);
}

std::int64_t stable_after_ms(const model::Restart& policy) {
  constexpr std::int64_t usual_ms = 10'000;
  return policy.window_ms > 0 ? policy.window_ms : usual_ms;
}

bool was_stable(const model::Restart& policy, const Found& found) {
  return found.finished_ms - found.started_ms >= stable_after_ms(policy);
}

Verdict after_exit(const model::Restart& policy, const Found& found, const History& history) {
  const std::int64_t attempts = was_stable(policy, found) ? 0 : history.attempts;
  if (policy.when == model::RestartWhen::no || !has_attempts_left(policy, attempts)) return {};
  if (policy.when == model::RestartWhen::on_failure && found.exit_code == 0) return {};
  return {true, found.finished_ms + wait_ms(policy, attempts, history.jitter)};
}

Verdict when_unfit(const model::Restart& policy, const Found& found, const History& history) {
  if (found.unfit_since_ms == 0 || policy.when == model::RestartWhen::no) return {};
  if (!has_attempts_left(policy, history.attempts)) return {};
  return {true, found.unfit_since_ms + wait_ms(policy, history.attempts, history.jitter)};
}

}  // namespace kontena::reconcile
