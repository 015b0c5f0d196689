#pragma once

#include <string>
#include <string_view>

// The paths of the API, written once. Server rows use the constants; agent and
// client fill in the names with path().
namespace kontena::api {

namespace paths {
inline constexpr std::string_view health = "/v1/health";
inline constexpr std::string_view authority = "/v1/ca";
inline constexpr std::string_view who = "/v1/whoami";
inline constexpr std::string_view login = "/v1/login";
inline constexpr std::string_view login_sso = "/v1/login/sso";            // POST: begins one at the provider
inline constexpr std::string_view login_sso_wait = "/v1/login/sso/wait";  // POST: asks whether it is done
inline constexpr std::string_view sso = "/v1/sso";
inline constexpr std::string_view invite = "/v1/invite";  // POST: an invitation is taken up
inline constexpr std::string_view logout = "/v1/logout";
inline constexpr std::string_view password = "/v1/password";
inline constexpr std::string_view can_i = "/v1/can-i";  // ?verb= &at=SCOPE &user=
inline constexpr std::string_view users = "/v1/users";
inline constexpr std::string_view user = "/v1/users/{user}";
inline constexpr std::string_view user_invite = "/v1/users/{user}/invite";
inline constexpr std::string_view roles = "/v1/roles";
inline constexpr std::string_view role = "/v1/roles/{role}";
inline constexpr std::string_view bindings = "/v1/bindings";  // ?user= &group= &scope=; DELETE with &role=
inline constexpr std::string_view audit = "/v1/audit";
inline constexpr std::string_view audit_export = "/v1/audit/export";
inline constexpr std::string_view problems = "/v1/problems";
inline constexpr std::string_view backup = "/v1/backup";  // the stream of api/backup.h
inline constexpr std::string_view master_key = "/v1/master-key";  // that secrets are sealed under
inline constexpr std::string_view tokens = "/v1/tokens";
inline constexpr std::string_view token = "/v1/tokens/{token}";
inline constexpr std::string_view token_rotate = "/v1/tokens/{token}/rotate";
inline constexpr std::string_view grids = "/v1/grids";
inline constexpr std::string_view grid = "/v1/grids/{grid}";
inline constexpr std::string_view projects = "/v1/grids/{grid}/projects";
inline constexpr std::string_view project = "/v1/grids/{grid}/projects/{project}";
inline constexpr std::string_view grid_policy = "/v1/grids/{grid}/policy";
inline constexpr std::string_view project_policy = "/v1/grids/{grid}/projects/{project}/policy";
inline constexpr std::string_view grid_registries = "/v1/grids/{grid}/registries";
inline constexpr std::string_view grid_registry = "/v1/grids/{grid}/registries/{registry}";
inline constexpr std::string_view project_registries = "/v1/grids/{grid}/projects/{project}/registries";
inline constexpr std::string_view project_registry = "/v1/grids/{grid}/projects/{project}/registries/{registry}";
inline constexpr std::string_view grid_alerts = "/v1/grids/{grid}/alerts";  // api/alerts.h; of nodes
inline constexpr std::string_view grid_alert = "/v1/grids/{grid}/alerts/{alert}";
inline constexpr std::string_view grid_alert_ack = "/v1/grids/{grid}/alerts/{alert}/ack";
inline constexpr std::string_view grid_alert_silence = "/v1/grids/{grid}/alerts/{alert}/silence";
inline constexpr std::string_view grid_alert_test = "/v1/grids/{grid}/alerts/{alert}/test";
inline constexpr std::string_view grid_webhooks = "/v1/grids/{grid}/webhooks";
inline constexpr std::string_view grid_webhook = "/v1/grids/{grid}/webhooks/{webhook}";
inline constexpr std::string_view project_alerts = "/v1/grids/{grid}/projects/{project}/alerts";
inline constexpr std::string_view project_alert = "/v1/grids/{grid}/projects/{project}/alerts/{alert}";
inline constexpr std::string_view project_alert_ack = "/v1/grids/{grid}/projects/{project}/alerts/{alert}/ack";
inline constexpr std::string_view project_alert_silence = "/v1/grids/{grid}/projects/{project}/alerts/{alert}/silence";
inline constexpr std::string_view project_alert_test = "/v1/grids/{grid}/projects/{project}/alerts/{alert}/test";
inline constexpr std::string_view project_webhooks = "/v1/grids/{grid}/projects/{project}/webhooks";
inline constexpr std::string_view project_webhook = "/v1/grids/{grid}/projects/{project}/webhooks/{webhook}";
inline constexpr std::string_view grid_forwards = "/v1/grids/{grid}/forwards";  // api/forwards.h
inline constexpr std::string_view grid_forward = "/v1/grids/{grid}/forwards/{forward}";
inline constexpr std::string_view project_forwards = "/v1/grids/{grid}/projects/{project}/forwards";
inline constexpr std::string_view project_forward = "/v1/grids/{grid}/projects/{project}/forwards/{forward}";
inline constexpr std::string_view nodes = "/v1/grids/{grid}/nodes";
inline constexpr std::string_view node = "/v1/grids/{grid}/nodes/{node}";
inline constexpr std::string_view grid_settings = "/v1/grids/{grid}/settings";
inline constexpr std::string_view grid_rebalance = "/v1/grids/{grid}/rebalance";              // ?plan=true moves nothing
inline constexpr std::string_view grid_keys = "/v1/grids/{grid}/network/rotate-keys";             // ?force=true also where nodes are away
inline constexpr std::string_view node_activate = "/v1/grids/{grid}/nodes/{node}/activate";
inline constexpr std::string_view node_drain = "/v1/grids/{grid}/nodes/{node}/drain";
inline constexpr std::string_view node_pause = "/v1/grids/{grid}/nodes/{node}/pause";
inline constexpr std::string_view node_labels = "/v1/grids/{grid}/nodes/{node}/labels";
inline constexpr std::string_view node_network = "/v1/grids/{grid}/nodes/{node}/network";  // of the node's kernel, now
inline constexpr std::string_view events = "/v1/grids/{grid}/events";                      // ?node= &kind= &since=MS &limit=
inline constexpr std::string_view stacks = "/v1/grids/{grid}/projects/{project}/stacks";
inline constexpr std::string_view stack = "/v1/grids/{grid}/projects/{project}/stacks/{stack}";
inline constexpr std::string_view stack_stop = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/stop";
inline constexpr std::string_view stack_start = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/start";
inline constexpr std::string_view services = "/v1/grids/{grid}/projects/{project}/services";
inline constexpr std::string_view service = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/services/{service}";
inline constexpr std::string_view service_scale = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/services/{service}/scale";
inline constexpr std::string_view service_restart = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/services/{service}/restart";
inline constexpr std::string_view networks = "/v1/grids/{grid}/projects/{project}/networks";
inline constexpr std::string_view network = "/v1/grids/{grid}/projects/{project}/networks/{network}";
inline constexpr std::string_view network_test = "/v1/grids/{grid}/projects/{project}/network-test";
inline constexpr std::string_view instances = "/v1/grids/{grid}/projects/{project}/instances";    // ?stack= &service= &after=REV (waits)
inline constexpr std::string_view logs = "/v1/grids/{grid}/projects/{project}/logs";              // ?stack= &service= &instance= &follow= &tail= &since=
inline constexpr std::string_view history = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/history";
inline constexpr std::string_view history_entry = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/history/{revision}";
inline constexpr std::string_view deployments = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/deployments";
inline constexpr std::string_view deployment_abort = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/deployments/{deployment}/abort";
inline constexpr std::string_view deployment = "/v1/grids/{grid}/projects/{project}/stacks/{stack}/deployments/{deployment}";  // ?after=REV (waits)

// A blob of a project, named by what it holds: "sha256:HEX". Before it deploys, a client asks by
// HEAD for each that the spec names (200 or 404; what is there stays for an hour from then) and
// PUTs what is missing (any length, chunked; 201), ?for=image where it is a part of an image.
inline constexpr std::string_view secrets = "/v1/grids/{grid}/projects/{project}/secrets";  // POST: the body is sealed; the answer has its keyed digest
inline constexpr std::string_view secret = "/v1/grids/{grid}/projects/{project}/secrets/{secret}";  // api/secrets.h
inline constexpr std::string_view secret_value = "/v1/grids/{grid}/projects/{project}/secrets/{secret}/value";  // ?version=
inline constexpr std::string_view blob = "/v1/grids/{grid}/projects/{project}/blobs/{digest}";
inline constexpr std::string_view builds = "/v1/grids/{grid}/projects/{project}/builds";  // POST: api/build.h

inline constexpr std::string_view agent_join = "/v1/agent/join";
inline constexpr std::string_view agent_renew = "/v1/agent/renew";              // the only one for an expired certificate
inline constexpr std::string_view agent_beat = "/v1/agent/beat";
inline constexpr std::string_view agent_facts = "/v1/agent/facts";
inline constexpr std::string_view agent_assignments = "/v1/agent/assignments";  // ?after=REV (waits up to 30 s)
inline constexpr std::string_view agent_network = "/v1/agent/network";          // ?after=REV&has=DIGEST (waits up to 30 s)
inline constexpr std::string_view agent_statuses = "/v1/agent/statuses";
inline constexpr std::string_view agent_streams = "/v1/agent/streams";          // waits up to 30 s for wanted streams and asks
inline constexpr std::string_view agent_stream = "/v1/agent/streams/{stream}";  // POST: the agent's end, chunked
inline constexpr std::string_view agent_ask = "/v1/agent/asks/{ask}";           // POST: the answer
inline constexpr std::string_view agent_events = "/v1/agent/events";
inline constexpr std::string_view agent_logs = "/v1/agent/logs";  // POST: logs::encode() of a logs::Batch
inline constexpr std::string_view agent_forwards = "/v1/agent/forwards";  // ?has=DIGEST (waits up to 30 s)
// Of a build that this node is at: GET its context; HEAD and PUT parts of its image.
inline constexpr std::string_view agent_build_blob = "/v1/agent/builds/{build}/blobs/{digest}";
inline constexpr std::string_view agent_secret = "/v1/agent/secrets/{digest}";  // likewise
inline constexpr std::string_view agent_registry = "/v1/agent/instances/{instance}/registry";  // ?image= that it pulls
inline constexpr std::string_view agent_blob = "/v1/agent/blobs/{digest}";      // one that the node's own instances name, or a part of their images
}  // namespace paths

// In the answer to a node that people removed, and only then: its agent is to clean
// up. A node that is merely unknown gets no such word.
inline constexpr std::string_view removed_header = "x-kontena-node-removed";

// The path with its {names} replaced, in order, each percent-encoded.
std::string path(std::string_view pattern, std::initializer_list<std::string_view> values);

}  // namespace kontena::api
