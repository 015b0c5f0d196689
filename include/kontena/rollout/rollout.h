#pragma once

#include <string>
#include <variant>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/random.h"
#include "kontena/model/view.h"
#include "kontena/schedule/place.h"

// What the server writes next for a stack. Pure: fresh ids come from the argument.
namespace kontena::rollout {

struct CreateInstance {
  model::Instance instance;
};  // placed or not (why_not)
struct PlaceInstance {
  model::Instance instance;
};  // one that waited, now with a node or another reason
struct SetDesired {
  model::Instance instance;
  model::Desired desired;
};
struct ForgetInstance {
  model::Instance instance;
};  // its container is gone, or it never had one
struct PinVolume {
  model::Volume volume;
};
struct ForgetService {
  model::ServicePath service;
};  // removed, and no instance is left
struct ForgetRevision {
  model::ServicePath service;
  std::int64_t revision = 0;
};
struct ForgetStack {
  model::StackPath stack;
};  // removed, and no service is left
struct FinishDeployment {
  model::Deployment deployment;
  model::DeploymentState state;
  std::string reason;
};
using Step = std::variant<CreateInstance, PlaceInstance, SetDesired, ForgetInstance, PinVolume, ForgetService,
                          ForgetRevision, ForgetStack, FinishDeployment>;

struct Plan {
  std::vector<Step> steps;
  std::int64_t wake_ms = 0;  // call again then although nothing changed; 0 = no need
};

// One round for one stack; call again when anything of it changed. What it does:
// - a slot for each replica (of a global service: each eligible node), filled by
//   one instance; superfluous ones, those with the highest slots first, removed;
// - a service waits for what it depends on: started, healthy, completed;
// - where it has pre_start hooks for all replicas together, one instance of a revision
//   is first: the others wait until it has a container;
// - instances made from an older revision are replaced as the service's `update`
//   says; not any more once the newest deployment failed or was aborted;
// - what is on a lost node is made elsewhere at once, what is on a drained one, is to
//   move, or keeps failing where it is start-first and where another node takes
//   it; what has its data there is held. Whoever is beside a good one goes;
// - what could not be placed is tried again; a stopped or removed stack's
//   instances are stopped or removed;
// - the newest running deployment succeeds when all is as wanted and has been for
//   `settle_ms`, fails when more instances than its services allow are broken, or
//   one cannot be placed.
// Carried out and asked again, it has nothing more to say, but for the round after
// a deployment failed. REQUIRES: the nodes are made from the same view. Steps are to
// be written in order, all at once.
Plan step(const model::ClusterView&, const model::StackPath&, schedule::Nodes&, IdSource&, Time now);

inline constexpr std::int64_t settle_ms = 1'000;

// Whether somebody else of its revision has had a container: then its service's pre_start
// hooks, but for those of each replica, have ended well, and are not for this one.
bool is_prepared(const model::ClusterView&, const model::Instance&);

// Is the service what its dependents may rely on?
bool satisfied(const model::ClusterView&, const model::ServicePath&, model::Condition);

}  // namespace kontena::rollout
