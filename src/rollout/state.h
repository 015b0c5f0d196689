#pragma once

#include "kontena/model/view.h"
#include "kontena/rollout/rollout.h"

// What an instance's status means for a roll-out.
namespace kontena::rollout {

// place.cc
// Whether a network of the service has IPv6: its nodes are to have it then.
bool has_ipv6(const model::ClusterView&, const model::Stack&, const model::ServiceSpec&);

// Runs, and is healthy where it has a health check.
bool up(const model::InstanceStatus&, const model::ServiceSpec&);

// Ended by itself as it should, and is not started again.
bool done(const model::InstanceStatus&, const model::ServiceSpec&);

// Will not run again unless it is replaced.
bool dead(const model::InstanceStatus&, const model::ServiceSpec&);

// When it has run for so long; 0: it has. A start in the far future is the mark
// of a wrong clock on the node, and not waited for.
std::int64_t settles_at(const model::InstanceStatus&, std::int64_t now_ms, std::int64_t run_ms = settle_ms);

// It keeps failing: from when on another node is worth a try; 0 = it does not.
std::int64_t worth_moving_at(const model::Instance&, const model::InstanceStatus&, const model::ServiceSpec&);

// The spec that it was made from; of a revision that is not kept, the newest; null where the service is lost too.
const model::ServiceSpec* made_from(const model::ClusterView&, const model::Instance&);

// Made from what the service is now.
bool current(const model::Instance&, const model::Service&);

// Counts the instances of a service, to tell whether it is what its dependents
// may rely on. Call `add` for each that has a wanted place, those on their way out too.
class Reliance {
 public:
  Reliance(const model::Service& service, model::Condition condition) : service_(service), condition_(condition) {}
  void add(const model::Instance&, const model::InstanceStatus*);
  // `places`: how many instances are wanted.
  bool holds(std::int64_t places) const;
  std::int64_t added() const { return added_; }

 private:
  const model::Service& service_;
  const model::Condition condition_;
  std::int64_t added_ = 0, started_ = 0, good_ = 0;
};

// Whether the constraints of a service let it have the node.
bool node_matches(const model::ClusterView&, const std::string& grid, const NodeId&, const model::ServiceSpec&);

// The engine's name of a volume, as the tail of its key: GRID/PROJECT/NAME.
std::string volume_key(const model::StackPath&, const std::string& key, const model::VolumeSpec&);

}  // namespace kontena::rollout
