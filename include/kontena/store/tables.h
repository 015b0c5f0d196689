#pragma once

#include "kontena/codec/alert_fields.h"
#include "kontena/model/event.h"
#include "kontena/model/view.h"
#include "kontena/store/table.h"

namespace kontena::store {

// Every table there is. Tails are those of model/view.h.
inline constexpr Table<model::AlertRule> alert_rules{"alert_rules"};
inline constexpr Table<model::AlertState> alert_states{"alert_states"};
inline constexpr Table<model::AuditRecord> audit{"audit"};  // as store/trail.h numbers them
inline constexpr Table<model::Binding> bindings{"bindings"};
inline constexpr Table<model::Checkpoint> checkpoints{"checkpoints"};  // NUMBER as 15 digits, of the trail; "cut"
inline constexpr Table<model::Deployment> deployments{"deployments"};
inline constexpr Table<model::EventKeeping> event_keeping{"event_keeping"};  // GRID
// GRID/TIME/NODE/ID, time in ms as 15 digits; GRID/TIME//ID where the server tells it
inline constexpr Table<model::Event> events{"events"};
inline constexpr Table<model::NodeFacts> facts{"facts"};
inline constexpr Table<model::Grid> grids{"grids"};
inline constexpr Table<model::StackRevision> history{"history"};
inline constexpr Table<model::Instance> instances{"instances"};
inline constexpr Table<model::LostNode> lost_nodes{"lost_nodes"};  // GRID/ID
inline constexpr Table<model::Secret> named_secrets{"named_secrets"};
inline constexpr Table<model::Network> networks{"networks"};
inline constexpr Table<model::Node> nodes{"nodes"};
inline constexpr Table<model::Policy> policies{"policies"};
inline constexpr Table<model::Project> projects{"projects"};
inline constexpr Table<model::Provider> providers{"providers"};
inline constexpr Table<model::RegistryLogin> registries{"registries"};
inline constexpr Table<model::RemovedNode> removed_nodes{"removed_nodes"};
inline constexpr Table<model::ServiceRevision> revisions{"revisions"};
inline constexpr Table<model::Role> roles{"roles"};
inline constexpr Table<model::Service> services{"services"};
inline constexpr Table<model::Stack> stacks{"stacks"};
inline constexpr Table<model::InstanceStatus> statuses{"statuses"};
inline constexpr Table<model::Token> tokens{"tokens"};
inline constexpr Table<model::User> users{"users"};
inline constexpr Table<model::Volume> volumes{"volumes"};
inline constexpr Table<model::Webhook> webhooks{"webhooks"};

// All tables of the view, decoded from the whole store. A record that cannot be
// read is in `unreadable` and in no table, here and below.
Result<model::ClusterView> load_view(Store&);

// Brings the view to the commit's revision. Keys of tables that are not in the
// view (audit, checkpoints, events, event_keeping, lost_nodes) are passed over.
void apply(model::ClusterView&, const Changed&);

}  // namespace kontena::store
