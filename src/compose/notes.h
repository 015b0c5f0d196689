#pragma once

#include <string>
#include <vector>

#include "kontena/compose/read.h"
#include "node.h"

namespace kontena::compose {

// What is wrong, and what is worth saying, gathered on the way.
struct Notes {
  std::vector<Finding> problems;
  std::vector<Finding> warnings;

  void problem(const Mark&, std::string key, std::string what, std::string hint = {});
  void warning(const Mark&, std::string key, std::string what, std::string hint = {});
  // Puts both in order of file, line and column, each finding once.
  void sort();
};

}  // namespace kontena::compose
