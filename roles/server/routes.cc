#include "routes.h"

#include <algorithm>
#include <array>

#include "kontena/api/endpoints.h"
#include "routes/handlers.h"

namespace kontena::server {
namespace {

using enum http::Method;
using enum access::Permission;
namespace paths = api::paths;

constexpr std::array table{
    Route{get, paths::health, open, "", no_body, get_health},
    Route{get, paths::authority, open, "", no_body, get_authority},
    Route{get, paths::who, open, "", no_body, get_who},
    Route{get, paths::audit, tokens, "", no_body, list_audit},
    Route{get, paths::problems, view, "", no_body, list_problems},
    Route{get, paths::backup, backup, "backup.read", no_body, get_backup},

    Route{get, paths::grids, view, "", no_body, list_grids},
    Route{get, paths::grid, view, "", no_body, get_grid},
    Route{put, paths::grid, grids, "grid.create", no_body, create_grid},
    Route{del, paths::grid, grids, "grid.remove", no_body, remove_grid},
    Route{post, paths::grid_settings, grids, "grid.set", small_body, set_grid},
    Route{post, paths::grid_rebalance, nodes, "grid.rebalance", no_body, rebalance_grid},
    Route{post, paths::grid_keys, grids, "grid.rotate-keys", no_body, rotate_keys},
    Route{get, paths::projects, view, "", no_body, list_projects},
    Route{put, paths::project, grids, "project.create", no_body, create_project},
    Route{del, paths::project, grids, "project.remove", no_body, remove_project},

    Route{get, paths::nodes, view, "", no_body, list_nodes},
    Route{get, paths::node, view, "", no_body, get_node},
    Route{post, paths::node_activate, nodes, "node.activate", no_body, activate_node},
    Route{post, paths::node_drain, nodes, "node.drain", no_body, drain_node},
    Route{post, paths::node_pause, nodes, "node.pause", no_body, pause_node},
    Route{post, paths::node_labels, nodes, "node.label", small_body, label_node},
    Route{del, paths::node, nodes, "node.remove", no_body, remove_node},

    Route{get, paths::node_network, view, "", no_body, get_node_state},
    Route{get, paths::events, view, "", no_body, list_events},

    Route{get, paths::tokens, tokens, "", no_body, list_tokens},
    Route{post, paths::tokens, tokens, "token.create", small_body, create_token},
    Route{del, paths::token, tokens, "token.remove", no_body, remove_token},

    Route{get, paths::stacks, view, "", no_body, list_stacks},
    Route{get, paths::stack, view, "", no_body, get_stack},
    Route{put, paths::stack, deploy, "stack.deploy", large_body, put_stack},
    Route{del, paths::stack, deploy, "stack.remove", no_body, remove_stack},
    Route{post, paths::stack_stop, deploy, "stack.stop", no_body, stop_stack},
    Route{post, paths::stack_start, deploy, "stack.start", no_body, start_stack},
    Route{get, paths::history, view, "", no_body, list_history},
    Route{get, paths::history_entry, view, "", no_body, get_history_entry},
    Route{get, paths::deployments, view, "", no_body, list_deployments},
    Route{get, paths::deployment, view, "", no_body, get_deployment},
    Route{post, paths::deployment_abort, deploy, "deployment.abort", no_body, abort_deployment},

    Route{head, paths::blob, deploy, "", no_body, head_blob},
    Route{post, paths::secrets, deploy, "secret.seal", secret_body, put_secret},
    Route{put, paths::blob, deploy, "blob.put", streamed_body, put_blob},

    Route{get, paths::services, view, "", no_body, list_services},
    Route{get, paths::service, view, "", no_body, get_service},
    Route{post, paths::service_scale, deploy, "service.scale", small_body, scale_service},
    Route{post, paths::service_restart, deploy, "service.restart", no_body, restart_service},
    Route{get, paths::instances, view, "", no_body, list_instances},
    Route{get, paths::networks, view, "", no_body, list_networks},
    Route{get, paths::network, view, "", no_body, get_network},
    Route{post, paths::networks, deploy, "network.create", small_body, create_network},
    Route{del, paths::network, deploy, "network.remove", no_body, remove_network},
    Route{post, paths::network_test, deploy, "network.test", small_body, test_network},
    Route{get, paths::logs, access::Permission::logs, "", no_body, stream_logs},

    Route{get, paths::agent_join, open, "", no_body, get_join_terms},
    Route{post, paths::agent_join, open, "node.join", small_body, join},
    Route{post, paths::agent_renew, agent, "", small_body, renew},
    Route{post, paths::agent_beat, agent, "", small_body, beat},
    Route{post, paths::agent_facts, agent, "", small_body, put_facts},
    Route{get, paths::agent_assignments, agent, "", no_body, get_assignments},
    Route{get, paths::agent_network, agent, "", no_body, get_node_network},
    Route{post, paths::agent_statuses, agent, "", large_body, put_statuses},
    Route{get, paths::agent_streams, agent, "", no_body, list_streams},
    Route{post, paths::agent_stream, agent, "", streamed_body, feed_stream},
    Route{post, paths::agent_ask, agent, "", large_body, answer_ask},
    Route{get, paths::agent_secret, agent, "", no_body, get_node_secret},
    Route{get, paths::agent_blob, agent, "", no_body, get_node_blob},
    Route{post, paths::agent_events, agent, "", small_body, put_events},
};

// What changes the store, and what has a node do something.
constexpr bool writes(const Route& r) {
  return std::holds_alternative<Write>(r.handler) || (std::holds_alternative<Live>(r.handler) && (r.method == post || r.method == put));
}
constexpr bool is_read(const Route& r) { return std::holds_alternative<Read>(r.handler); }
constexpr bool reads_secrets(const Route& r) { return r.permission == backup; }
static_assert(std::ranges::all_of(table, [](const Route& r) {
  return !r.audit.empty() == ((writes(r) && r.permission != agent) || reads_secrets(r));
}), "every write that people ask for is audited, and every read of secrets, and nothing else");
static_assert(std::ranges::none_of(table, [](const Route& r) { return reads_secrets(r) && is_read(r); }),
              "a Read leaves no trace: what is audited is a Write or Live");
static_assert(std::ranges::all_of(table, [](const Route& r) {
  return r.method == get || r.method == head ? !writes(r) : !is_read(r);
}), "GET and HEAD read; the others write");

}  // namespace

std::span<const Route> routes() { return table; }

}  // namespace kontena::server
