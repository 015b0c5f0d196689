#pragma once

#include <algorithm>
#include <array>
#include <string_view>

// The kinds of events there are. The code tells by these names, the client's help and
// its lists are made from the table.
namespace kontena::model {

namespace kinds {
inline constexpr std::string_view container_drift = "container.drift";
inline constexpr std::string_view deployment_aborted = "deployment.aborted";
inline constexpr std::string_view deployment_begun = "deployment.begun";
inline constexpr std::string_view deployment_failed = "deployment.failed";
inline constexpr std::string_view deployment_succeeded = "deployment.succeeded";
inline constexpr std::string_view deployment_superseded = "deployment.superseded";
inline constexpr std::string_view image_pulled = "image.pulled";
inline constexpr std::string_view instance_crash_loop = "instance.crash_loop";
inline constexpr std::string_view instance_exited = "instance.exited";
inline constexpr std::string_view instance_failed = "instance.failed";
inline constexpr std::string_view instance_healthy = "instance.healthy";
inline constexpr std::string_view instance_moved = "instance.moved";
inline constexpr std::string_view instance_not_placed = "instance.not_placed";
inline constexpr std::string_view instance_out_of_memory = "instance.out_of_memory";
inline constexpr std::string_view instance_placed = "instance.placed";
inline constexpr std::string_view instance_recovered = "instance.recovered";
inline constexpr std::string_view instance_removed = "instance.removed";
inline constexpr std::string_view instance_restarted = "instance.restarted";
inline constexpr std::string_view instance_start_failed = "instance.start_failed";
inline constexpr std::string_view instance_started = "instance.started";
inline constexpr std::string_view instance_stopped = "instance.stopped";
inline constexpr std::string_view instance_unhealthy = "instance.unhealthy";
inline constexpr std::string_view network_drift = "network.drift";
inline constexpr std::string_view node_activated = "node.activated";
inline constexpr std::string_view node_back = "node.back";
inline constexpr std::string_view node_drained = "node.drained";
inline constexpr std::string_view node_joined = "node.joined";
inline constexpr std::string_view node_lost = "node.lost";
inline constexpr std::string_view node_paused = "node.paused";
inline constexpr std::string_view node_removed = "node.removed";
inline constexpr std::string_view stack_removed = "stack.removed";
}  // namespace kinds

enum class Severity { info, warning, error };

struct EventKind {
  std::string_view name;
  Severity severity;
  std::string_view text;  // what it means: for help
};

inline constexpr std::array event_kinds{
    EventKind{kinds::container_drift, Severity::warning, "somebody changed or removed a container by hand"},
    EventKind{kinds::deployment_aborted, Severity::warning, "people ended a deployment"},
    EventKind{kinds::deployment_begun, Severity::info, "a deploy, scale, restart, stop or start has begun"},
    EventKind{kinds::deployment_failed, Severity::error, "it did not come to what was wanted; why"},
    EventKind{kinds::deployment_succeeded, Severity::info, "all is as was wanted"},
    EventKind{kinds::deployment_superseded, Severity::info, "a newer one took its place"},
    EventKind{kinds::image_pulled, Severity::info, "a node has fetched an image"},
    EventKind{kinds::instance_crash_loop, Severity::error, "failed three times in a row; is tried less and less often"},
    EventKind{kinds::instance_exited, Severity::warning, "ended badly; with what exit status"},
    EventKind{kinds::instance_failed, Severity::error, "cannot be started, or was given up"},
    EventKind{kinds::instance_healthy, Severity::info, "its health check succeeds, for the first time or again"},
    EventKind{kinds::instance_moved, Severity::info, "made in the place of one on another node; why"},
    EventKind{kinds::instance_not_placed, Severity::error, "no node takes it; what each lacks"},
    EventKind{kinds::instance_out_of_memory, Severity::error, "killed as it was out of memory"},
    EventKind{kinds::instance_placed, Severity::info, "has got a node; which, and why that one"},
    EventKind{kinds::instance_recovered, Severity::info, "runs steadily after a crash loop"},
    EventKind{kinds::instance_removed, Severity::info, "is to go; why"},
    EventKind{kinds::instance_restarted, Severity::warning, "runs again after it ended; why it had"},
    EventKind{kinds::instance_start_failed, Severity::error, "its image or container cannot be made; why"},
    EventKind{kinds::instance_started, Severity::info, "runs for the first time"},
    EventKind{kinds::instance_stopped, Severity::info, "is to stop, and stays where it is"},
    EventKind{kinds::instance_unhealthy, Severity::error, "its health check fails; what that has said"},
    EventKind{kinds::network_drift, Severity::warning, "others changed links, routes or rules of a node; mended"},
    EventKind{kinds::node_activated, Severity::info, "is given work again"},
    EventKind{kinds::node_back, Severity::info, "a lost node is heard again"},
    EventKind{kinds::node_drained, Severity::info, "is emptied"},
    EventKind{kinds::node_joined, Severity::info, "is new in the grid"},
    EventKind{kinds::node_lost, Severity::error, "was not heard for too long; its work goes elsewhere"},
    EventKind{kinds::node_paused, Severity::info, "is given no new work"},
    EventKind{kinds::node_removed, Severity::info, "is not of the grid any more"},
    EventKind{kinds::stack_removed, Severity::info, "the last of a removed stack is gone"},
};
static_assert(std::ranges::is_sorted(event_kinds, {}, &EventKind::name));

constexpr const EventKind* find_event_kind(std::string_view name) {
  const auto found = std::ranges::lower_bound(event_kinds, name, {}, &EventKind::name);
  return found != event_kinds.end() && found->name == name ? &*found : nullptr;
}

constexpr std::string_view name(Severity severity) {
  return severity == Severity::error ? "error" : severity == Severity::warning ? "warning" : "info";
}

}  // namespace kontena::model
