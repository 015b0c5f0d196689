#pragma once

#include "routes.h"

namespace kontena::server {

// Whether the project may have the stack as the spec has it, in place of what it has of the
// name: Code::permission_denied says all that it may not. Where quotas count, adds to the commit
// what makes one of two who ask at once look again.
Status check_policies(const model::ClusterView&, const model::StackPath&, const model::StackSpec&, store::Commit&);

// The first part of it: what the project may have of its hosts at all.
Status check_switches(const model::ClusterView&, const model::ProjectPath&, const model::StackSpec&);

}  // namespace kontena::server
