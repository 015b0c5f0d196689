#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kontena/api/network.h"
#include "kontena/overlay/plan.h"
#include "routes.h"

// The networks of projects: made, looked up, and who is on them.
namespace kontena::server {

using model::ClusterView;

using NetworkSpecs = std::map<std::string, model::NetworkSpec>;

// The name of the record behind a network of a stack; of one it does not declare, what
// it would have without a name of its own.
std::string network_name(const model::StackPath&, const NetworkSpecs& declared, const std::string& key);

// Where that record is: GRID/PROJECT/NAME.
std::string network_key(const std::string& grid, const std::string& project, const std::string& name);

// A stack of the network's project that has it among its own; not `except`. "" = none.
std::string user_of(const ClusterView&, const model::Network&, const std::string& except = {});

// An instance of another service that has the address; null: nobody.
const model::Instance* holder_of(const ClusterView&, const std::string& network, const std::string& address,
                                 const model::ServicePath& other_than);

// What the engine knows it by: of a project other than `default` with its name before it.
std::string engine_network(const std::string& project, const std::string& name);

Subnet pool_of(const ClusterView&, const std::string& grid);
overlay::Range range_of(const model::Network&);

// IPv6, of networks that have it: none where one has not.
Subnet6 pool6_of(const ClusterView&, const std::string& grid);
std::optional<overlay::Range6> range6_of(const model::Network&);
// The instance's, "" = none: what its service asks for, else by its IPv4 address.
std::string address6_of(const ClusterView&, const model::Network&, const model::Instance&);
const model::Instance* holder6_of(const ClusterView&, const model::Network&, Ipv6, const model::ServicePath& other_than);
// Fills in the IPv6 addresses that a checked spec wishes for; `made` are those of this commit.
Status address6(const ClusterView&, const std::string& what, const model::NetworkSpec& wish, const overlay::Taken6& made,
                model::Network&);
// A static one, that a service asks for.
Status check_static6(const ClusterView&, const model::ServicePath&, const std::string& where, const model::Attachment&,
                     const model::Network&);

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
// False where all are given.
Result<bool> give_number(const ClusterView&, const Ordered<model::Node>::Item&, store::Commit&);

}  // namespace kontena::server
