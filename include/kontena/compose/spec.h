#pragma once

#include <vector>

#include "kontena/compose/read.h"
#include "kontena/model/stack.h"

namespace kontena::compose {

struct Specified {
  model::StackSpec spec;          // good where there is no problem
  std::vector<Finding> problems;  // refusals, each with its place and reason
  std::vector<Finding> warnings;
};

// Stage two: the canonical document → what we run.
Specified specify(const Document&);

}  // namespace kontena::compose
