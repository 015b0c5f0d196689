#pragma once

#include <map>
#include <string>
#include <vector>

#include "kontena/model/view.h"

// Which instances of a stack are to be on one node, since they share namespaces or volumes.
namespace kontena::rollout {

// A place that an instance can have: a slot of a replicated service.
struct Seat {
  std::string service;
  std::int64_t slot = 0;
  friend bool operator==(const Seat&, const Seat&) = default;
};

class Together {
 public:
  // Of all services of a stack; they must stay where they are.
  explicit Together(const std::vector<const model::ServiceSpec*>& services);
  Together(const model::ClusterView&, const model::StackPath&);

  bool empty() const { return depths_.empty(); }
  bool has(const std::string& service) const { return depths_.contains(service); }
  // The longest way over those that it is beside or depends on; 0 = there are none. Who has to be there first has less.
  std::int64_t depth(const std::string& service) const;

  // Those that it is beside itself.
  std::vector<Seat> owners(const Seat&) const;
  // All that are to be on its node, itself too, in order: the first that has a node decides. Empty where it is alone.
  std::vector<Seat> set_of(const Seat&) const;
  const model::ServiceSpec* spec(const std::string& service) const;

 private:
  void look(const std::vector<const model::ServiceSpec*>&);
  std::vector<Seat> beside_it(const Seat&) const;

  std::map<std::string, const model::ServiceSpec*> specs_;  // of those that are with any
  std::map<std::string, std::vector<std::string>> users_;   // service → those beside it
  std::map<std::string, std::int64_t> depths_;
};

}  // namespace kontena::rollout
