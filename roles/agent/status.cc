#include "status.h"

#include <array>
#include <cstdio>

#include "kontena/base/text.h"

namespace kontena::agent {
namespace {

using engine::ContainerState;
using model::Desired;
using model::InstanceState;

constexpr std::size_t longest_message = 500;

std::string why_ended(const engine::Container& container) {
  if (!container.error.empty()) return one_line(container.error, longest_message);
  std::string why = "exited with status " + std::to_string(container.exit_code);
  if (container.out_of_memory) why += ": out of memory";
  return why;
}

// Of a container that is wanted to run and does not: will it be started again?
void say_ended(const model::Assignment& wanted, const engine::Container& container, const Work& work,
               model::InstanceStatus& status) {
  const bool again = reconcile::after_exit(wanted.spec.restart, found_of(container), work.history).restart;
  const bool policy_ran_out = wanted.spec.restart.when == model::RestartWhen::on_failure && container.exit_code != 0;
  const bool failed = !again && (policy_ran_out || work.history.gave_up);
  status.state = failed ? InstanceState::failed : InstanceState::exited;
  if (container.exit_code == 0 && container.error.empty() && !container.out_of_memory) return;
  status.message = why_ended(container);
  if (failed) status.message += "; gave up after " + std::to_string(work.history.restarts) + " restarts";
  status.last_lines = work.last_lines;
}

void say_running(const engine::Container& container, const Work& work, model::InstanceStatus& status) {
  status.state = InstanceState::running;
  status.health = container.health;
  if (container.state == ContainerState::paused)
    status.message = "paused by somebody: docker unpause " + container.name;
  if (container.health != model::Health::unhealthy) return;
  status.message = one_line(container.health_output, longest_message);
  if (status.message.empty()) status.message = "its health check fails";
  status.last_lines = work.last_lines;
}

void say_not_there(const model::Assignment& wanted, const Work& work, model::InstanceStatus& status) {
  if (wanted.desired == Desired::removed) {
    status.state = work.doing == Doing::nothing ? InstanceState::removed : InstanceState::pending;
  } else if (wanted.desired == Desired::stopped) {
    status.state = InstanceState::stopped;
  } else if (work.doing == Doing::pull && wanted.spec.pull_policy != model::PullPolicy::never) {
    status.state = InstanceState::pulling;
    status.progress = work.progress;
  } else if (work.doing == Doing::create) {
    status.state = InstanceState::starting;
  } else if (!work.message.empty()) {
    status.state = InstanceState::failed;
  }
  status.message = work.message.empty() ? work.waits : work.message;
}

}  // namespace

reconcile::Found found_of(const engine::Container& container) {
  return {.container = container.id,
          .running = container.state == ContainerState::running || container.state == ContainerState::paused ||
                     container.state == ContainerState::restarting,
          .ever_started = container.started_ms != 0,
          .exit_code = container.exit_code,
          .started_ms = container.started_ms,
          .finished_ms = container.finished_ms};
}

model::InstanceStatus status_of(const model::Assignment& wanted, const engine::Container* container, const Work& work) {
  model::InstanceStatus status;
  status.restarts = work.history.restarts;
  if (!container) {
    say_not_there(wanted, work, status);
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
    say_running(*container, work, status);
  } else if (wanted.desired != Desired::running) {
    status.state = InstanceState::stopped;
  } else if (!found.ever_started || work.history.stopped) {
    status.state = work.message.empty() ? InstanceState::starting : InstanceState::failed;
  } else {
    say_ended(wanted, *container, work, status);
  }
  // What we failed at outweighs how the container is: it is why that does not change.
  if (!work.message.empty()) status.message = work.message;
  if (!work.message.empty() && status.state == InstanceState::exited) status.state = InstanceState::failed;
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
