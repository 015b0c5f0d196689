#pragma once

#include "routes.h"

// The names by which instances are known in their networks.
namespace kontena::server {

using model::ClusterView;

// Fills in the names of a member, and its links; `network` is the name of its network.
void add_names(const ClusterView&, const model::Instance&, const std::string& network, model::Member&);

// Whether the stack can have the container names that its services ask for: another stack of the
// project may have one. Adds to the commit what makes one of two who ask at once be late.
Status check_container_names(const ClusterView&, const model::StackPath&, const model::StackSpec&, store::Commit&);

// Where another service of the stack is exposed from now on, the names of both change.
void mark_exposed(const ClusterView&, const model::Stack& was, const std::string& exposed, store::Commit&);

}  // namespace kontena::server
