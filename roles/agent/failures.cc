#include "failures.h"

#include <algorithm>

#include "status.h"

namespace kontena::agent {
namespace {

constexpr std::size_t longest_message = 500;

std::string megabytes(std::int64_t bytes) { return std::to_string(bytes / (1024 * 1024)) + " MB"; }

bool is_unhealthy(const engine::Container& container) { return container.health == model::Health::unhealthy; }

bool ended_badly(const engine::Container& container) {
  // One whose start failed never ran: that was counted by who tried to start it.
  if (container.state == engine::ContainerState::removing) return false;
  if (found_of(container).running || container.started_ms == 0 || !container.error.empty()) return false;
  return container.exit_code != 0 || container.out_of_memory;
}

std::string limit_text(std::int64_t is, std::int64_t wanted, std::string (*text)(std::int64_t)) {
  return (is == 0 ? "none" : text(is)) + " in place of " + (wanted == 0 ? "none" : text(wanted));
}

}  // namespace

std::string why_unfit(const model::Assignment& wanted, const engine::Container& container) {
  if (is_unhealthy(container)) {
    const std::string output = one_line(container.health_output, longest_message);
    return output.empty() ? "unhealthy: its health check fails" : "unhealthy: " + output;
  }
  for (const auto& [key, network] : wanted.networks)
    if (std::ranges::find(container.networks, network.name) == container.networks.end())
      return "it was taken off the network '" + network.name + "' by somebody";
  return "";
}

std::string what_was_changed(const model::Assignment& wanted, const engine::Container& container) {
  const model::Resources& is = container.limits;
  const model::Resources& limits = wanted.spec.limits;
  if (container.name != wanted.container_name)
    return "renamed by somebody: docker rename " + container.name + " " + wanted.container_name;
  if (is.memory_bytes != limits.memory_bytes)
    return "its memory limit was changed by somebody: " + limit_text(is.memory_bytes, limits.memory_bytes, megabytes);
  if (is.nano_cpus != limits.nano_cpus)
    return "its limit of cores was changed by somebody: " +
           limit_text(is.nano_cpus, limits.nano_cpus,
                      [](std::int64_t nano) { return std::to_string(nano / 1'000'000) + "m"; });
  if (is.pids != limits.pids)
    return "its limit of processes was changed by somebody: " +
           limit_text(is.pids, limits.pids, [](std::int64_t pids) { return std::to_string(pids); });
  return "";
}

std::string why_ended(const model::Assignment& wanted, const engine::Container& container) {
  if (!container.error.empty()) return one_line(container.error, longest_message);
  const std::string status = "exited with status " + std::to_string(container.exit_code);
  if (!container.out_of_memory) return status;
  const std::int64_t limit = wanted.spec.limits.memory_bytes;
  return status + ": out of memory (" + (limit > 0 ? "limit " + megabytes(limit) : "of the host") + ")";
}

bool shows_failure(const model::Assignment& wanted, const engine::Container& container, const Work& work) {
  if (wanted.desired != model::Desired::running || work.history.stopped) return false;
  if (work.doing == Doing::stop || work.doing == Doing::replace) return false;
  if (work.history.condemned == container.id) return false;
  if (found_of(container).running) return is_unhealthy(container) && work.unfit_since_ms == 0;
  return ended_badly(container) && work.ended_ms != container.finished_ms;
}

void note_failure(const model::Assignment& wanted, const engine::Container& container, model::Strings last_lines,
                  std::int64_t now_ms, Work& work) {
  const reconcile::Found found = found_of(container);
  model::Failure failure{.at_ms = now_ms, .last_lines = std::move(last_lines)};
  if (found.running) {
    failure.message = why_unfit(wanted, container);
  } else {
    work.ended_ms = failure.at_ms = container.finished_ms;
    failure.exit_code = container.exit_code;
    failure.out_of_memory = container.out_of_memory;
    if (container.out_of_memory) failure.memory_limit_bytes = wanted.spec.limits.memory_bytes;
    failure.message = why_ended(wanted, container);
    if (reconcile::was_stable(wanted.spec.restart, found)) work.history.failures = 0;
  }
  ++work.history.failures;
  work.failure = std::move(failure);
}

void note_fitness(const model::Assignment& wanted, const engine::Container& container, std::int64_t now_ms,
                  Work& work) {
  const bool runs = container.state == engine::ContainerState::running;
  if (!runs || why_unfit(wanted, container).empty())
    work.unfit_since_ms = 0;
  else if (work.unfit_since_ms == 0)
    work.unfit_since_ms = now_ms;
}

}  // namespace kontena::agent
