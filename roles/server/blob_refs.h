#pragma once

#include <map>
#include <set>
#include <string>

#include "kontena/blobs/blobs.h"
#include "kontena/model/view.h"

// Which blobs specs name. Whatever comes to name one is to be added here: what nothing names goes.
namespace kontena::server {

struct Named {
  std::set<std::string> blobs;
  std::set<std::string> images;   // manifests: blobs that name others
  std::set<std::string> secrets;  // keyed digests: sealed records, not blobs
};

void add_named(const model::ServiceSpec&, Named&);
void add_named(const std::map<std::string, model::VolumeSpec>&, Named&);
void add_named(const model::StackSpec&, Named&);

// The parts that a manifest names, and itself. Code::not_found where it is not there.
Result<std::set<std::string>> parts_of_image(const blobs::Blobs&, const std::string& scope, const std::string& digest);

// What the instances of a node are made of, by scope.
std::map<std::string, Named> named_by_node(const model::ClusterView&, const std::string& grid, const std::string& node);

// All that records name, by scope: GRID/PROJECT.
std::map<std::string, Named> named_in(const model::ClusterView&);

// That all a deploy names is there, and stays. Code::failed_precondition names what is not.
Status need_blobs(blobs::Blobs&, const std::string& scope, const Named&);

}  // namespace kontena::server
