#pragma once

#include "kontena/api/message_fields.h"
#include "kontena/model/view.h"

// The view as people see it. Pure.
namespace kontena::server {

api::GridSummary summarise_grid(const model::ClusterView&, const model::Liveness&, const model::Grid&);
api::NodeSummary summarise_node(const model::ClusterView&, model::NodeState, std::int64_t last_heard_ms, const model::Node&);
api::InstanceSummary summarise_instance(const model::ClusterView&, const model::Liveness&, const model::Instance&);
api::ServiceSummary summarise_service(const model::ClusterView&, const model::Liveness&, const model::Service&);
api::StackSummary summarise_stack(const model::ClusterView&, const model::Liveness&, const model::Stack&);
api::TokenSummary summarise_token(const model::Token&);

// Why an instance stays on a node that is lost or drained, with the way out; ""
// where nothing holds it.
std::string why_held(const model::ClusterView&, const model::Liveness&, const model::Instance&);

// Stack, service, slot, then the older first: as people read them.
void sort_by_slot(std::vector<api::InstanceSummary>&);

// The newest deployment of a stack, if it ever had one.
const model::Deployment* newest_deployment(const model::ClusterView&, const model::StackPath&);

// What a user should know of where the stack's services are.

}  // namespace kontena::server
