#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kontena/model/view.h"
#include "kontena/schedule/needs.h"

namespace kontena::schedule {

// What an instance of a service is likely to take of what it does not reserve: the most that any took lately. By service
// path; 0 = nobody knows.
using Peaks = std::map<std::string, model::Resources>;

struct Request {
  const model::ServiceSpec* spec = nullptr;
  model::ServicePath path;
  std::optional<NodeId> pinned;  // where its volume lives, or the node of a global slot
  std::string pinned_for = {};   // why: "that web-1 is on"; "" = its volume
  std::optional<NodeId> prefer;  // taken when it fits at all: where the data of its bind mounts is
  std::vector<NodeId> not_on;    // never these: where it is to go away from
  std::vector<NodeId> avoid;     // only where no other node fits: where the service keeps failing
  // What others need that are to be on its node too: it is to be free there, and is not booked.
  model::Resources along = {};
  std::vector<model::Port> along_ports = {};
  Needs needs = {};  // what is wished only is not asked for
};

struct Placement {
  std::optional<NodeId> node;
  std::string why_not;  // "2 not ready for new work; 1 without enough free memory: need 512 MB, best has 410 MB"
};

// The nodes of one grid as decisions see them, and what is promised on them. Each
// placement is booked, so that the next one sees it. The same view, liveness and
// order of calls always give the same answers: ties fall to the lowest node id.
// It may live as long as its grid: follow() costs as much as has changed.
//
// Memory and CPU are promised to every instance that is desired running and did
// not end for good; a host port is held by every instance until it is gone.
class Nodes {
 public:
  // Keeps a pointer to the view, which must stay until follow() has taken another.
  Nodes(const model::ClusterView&, const model::Liveness&, const std::string& grid);
  ~Nodes();
  Nodes(Nodes&&) noexcept;
  Nodes& operator=(Nodes&&) noexcept;

  // Goes on with a newer view. What was booked is forgotten: what became of it is
  // in the view. REQUIRES: `keys` (of the store, "instances/…"; others do no harm)
  // are all that were written or deleted between the two views.
  void follow(const model::ClusterView& next, const std::vector<std::string>& keys);
  // What is likely from now on. Where no node has room for that, any will do that has what is reserved.
  // REQUIRES: nothing is booked since the view.
  void expect(std::shared_ptr<const Peaks>);
  void hear(const NodeId&, model::NodeState);
  void forget(const NodeId&);  // as one that was never heard

  // What was booked is in the store, or will be: undo() leaves it.
  void keep();
  // Takes back what was booked since the last keep(): it could not be written.
  void undo();

  Placement place(const Request&);

  // A node that would take the request (not always the one that place would
  // choose) if the instance, made from `its`, were gone. Books nothing.
  Placement instead_of(const model::Instance&, const model::ServiceSpec& its, const Request&);

  // Whether its node has what the instance, made from `its`, needs to run again after
  // it was stopped: what it had may be promised to others since.
  bool has_room_again(const model::Instance&, const model::ServiceSpec& its) const;

  // For a global service: the nodes that are to have an instance, in order of id:
  // ready for new work, matching its constraints, and having what it needs. Whether it fits there too,
  // place says, with `pinned`.
  std::vector<NodeId> eligible(const Request&) const;

  // The instance, which is in the view, is to have this desired state from now on:
  // promised is what it needs then. Its host ports it has until it is gone.
  // REQUIRES: has_room_again(), if it is to run.
  void rebook(const model::Instance&, const model::ServiceSpec&, model::Desired);
  // Short for: it is to be removed or replaced.
  void release(const model::Instance& instance, const model::ServiceSpec& spec) {
    rebook(instance, spec, model::Desired::removed);
  }

  model::NodeState state(const NodeId&) const;

  // An active node may still come: it joined just now, the server started, or it
  // is silent for a moment.
  bool awaits_nodes() const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace kontena::schedule
