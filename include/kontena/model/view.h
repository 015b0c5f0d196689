#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "kontena/base/ordered.h"
#include "kontena/model/alert.h"
#include "kontena/model/deployment.h"
#include "kontena/model/grid.h"
#include "kontena/model/instance.h"
#include "kontena/model/network.h"
#include "kontena/model/node.h"
#include "kontena/model/people.h"
#include "kontena/model/secret.h"
#include "kontena/model/stack.h"

namespace kontena::model {

// Everything a decision may look at, as it was at one revision of the store. A
// copy is cheap; a const one never changes. The comment gives each table's key.
struct ClusterView {
  std::int64_t revision = 0;
  Ordered<Grid> grids;                // GRID
  Ordered<Project> projects;          // GRID/PROJECT
  Ordered<Token> tokens;              // ID
  Ordered<User> users;                // NAME
  Ordered<Role> roles;                // NAME
  Ordered<Policy> policies;           // GRID, or GRID/PROJECT
  Ordered<Provider> providers;        // "login", or none
  Ordered<Binding> bindings;          // KIND/SUBJECT/SCOPE#ROLE (binding_key)
  Ordered<Node> nodes;                // GRID/ID
  Ordered<NodeFacts> facts;           // GRID/ID
  Ordered<RemovedNode> removed_nodes; // GRID/ID
  Ordered<Stack> stacks;              // GRID/PROJECT/STACK
  Ordered<Service> services;          // GRID/PROJECT/STACK/SERVICE
  Ordered<ServiceRevision> revisions; // GRID/PROJECT/STACK/SERVICE/REVISION (revision_key)
  Ordered<StackRevision> history;     // GRID/PROJECT/STACK/REVISION (history_key)
  Ordered<Network> networks;          // GRID/PROJECT/NAME
  Ordered<Volume> volumes;            // GRID/PROJECT/NAME
  Ordered<Instance> instances;        // GRID/PROJECT/STACK/SERVICE/ID
  Ordered<InstanceStatus> statuses;   // the same
  Ordered<Deployment> deployments;    // GRID/PROJECT/STACK/ID
  Ordered<Secret> secrets;            // GRID/PROJECT/NAME
  Ordered<RegistryLogin> registries;  // GRID/PROJECT/REGISTRY; GRID//REGISTRY of the whole grid
  Ordered<AlertRule> alert_rules;     // GRID/PROJECT/NAME; GRID//NAME of the grid itself (alert_key)
  Ordered<AlertState> alert_states;   // of these, with /SUBJECT (alert_key)
  Ordered<Webhook> webhooks;          // GRID/PROJECT/NAME; GRID//NAME of the grid itself

  // Keys of records that are there and cannot be read ("services/GRID/…"), and why:
  // what they hold is in no table above, and must not be taken for absent.
  Ordered<std::string> unreadable;

  // Derived: for each placed instance, GRID/NODE/ID → its key in `instances`.
  Ordered<std::string> by_node;

  // Derived: who has which address, GRID/PROJECT/NETWORK/ADDRESS/ID → its key in
  // `instances`. Two may have one that was declared: the old one, and who takes its place.
  Ordered<std::string> members;
};

// Revisions sort as text: eight digits.
std::string revision_key(const ServicePath&, std::int64_t revision);
std::string history_key(const StackPath&, std::int64_t revision);
std::string instance_key(const Instance&);
std::string by_node_key(const Instance&);
std::string member_key(const Instance&, std::string_view network, std::string_view address);

// Who was heard of lately: not in the store, since it changes all the time. A
// node that is not in it was never heard.
using Liveness = std::map<NodeId, NodeState>;

}  // namespace kontena::model
