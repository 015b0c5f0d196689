#pragma once

#include <map>
#include <string>
#include <vector>

#include "kontena/compose/read.h"
#include "kontena/compose/spec.h"

namespace kontena::compose {

// A project in /project of one file, compose.yaml. Files that it names are in `files`.
struct Project {
  std::string text;
  std::map<std::string, std::string> environment = {{"HOME", "/home/user"}};
  std::map<std::string, std::string> files = {};  // by absolute path
  std::string dot_env = {};                       // "" = there is none
};

Input input_of(const Project&);
Reading read_project(const Project&);
Specified specify_project(const Project&);  // REQUIRES: it reads without a problem

// One service `s` with an image and these lines, each of them indented as a member.
std::string service(const std::vector<std::string>& lines);

// The findings' texts, a line each.
std::string lines_of(const std::vector<Finding>&);

}  // namespace kontena::compose
