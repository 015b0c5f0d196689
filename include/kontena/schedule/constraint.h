#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/model/node.h"
#include "kontena/model/service.h"

namespace kontena::schedule {

// "node.labels.zone==eu-1", blanks around the operator allowed. Attributes:
// node.id, node.hostname (the node's name in the grid), node.role (its label "role",
// else "worker"), node.platform.os, node.platform.arch, node.labels.NAME. Another
// one is refused with that list.
Result<model::Constraint> parse_constraint(std::string_view);

// "node.labels.zone": what a spread preference may name.
Status check_attribute(std::string_view);

// "" for a label that the node does not have.
std::string attribute(const model::Node&, const model::NodeFacts&, std::string_view name);

// Whether the node is as the constraint wants it. "x86_64" and "aarch64" mean
// amd64 and arm64, since Compose files have both.
bool meets(const model::Node&, const model::NodeFacts&, const model::Constraint&);
bool meets(const model::Node&, const model::NodeFacts&, const std::vector<model::Constraint>&);
bool meets(const std::string& value, const model::Constraint&);  // of the attribute that it names

}  // namespace kontena::schedule
