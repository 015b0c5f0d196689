#pragma once

#include <string>

#include "node.h"

namespace kontena::compose {

// As `docker compose config` prints a project: `name` first, then services,
// networks and volumes; the keys of any other mapping in order; each dollar sign
// doubled, so that reading it again gives the same.
std::string print_yaml(const Node&);
std::string print_json(const Node&);

}  // namespace kontena::compose
