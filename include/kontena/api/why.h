#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/codec/event_fields.h"

// `why`: what is with an instance, a service, a stack or a node, in plain words.
namespace kontena::api {

namespace paths {
inline constexpr std::string_view why = "/v1/grids/{grid}/why";  // ?project= &of=NAME
}

// The commands that answers name, with the name that they are about for {}. A table, so
// that a test tries whether the client knows each of them.
enum class Look {
  audit, deployment_ls, drain, events_node, events_stack, grid_rebalance, logs, node_activate, node_ls, node_network, node_rm,
  node_show, ps, registry_ls, scale_to_none, service_restart, service_show, stack_deploy, stack_history, stack_show, stack_start,
  status,
};
struct LookRow {
  Look look;
  std::string_view command;
  std::string_view says;  // what it does for who asks why
};
inline constexpr std::array looks{
    LookRow{Look::audit, "audit ls", "who asked for what"},
    LookRow{Look::deployment_ls, "deployment ls {}", "its deployments, and how they ended"},
    LookRow{Look::drain, "node drain {}", "take its work elsewhere"},
    LookRow{Look::events_node, "events --node {}", "what happened there"},
    LookRow{Look::events_stack, "events --stack {}", "what happened to it"},
    LookRow{Look::grid_rebalance, "grid rebalance --plan", "what would move to even the nodes out"},
    LookRow{Look::logs, "logs {} --tail 50", "what it has written last"},
    LookRow{Look::node_activate, "node activate {}", "give it work again"},
    LookRow{Look::node_ls, "node ls", "the nodes, their state, size and labels"},
    LookRow{Look::node_network, "node network {}", "its network as it is right now"},
    LookRow{Look::node_rm, "node rm --force {}", "give it up, with what it holds"},
    LookRow{Look::node_show, "node show {}", "what it has, and what is promised"},
    LookRow{Look::ps, "ps {}", "its instances and where they are"},
    LookRow{Look::registry_ls, "registry ls", "whether there is a login for the registry"},
    LookRow{Look::scale_to_none, "service scale {}=0", "stop it"},
    LookRow{Look::service_restart, "service restart {}", "make all of its instances anew"},
    LookRow{Look::service_show, "service show {}", "its spec: image, limits, constraints, health check"},
    LookRow{Look::stack_deploy, "stack deploy -f compose.yaml {}", "once the file is mended"},
    LookRow{Look::stack_history, "stack history {}", "what it was before"},
    LookRow{Look::stack_show, "stack show {}", "its services, and what each waits for"},
    LookRow{Look::stack_start, "stack start {}", "start it again"},
    LookRow{Look::status, "status", "how the grid is as a whole"},
};
static_assert(std::ranges::is_sorted(looks, {}, &LookRow::look));
static_assert(looks.size() == static_cast<std::size_t>(Look::status) + 1);

struct NextCommand {
  std::string command;  // after "kontena client"
  std::string says;
};

struct Why {
  std::string kind;   // "instance", "service", "stack", "node"
  std::string name;   // as people write it: "shop/web-1"
  std::string state;  // one line: how it is
  std::vector<std::string> lines;  // why, the weightiest first
  std::vector<std::string> said;   // the last lines of its log, where it failed
  std::vector<model::Event> events;  // the last of it, oldest first
  std::vector<NextCommand> next;
};

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::NextCommand> {
  static void visit(auto& v, auto& s) {
    v("command", s.command);
    v("says", s.says);
  }
};

template <>
struct Fields<api::Why> {
  static void visit(auto& v, auto& s) {
    v("kind", s.kind);
    v("name", s.name);
    v("state", s.state);
    v("lines", s.lines);
    v("said", s.said);
    v("events", s.events);
    v("next", s.next);
  }
};

}  // namespace kontena::codec
