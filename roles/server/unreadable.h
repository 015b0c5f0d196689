#pragma once

#include <string>
#include <vector>

#include "kontena/api/message_fields.h"
#include "kontena/base/result.h"
#include "kontena/model/view.h"

// What damaged records stand in the way of. A record that cannot be read is not an
// absent one: what it is about is neither decided on nor told to anybody until it can
// be read again, and all the rest works.
namespace kontena::server {

// Code::corrupt where there is a record under the key that cannot be read.
Status check_readable(const model::ClusterView&, const std::string& key);

// The key of a record that cannot be read and on which decisions about the stack rest:
// its own, its services', instances' and the rest, those of nodes it has instances on,
// of volumes it uses. "" where all can be read.
std::string unreadable_of(const model::ClusterView&, const model::StackPath&);
Status check_readable(const model::ClusterView&, const model::StackPath&);

// Names of stacks of the project whose own record cannot be read.
std::vector<std::string> unreadable_stacks(const model::ClusterView&, const model::ProjectPath&);

// Whether an instance can be told to its node: names of networks are in the stack's
// record, what to run is in the revision's.
bool can_be_told(const model::ClusterView&, const model::Instance&);

// Ids of the instances of a grid whose own record cannot be read.
std::vector<std::string> unreadable_instances(const model::ClusterView&, const std::string& grid);

std::vector<api::Problem> problems_of(const model::ClusterView&);

}  // namespace kontena::server
