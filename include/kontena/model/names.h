#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "kontena/model/alert_spec.h"
#include "kontena/model/deployment.h"
#include "kontena/model/grid.h"
#include "kontena/model/instance.h"
#include "kontena/model/node.h"
#include "kontena/model/people.h"
#include "kontena/model/stack.h"

// The names of enumerators, as JSON, tables and Compose files have them. Each
// list is in the order of its enum.
namespace kontena::model {

template <class E> struct Names;

#define KTN_NAMES(E, ...)                                      \
  template <> struct Names<E> {                                \
    static constexpr std::array all = std::to_array<std::string_view>({__VA_ARGS__}); \
  }
KTN_NAMES(MountKind, "volume", "bind", "tmpfs", "image", "content");
KTN_NAMES(Condition, "service_started", "service_healthy", "service_completed_successfully");
KTN_NAMES(RestartWhen, "no", "on-failure", "always", "unless-stopped");
KTN_NAMES(Mode, "replicated", "global");
KTN_NAMES(Order, "stop-first", "start-first");
KTN_NAMES(OnFailure, "pause", "continue");
KTN_NAMES(PullPolicy, "missing", "always", "never");
KTN_NAMES(StackWanted, "running", "stopped", "removed");
KTN_NAMES(Availability, "active", "pause", "drain");
KTN_NAMES(NodeState, "joining", "ready", "silent", "lost");
KTN_NAMES(Desired, "running", "stopped", "removed");
KTN_NAMES(InstanceState, "pending", "pulling", "starting", "running", "exited", "failed", "stopped", "removed");
KTN_NAMES(Health, "none", "starting", "healthy", "unhealthy");
KTN_NAMES(DeploymentState, "running", "succeeded", "failed", "superseded", "aborted");
KTN_NAMES(TokenKind, "join", "access", "session");
KTN_NAMES(AlertKind, "certificate", "cpu", "crash-loop", "deploy-failed", "disk", "log", "memory", "node-lost", "unhealthy", "unplaced");
KTN_NAMES(SubjectKind, "user", "group");
#undef KTN_NAMES

template <class E>
concept Named = requires { Names<E>::all; };

template <Named E>
constexpr std::string_view name(E value) {
  return Names<E>::all[static_cast<std::size_t>(value)];
}

template <Named E>
constexpr std::optional<E> named(std::string_view name) {
  for (std::size_t i = 0; i < Names<E>::all.size(); ++i)
    if (Names<E>::all[i] == name) return static_cast<E>(i);
  return std::nullopt;
}

}  // namespace kontena::model
