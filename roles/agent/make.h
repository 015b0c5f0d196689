#pragma once

#include <string>

#include "kontena/engine/engine.h"
#include "kontena/model/assignment.h"

// What the engine is asked for, made from an assignment. Pure.
namespace kontena::agent {

struct Owner {
  std::string node;  // id
  std::string grid;
};

engine::ContainerSpec container_of(const model::Assignment&, const Owner&);
// Of networks and volumes, which belong to a stack, not to an instance.
model::StringMap shared_labels(const model::Assignment&, const Owner&, const model::StringMap& users);

}  // namespace kontena::agent
