#pragma once

#include <map>
#include <set>
#include <string>

#include "kontena/base/ipv4.h"
#include "kontena/rollout/rollout.h"

namespace kontena::server {

// Gives the instances of a plan their addresses, as they get their nodes. What is
// taken is in the view; what was given since that view is remembered here, until
// the next begins. One thread's.
class Addresses {
 public:
  void begin() { given_.clear(); }  // all that was given is in the view, or was not written

  // Of each instance that the plan places: an address on every network of its
  // service. One for which there is none is not placed, and says why.
  void give(const model::ClusterView&, rollout::Plan&);

 private:
  std::string give(const model::ClusterView&, model::Instance&);  // "" or why not

  std::map<std::string, std::set<Ipv4>> given_;  // by GRID/PROJECT/NETWORK
};

}  // namespace kontena::server
