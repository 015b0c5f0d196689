#pragma once

#include <map>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/random.h"
#include "kontena/model/view.h"
#include "kontena/schedule/place.h"

// Which instances can go to another node, and which should. Pure.
namespace kontena::rollout {

// Why it can run where it is only: "its volume 'shop.data' lives there", "it is
// declared as pinned", "its service has one on every node"; "" = it can go elsewhere.
std::string bound(const model::ClusterView&, const model::Instance&);

struct Move {
  model::Instance instance;
  NodeId to;
};

// At most so many moves that even out, first, each service over its nodes, then all
// instances over all nodes. Each makes the grid better by a measure that only
// falls, so that once they are done and asked again there are none left: nothing is
// ever moved to and fro. Only what is up, of services that are as wanted, and may go
// elsewhere is moved. REQUIRES: the nodes are of the grid and made from the view;
// they are booked for the moves.
std::vector<Move> rebalance(const model::ClusterView&, schedule::Nodes&, const std::string& grid, std::size_t most);

// Of a stack's instances on a node that is to be drained: why each stays; "" = it goes. Those that are together go
// together. REQUIRES: as above; the nodes are booked for what goes.
std::map<InstanceId, std::string> foresee_drain(const model::ClusterView&, const model::StackPath&, const NodeId&,
                                                schedule::Nodes&, IdSource&, Time now);

}  // namespace kontena::rollout
