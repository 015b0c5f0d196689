#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kontena/engine/engine.h"

namespace kontena::agent {

std::string instance_of(const engine::Container&);  // "" where it has no such label

// The containers of this node as the engine was last seen to have them. Looks at
// the engine overlap and end in any order, so each takes a ticket before it asks,
// and what a later ticket has told is not overwritten.
class Seen {
 public:
  std::uint64_t ticket() { return ++last_ticket_; }

  void note(engine::Container, std::uint64_t ticket);
  void note_gone(const std::string& id, std::uint64_t ticket);
  // Takes off what a whole list no longer has, and tells which of its containers
  // are new or changed and want a closer look.
  std::vector<std::string> note_list(const std::vector<engine::Container>&, std::uint64_t ticket);

  const engine::Container* with_id(const std::string& id) const;
  // Where an instance has several, the one that runs, else the newest.
  const engine::Container* of_instance(const std::string& instance) const;
  const engine::Container* named(const std::string& name) const;
  std::vector<const engine::Container*> all() const;
  std::vector<std::string> instances() const;

 private:
  struct Item {
    engine::Container container;
    std::uint64_t ticket = 0;
  };
  void take_off(std::map<std::string, Item>::iterator);

  std::uint64_t last_ticket_ = 0;
  std::map<std::string, Item> items_;                       // by the engine's id
  std::map<std::string, std::set<std::string>> instances_;  // InstanceId → the engine's ids
  std::map<std::string, std::string> names_;                // → the engine's id
  std::map<std::string, std::uint64_t> gone_;  // until the next list: a look that began before must not bring it back
};

}  // namespace kontena::agent
