#pragma once

#include <set>
#include <string>
#include <vector>

#include "kontena/api/network.h"
#include "kontena/overlay/plan.h"
#include "routes.h"

// The networks of projects: made, looked up, and who is on them.
namespace kontena::server {

using model::ClusterView;

// The name of the record behind a network of a stack.
std::string network_name(const model::StackPath&, const std::string& key, const model::NetworkSpec*);

// What the engine knows it by: of a project other than `default` with its name before it.
std::string engine_network(const std::string& project, const std::string& name);

Subnet pool_of(const ClusterView&, const std::string& grid);
overlay::Range range_of(const model::Network&);

// Makes the networks that a stack declares, looks up those it takes from outside,
// and drops those it had and nobody is on any more. What it cannot have is refused,
// by name. Adds to the commit; rests on what it read.
Status put_networks(const ClusterView&, const Call&, const model::StackPath&, const model::StackSpec&, store::Commit&);

// A network made by people, in no stack.
Result<model::Network> make_network(const ClusterView&, const Call&, const model::ProjectPath&, const api::NetworkRequest&,
                                    store::Commit&);

// Everyone on the network, in order of address: "GRID/PROJECT/NAME".
std::vector<model::Member> members_of(const ClusterView&, const std::string& network);
// Of one of them: null where the instance is on no such network.
std::optional<model::Member> member_of(const ClusterView&, const model::Instance&, const std::string& network);

// The number of a node in its grid, given now if it has none: its address in the mesh.
Status give_number(const ClusterView&, const Ordered<model::Node>::Item&, store::Commit&);

}  // namespace kontena::server
