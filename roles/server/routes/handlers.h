#pragma once

#include "../routes.h"

// Every handler of the table in routes.cc, by the noun they are about: the file
// of that name has their bodies.
namespace kontena::server {

#define KTN_READ(name) Result<Answer> name(const Context&, const model::ClusterView&, const Call&)
#define KTN_WRITE(name) Result<Change> name(const Context&, const model::ClusterView&, const Call&)
#define KTN_LIVE(name) Result<http::Response> name(Context&, const View&, const Call&, http::Upload*)

// system.cc
KTN_READ(get_health);
KTN_READ(get_authority);
KTN_READ(get_who);
KTN_READ(list_problems);

// login.cc
Status prove_password(Context&, const View&, Call&);
KTN_WRITE(create_session);
Status prove_invitation(Context&, const View&, Call&);
KTN_WRITE(join_user);
Status prove_old_password(Context&, const View&, Call&);
KTN_WRITE(change_password);
KTN_WRITE(end_session);

// sso.cc
KTN_READ(get_sso);
Status check_sso(Context&, const View&, Call&);
KTN_WRITE(set_sso);
KTN_WRITE(remove_sso);
Status ask_for_login(Context&, const View&, Call&);
KTN_WRITE(begin_login);
Status ask_whether_done(Context&, const View&, Call&);
KTN_WRITE(finish_login);

// users.cc
KTN_READ(list_users);
KTN_READ(get_user);
KTN_WRITE(create_user);
KTN_WRITE(change_user);
KTN_WRITE(invite_user);
KTN_WRITE(remove_user);

// roles.cc
KTN_READ(list_roles);
KTN_WRITE(create_role);
KTN_WRITE(remove_role);

// bindings.cc
KTN_READ(list_bindings);
KTN_WRITE(create_binding);
KTN_WRITE(remove_binding);
KTN_READ(can_i);

// audit.cc
KTN_READ(list_audit);
KTN_LIVE(export_audit);

// backup.cc
KTN_LIVE(get_backup);

// grids.cc
KTN_READ(list_grids);
KTN_READ(get_grid);
KTN_WRITE(create_grid);
KTN_WRITE(remove_grid);
KTN_WRITE(set_grid);
KTN_WRITE(rebalance_grid);

// projects.cc
KTN_READ(list_projects);
KTN_WRITE(create_project);
KTN_WRITE(remove_project);

// policies.cc
KTN_READ(get_policy);
KTN_WRITE(set_policy);

// nodes.cc
KTN_READ(list_nodes);
KTN_READ(get_node);
KTN_WRITE(activate_node);
KTN_WRITE(drain_node);
KTN_WRITE(pause_node);
KTN_WRITE(label_node);
KTN_WRITE(remove_node);

// tokens.cc
KTN_READ(list_tokens);
KTN_WRITE(create_token);
KTN_WRITE(rotate_token);
KTN_WRITE(remove_token);

// stacks.cc
KTN_READ(list_stacks);
KTN_READ(get_stack);
KTN_WRITE(put_stack);
KTN_WRITE(remove_stack);
KTN_WRITE(stop_stack);
KTN_WRITE(start_stack);

// deployments.cc
KTN_READ(list_history);
KTN_READ(get_history_entry);
KTN_READ(list_deployments);
KTN_READ(get_deployment);
KTN_WRITE(abort_deployment);

// services.cc
KTN_READ(list_services);
KTN_READ(get_service);
KTN_WRITE(scale_service);
KTN_WRITE(restart_service);
KTN_READ(list_instances);

// networks.cc
KTN_READ(list_networks);
KTN_READ(get_network);
KTN_WRITE(create_network);
KTN_WRITE(remove_network);

// builds.cc
KTN_LIVE(build_on_node);
KTN_LIVE(get_build_blob);
KTN_LIVE(head_build_blob);
KTN_LIVE(put_build_blob);

// channels.cc
KTN_WRITE(order_channel);
KTN_LIVE(hear_channel);
KTN_LIVE(speak_channel);
KTN_LIVE(hear_agent_channel);
KTN_LIVE(speak_agent_channel);

// blobs.cc
KTN_LIVE(head_blob);
KTN_LIVE(put_blob);
KTN_LIVE(get_node_blob);

// secrets.cc
KTN_WRITE(put_secret);
KTN_LIVE(get_node_secret);
KTN_READ(list_secrets);
KTN_READ(get_secret);
KTN_WRITE(set_secret);
KTN_WRITE(remove_secret);
KTN_LIVE(read_secret);

// master_key.cc
KTN_READ(get_master_key);
KTN_LIVE(set_master_key);

// registries.cc
KTN_READ(list_registries);
KTN_WRITE(put_registry);
KTN_WRITE(remove_registry);
KTN_LIVE(get_node_registry);

// alerts.cc
KTN_READ(list_alerts);
KTN_WRITE(put_alert);
KTN_WRITE(remove_alert);
KTN_WRITE(ack_alert);
KTN_WRITE(silence_alert);
Status send_test(Context&, const View&, Call&);
KTN_WRITE(answer_test);

// webhooks.cc
KTN_READ(list_webhooks);
KTN_WRITE(put_webhook);
KTN_WRITE(remove_webhook);

// forwards.cc
KTN_READ(list_forwards);
KTN_WRITE(put_forward);
KTN_WRITE(remove_forward);
KTN_READ(get_agent_forwards);
KTN_LIVE(take_forward_troubles);

// mesh.cc
KTN_READ(get_node_network);

// keys.cc
KTN_WRITE(rotate_keys);

// probe.cc
KTN_LIVE(get_node_state);
KTN_LIVE(test_network);
KTN_LIVE(answer_ask);

// events.cc
KTN_READ(list_events);
KTN_READ(get_event_keeping);
KTN_READ(get_why);
KTN_WRITE(put_events);
KTN_WRITE(set_event_keeping);

// join.cc: join, renew; agents.cc: the rest
KTN_READ(get_join_terms);
KTN_WRITE(join);
KTN_WRITE(renew);
KTN_LIVE(beat);
KTN_WRITE(put_facts);
KTN_READ(get_assignments);
KTN_WRITE(put_statuses);
KTN_READ(list_streams);
KTN_LIVE(feed_stream);

#undef KTN_READ
#undef KTN_WRITE
#undef KTN_LIVE

}  // namespace kontena::server
