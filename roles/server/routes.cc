#include "routes.h"

#include <algorithm>
#include <array>

#include "kontena/api/channel.h"
#include "kontena/api/endpoints.h"
#include "kontena/api/events.h"
#include "kontena/api/stats.h"
#include "kontena/api/why.h"
#include "kontena/stats/sample.h"
#include "routes/handlers.h"
#include "routes/logs.h"
#include "routes/use.h"

namespace kontena::server {
namespace {

using enum http::Method;
using enum access::Verb;
using access::agent, access::login, access::open, access::part;
namespace paths = api::paths;

constexpr std::array table{
    Route{get, paths::health, open, "", no_body, get_health},
    Route{get, paths::authority, open, "", no_body, get_authority},
    Route{get, paths::who, open, "", no_body, get_who},
    Route{post, paths::login, open, "session.create", small_body, Slow{prove_password, create_session}},
    Route{post, paths::login_sso, open, "session.begin", small_body, Slow{ask_for_login, begin_login}},
    Route{post, paths::login_sso_wait, open, "session.create", small_body, Slow{ask_whether_done, finish_login}},
    Route{get, paths::sso, server_admin, "", no_body, get_sso},
    Route{put, paths::sso, server_admin, "sso.set", secret_body, Slow{check_sso, set_sso}},
    Route{del, paths::sso, server_admin, "sso.remove", no_body, remove_sso},
    Route{post, paths::invite, open, "user.join", small_body, Slow{prove_invitation, join_user}},
    Route{post, paths::logout, login, "session.remove", no_body, end_session},
    Route{post, paths::password, login, "user.password", small_body, Slow{prove_old_password, change_password}},
    Route{get, paths::can_i, login, "", no_body, can_i},
    Route{get, paths::users, users, "", no_body, list_users},
    Route{get, paths::user, users, "", no_body, get_user},
    Route{put, paths::user, users, "user.create", small_body, create_user},
    Route{post, paths::user, users, "user.change", small_body, change_user},
    Route{post, paths::user_invite, users, "user.invite", no_body, invite_user},
    Route{del, paths::user, users, "user.remove", no_body, remove_user},
    Route{get, paths::roles, login, "", no_body, list_roles},
    Route{put, paths::role, users, "role.create", small_body, create_role},
    Route{del, paths::role, users, "role.remove", no_body, remove_role},
    Route{get, paths::bindings, login, "", no_body, list_bindings},
    Route{post, paths::bindings, login, "binding.create", small_body, create_binding},
    Route{del, paths::bindings, login, "binding.remove", no_body, remove_binding},

    Route{get, paths::audit, part(audit_read), "", no_body, list_audit},
    Route{get, paths::audit_export, audit_read, "", no_body, export_audit},
    Route{get, paths::problems, view, "", no_body, list_problems},
    Route{get, paths::backup, backup, "backup.read", no_body, get_backup},

    Route{get, paths::grids, login, "", no_body, list_grids},
    Route{get, paths::grid, part(view), "", no_body, get_grid},
    Route{put, paths::grid, server_admin, "grid.create", no_body, create_grid},
    Route{del, paths::grid, server_admin, "grid.remove", no_body, remove_grid},
    Route{post, paths::grid_settings, grid_admin, "grid.set", small_body, set_grid},
    Route{post, paths::grid_rebalance, nodes, "grid.rebalance", no_body, rebalance_grid},
    Route{post, paths::grid_keys, grid_admin, "grid.rotate-keys", no_body, rotate_keys},
    Route{get, paths::projects, part(view), "", no_body, list_projects},
    Route{put, paths::project, grid_admin, "project.create", no_body, create_project},
    Route{del, paths::project, grid_admin, "project.remove", no_body, remove_project},

    Route{get, paths::grid_policy, view, "", no_body, get_policy},
    Route{post, paths::grid_policy, grid_admin, "policy.set", small_body, set_policy},
    Route{get, paths::project_policy, view, "", no_body, get_policy},
    Route{post, paths::project_policy, grid_admin, "policy.set", small_body, set_policy},

    Route{get, paths::grid_alerts, view, "", no_body, list_alerts},
    Route{put, paths::grid_alert, grid_admin, "alert.set", small_body, put_alert},
    Route{del, paths::grid_alert, grid_admin, "alert.remove", no_body, remove_alert},
    Route{post, paths::grid_alert_ack, nodes, "alert.ack", small_body, ack_alert},
    Route{post, paths::grid_alert_silence, nodes, "alert.silence", small_body, silence_alert},
    Route{post, paths::grid_alert_test, nodes, "alert.test", no_body, Slow{send_test, answer_test}},
    Route{get, paths::grid_webhooks, view, "", no_body, list_webhooks},
    Route{put, paths::grid_webhook, grid_admin, "webhook.set", secret_body, put_webhook},
    Route{del, paths::grid_webhook, grid_admin, "webhook.remove", no_body, remove_webhook},
    Route{get, paths::grid_forwards, view, "", no_body, list_forwards},
    Route{put, paths::grid_forward, grid_admin, "forward.set", secret_body, put_forward},
    Route{del, paths::grid_forward, grid_admin, "forward.remove", no_body, remove_forward},
    Route{get, paths::project_alerts, view, "", no_body, list_alerts},
    Route{put, paths::project_alert, deploy, "alert.set", small_body, put_alert},
    Route{del, paths::project_alert, deploy, "alert.remove", no_body, remove_alert},
    Route{post, paths::project_alert_ack, run, "alert.ack", small_body, ack_alert},
    Route{post, paths::project_alert_silence, run, "alert.silence", small_body, silence_alert},
    Route{post, paths::project_alert_test, run, "alert.test", no_body, Slow{send_test, answer_test}},
    Route{get, paths::project_webhooks, view, "", no_body, list_webhooks},
    Route{put, paths::project_webhook, project_admin, "webhook.set", secret_body, put_webhook},
    Route{del, paths::project_webhook, project_admin, "webhook.remove", no_body, remove_webhook},
    Route{get, paths::project_forwards, view, "", no_body, list_forwards},
    Route{put, paths::project_forward, project_admin, "forward.set", secret_body, put_forward},
    Route{del, paths::project_forward, project_admin, "forward.remove", no_body, remove_forward},

    Route{get, paths::nodes, view, "", no_body, list_nodes},
    Route{get, paths::node, view, "", no_body, get_node},
    Route{post, paths::node_activate, nodes, "node.activate", no_body, activate_node},
    Route{post, paths::node_drain, nodes, "node.drain", no_body, drain_node},
    Route{post, paths::node_pause, nodes, "node.pause", no_body, pause_node},
    Route{post, paths::node_labels, nodes, "node.label", small_body, label_node},
    Route{del, paths::node, nodes, "node.remove", no_body, remove_node},

    Route{get, paths::node_network, view, "", no_body, get_node_state},
    Route{get, paths::events, part(view), "", no_body, list_events},
    Route{get, paths::why, part(view), "", no_body, get_why},
    Route{get, paths::event_keeping, view, "", no_body, get_event_keeping},
    Route{post, paths::event_keeping, grid_admin, "grid.keep-events", small_body, set_event_keeping},

    Route{get, paths::tokens, login, "", no_body, list_tokens},
    Route{post, paths::tokens, login, "token.create", small_body, create_token},
    Route{post, paths::token_rotate, login, "token.rotate", no_body, rotate_token},
    Route{del, paths::token, login, "token.remove", no_body, remove_token},

    Route{get, paths::stacks, part(view), "", no_body, list_stacks},
    Route{get, paths::stack, view, "", no_body, get_stack},
    Route{put, paths::stack, deploy, "stack.deploy", large_body, put_stack},
    Route{del, paths::stack, deploy, "stack.remove", no_body, remove_stack},
    Route{post, paths::stack_stop, run, "stack.stop", no_body, stop_stack},
    Route{post, paths::stack_start, run, "stack.start", no_body, start_stack},
    Route{get, paths::history, view, "", no_body, list_history},
    Route{get, paths::history_entry, view, "", no_body, get_history_entry},
    Route{get, paths::deployments, view, "", no_body, list_deployments},
    Route{get, paths::deployment, view, "", no_body, get_deployment},
    Route{post, paths::deployment_abort, deploy, "deployment.abort", no_body, abort_deployment},

    Route{head, paths::blob, part(deploy), "", no_body, head_blob},
    Route{post, paths::secrets, part(deploy), "secret.seal", secret_body, put_secret},
    Route{get, paths::secrets, secrets_list, "", no_body, list_secrets},
    Route{get, paths::secret, secrets_list, "", no_body, get_secret},
    Route{put, paths::secret, secrets_write, "secret.set", secret_body, set_secret},
    Route{del, paths::secret, secrets_write, "secret.remove", no_body, remove_secret},
    Route{get, paths::secret_value, secrets_read, "secret.read", no_body, read_secret},
    Route{get, paths::master_key, server_admin, "", no_body, get_master_key},
    Route{post, paths::master_key, server_admin, "master-key.set", small_body, set_master_key},
    Route{get, paths::grid_registries, registries, "", no_body, list_registries},
    Route{put, paths::grid_registry, registries, "registry.set", small_body, put_registry},
    Route{del, paths::grid_registry, registries, "registry.remove", no_body, remove_registry},
    Route{get, paths::project_registries, registries, "", no_body, list_registries},
    Route{put, paths::project_registry, registries, "registry.set", small_body, put_registry},
    Route{del, paths::project_registry, registries, "registry.remove", no_body, remove_registry},
    Route{put, paths::blob, part(deploy), "blob.put", streamed_body, put_blob},
    Route{post, paths::builds, part(deploy), "image.build", small_body, build_on_node},

    Route{get, paths::services, part(view), "", no_body, list_services},
    Route{get, paths::service, view, "", no_body, get_service},
    Route{post, paths::service_scale, scale, "service.scale", small_body, scale_service},
    Route{post, paths::service_restart, run, "service.restart", no_body, restart_service},
    Route{get, paths::instances, part(view), "", no_body, list_instances},
    Route{get, paths::networks, view, "", no_body, list_networks},
    Route{get, paths::network, view, "", no_body, get_network},
    Route{post, paths::networks, networks, "network.create", small_body, create_network},
    Route{del, paths::network, networks, "network.remove", no_body, remove_network},
    Route{post, paths::network_test, networks, "network.test", small_body, test_network},
    Route{get, paths::stats, part(view), "", no_body, list_stats},
    Route{get, paths::node_stats, view, "", no_body, list_node_stats},
    Route{get, paths::logs, part(logs), "", no_body, stream_logs},
    Route{post, paths::channels, part(exec), "instance.exec", small_body, order_channel},
    Route{get, paths::channel, part(exec), "", no_body, hear_channel},
    Route{post, paths::channel, part(exec), "", streamed_body, speak_channel},

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
    Route{get, paths::agent_registry, agent, "", no_body, get_node_registry},
    Route{get, paths::agent_blob, agent, "", no_body, get_node_blob},
    Route{get, paths::agent_build_blob, agent, "", no_body, get_build_blob},
    Route{head, paths::agent_build_blob, agent, "", no_body, head_build_blob},
    Route{put, paths::agent_build_blob, agent, "", streamed_body, put_build_blob},
    Route{get, paths::agent_channel, agent, "", no_body, hear_agent_channel},
    Route{post, paths::agent_channel, agent, "", streamed_body, speak_agent_channel},
    Route{post, paths::agent_events, agent, "", small_body, put_events},
    Route{post, paths::agent_logs, agent, "", Body{2u << 20, false}, take_logs},
    Route{get, paths::agent_forwards, agent, "", no_body, get_agent_forwards},
    Route{post, paths::agent_forwards, agent, "", small_body, take_forward_troubles},
    Route{post, paths::agent_stats, agent, "", Body{stats::longest_batch, false}, take_stats},
};

// What changes the store, and what has a node do something.
constexpr bool writes(const Route& r) {
  return std::holds_alternative<Write>(r.handler) || std::holds_alternative<Slow>(r.handler) ||
         (std::holds_alternative<Live>(r.handler) && (r.method == post || r.method == put));
}
// What goes into a channel belongs to its order, which is audited.
constexpr bool goes_on(const Route& r) { return r.path == paths::channel; }
constexpr bool is_read(const Route& r) { return std::holds_alternative<Read>(r.handler); }
constexpr bool reads_secrets(const Route& r) {
  return r.permission.who == access::Permission::Who::holder &&
         (r.permission.verb == backup || r.permission.verb == exec || r.permission.verb == secrets_read);
}
static_assert(std::ranges::all_of(table, [](const Route& r) {
  return !r.audit.empty() == ((writes(r) && r.permission != agent && !goes_on(r)) || reads_secrets(r));
}), "every write that people ask for is audited, and every read of secrets, and nothing else");
static_assert(std::ranges::none_of(table, [](const Route& r) { return reads_secrets(r) && is_read(r); }),
              "a Read leaves no trace: what is audited is a Write or Live");
static_assert(std::ranges::all_of(table, [](const Route& r) {
  return r.method == get || r.method == head ? !writes(r) : !is_read(r);
}), "GET and HEAD read; the others write");

}  // namespace

std::span<const Route> routes() { return table; }

}  // namespace kontena::server
