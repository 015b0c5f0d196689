#include "status.h"

#include <array>
#include <cstdio>

#include "failures.h"
#include "kontena/base/text.h"

namespace kontena::agent {
namespace {

using engine::ContainerState;
using model::Desired;
using model::InstanceState;

// How often in a row something is tried before its instance counts as failed.
constexpr std::int64_t most_tries = 3;

bool has_failed(const Work& work) {
  return !work.message.empty() && (work.hopeless || work.history.tries >= most_tries);
}

// Of a container that is wanted to run and does not: will it be started again?
void say_ended(const model::Assignment& wanted, const engine::Container& container, const Work& work,
               model::InstanceStatus& status) {
  const model::Restart& policy = wanted.spec.restart;
  const bool again = reconcile::after_exit(policy, found_of(container), work.history).restart;
  const bool bad = container.exit_code != 0 || container.out_of_memory || !container.error.empty();
  const bool done = policy.when == model::RestartWhen::no ||
                    (policy.when == model::RestartWhen::on_failure && container.exit_code == 0);
  const bool gave_up = !again && !done;
  status.state = gave_up ? InstanceState::failed : InstanceState::exited;
  if (!bad && !gave_up) return;
  status.message = why_ended(wanted, container);
  if (gave_up) status.message += "; gave up after " + std::to_string(work.history.attempts) + " restarts";
  if (work.failure && work.failure->at_ms == container.finished_ms) status.last_lines = work.failure->last_lines;
}

void say_running(const model::Assignment& wanted, const engine::Container& container, const Work& work,
                 model::InstanceStatus& status) {
  const bool hooked = wanted.desired != Desired::running || is_hooked(wanted, work, container.started_ms);
  status.state = hooked ? InstanceState::running : InstanceState::starting;
  status.health = container.health;
  if (container.state == ContainerState::paused) {
    status.message = "paused by somebody: docker unpause " + container.name;
    return;
  }
  status.message = why_unfit(wanted, container);
  if (status.message.empty()) {
    status.message = what_was_changed(wanted, container);
    return;
  }
  if (work.failure && work.failure->at_ms == work.unfit_since_ms) status.last_lines = work.failure->last_lines;
}

void say_not_there(const model::Assignment& wanted, const Work& work, bool engine_away, model::InstanceStatus& status) {
  if (wanted.desired == Desired::removed) {
    // What was asked for as the engine went may be there.
    const bool sure = work.doing == Doing::nothing && !engine_away;
    status.state = sure ? InstanceState::removed : InstanceState::pending;
  } else if (wanted.desired == Desired::stopped) {
    status.state = InstanceState::stopped;
  } else if (has_failed(work)) {
    status.state = InstanceState::failed;
  } else if (work.doing == Doing::pull && wanted.spec.pull_policy != model::PullPolicy::never) {
    status.state = InstanceState::pulling;
    status.progress = work.progress;
  } else if (work.doing == Doing::create || work.doing == Doing::prepare) {
    status.state = InstanceState::starting;
  } else if (!work.message.empty()) {
    status.state = work.failed_at == Doing::pull ? InstanceState::pulling : InstanceState::starting;
  }
  status.message = work.message.empty() ? work.waits : work.message;
  if (!work.message.empty() && work.failure) status.last_lines = work.failure->last_lines;
}

}  // namespace

reconcile::Found found_of(const engine::Container& container) {
  return {.container = container.id,
          .running = container.state == ContainerState::running || container.state == ContainerState::paused ||
                     container.state == ContainerState::restarting,
          .ever_started = container.started_ms != 0,
          .exit_code = container.exit_code,
          .started_ms = container.started_ms,
          .finished_ms = container.finished_ms,
          .proven = container.health == model::Health::none || container.health == model::Health::healthy};
}

bool is_hooked(const model::Assignment& wanted, const Work& work, std::int64_t started_ms) {
  return wanted.spec.post_start.empty() || work.hooked_ms == started_ms;
}

model::InstanceStatus status_of(const model::Assignment& wanted, const engine::Container* container, const Work& work,
                                bool engine_away) {
  model::InstanceStatus status;
  status.restarts = work.history.restarts;
  status.failures = work.history.failures;
  status.last_failure = work.failure;
  if (!container) {
    say_not_there(wanted, work, engine_away, status);
    return status;
  }
  const reconcile::Found found = found_of(*container);
  status.container = container->id;
  status.started_ms = container->started_ms;
  status.finished_ms = container->finished_ms;
  status.ports = container->ports;
  if (!found.running) {
    status.exit_code = container->exit_code;
    status.out_of_memory = container->out_of_memory;
  }

  if (found.running) {
    say_running(wanted, *container, work, status);
  } else if (wanted.desired != Desired::running) {
    status.state = InstanceState::stopped;
  } else if (!found.ever_started || work.history.stopped || work.doing == Doing::stop) {  // the last by a failed hook
    status.state = InstanceState::starting;
  } else {
    say_ended(wanted, *container, work, status);
  }
  // What we failed at outweighs how the container is: it is why that does not change.
  if (!work.message.empty()) status.message = work.message;
  const bool waits = status.state == InstanceState::exited || status.state == InstanceState::starting;
  if (waits && has_failed(work)) status.state = InstanceState::failed;
  return status;
}

std::string progress_text(const engine::PullProgress& progress) {
  if (progress.total_bytes <= 0) return "";
  std::array<char, 64> buffer{};
  const auto megabytes = [](std::int64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); };
  std::snprintf(buffer.data(), buffer.size(), "%.1f MB / %.1f MB", megabytes(progress.done_bytes),
                megabytes(progress.total_bytes));
  return buffer.data();
}

std::string one_line(std::string_view text, std::size_t most) {
  text = text::trim(text);
  text = text::trim(text.substr(0, text.find('\n')));
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;  // not inside a character
  return std::string(text.substr(0, most));
}

}  // namespace kontena::agent
