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
KTN_READ(list_audit);
KTN_READ(list_problems);

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

// blobs.cc
KTN_LIVE(head_blob);
KTN_LIVE(put_blob);
KTN_LIVE(get_node_blob);

// secrets.cc
KTN_WRITE(put_secret);
KTN_LIVE(get_node_secret);

// mesh.cc
KTN_READ(get_node_network);

// keys.cc
KTN_WRITE(rotate_keys);

// logs.cc
KTN_LIVE(stream_logs);

// probe.cc
KTN_LIVE(get_node_state);
KTN_LIVE(test_network);
KTN_LIVE(answer_ask);

// events.cc
KTN_READ(list_events);
KTN_WRITE(put_events);

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
