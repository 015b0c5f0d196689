#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kontena/engine/engine.h"
#include "kontena/model/view.h"
#include "kontena/store/store.h"

namespace kontena::sim {

class World;
struct Machine;
struct Answered;

// What must hold at each moment, whatever has failed; and at the end.
class Invariants {
 public:
  // A commit has taken effect. REQUIRES: by the fiber that made it.
  void committed(World&, const store::Commit&, store::Revision);
  // An agent is about to stop or remove this container.
  void stopping(World&, Machine&, const std::string& container, bool remove);
  void started(World&);  // a container was
  // An agent is about to make a container for this instance.
  void making(World&, Machine&, const std::string& instance);
  void answered(World&, const std::string& what, const Answered&);  // the user got this for a request
  void heard(World&, Machine&);                                     // the server has answered its beat
  void check(World&);                                               // after each turn
  std::vector<std::string> not_as_wanted(World&);

  const model::ClusterView& truth() const { return truth_; }

 private:
  void audit(World&, const store::Commit&, store::Revision);
  void one_writer_a_field(World&, const model::ClusterView& before, const store::Commit&);
  void promised(World&);
  void addressed(World&);
  void fits(World&, const model::Instance&);
  bool is_parted(Machine&, const engine::Container&) const;
  bool may_be(World&, const std::vector<std::string>& instances) const;

  model::ClusterView truth_;                              // the store's, decoded
  std::map<std::string, std::set<model::Desired>> told_;  // by InstanceId, whatever was ever wanted of it
  std::map<std::string, std::string> nodes_;              // by InstanceId
  std::set<std::string> beside_;                          // InstanceIds: made while another of the slot runs
  std::set<std::string> restarted_;                       // InstanceIds: by the agent, as their policy says
  std::set<std::string> removed_nodes_;
  std::map<std::string, store::Revision> writes_;  // by request
  bool changed_ = false;
};

}  // namespace kontena::sim
