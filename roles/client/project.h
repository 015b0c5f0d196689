#pragma once

#include <map>
#include <string>

#include "kontena/compose/spec.h"
#include "session.h"

namespace kontena::client {

// A Compose file as found, read and understood.
struct Project {
  std::string file;  // as messages name it
  compose::Document document;
  std::string folder;                            // that relative paths start from
  std::map<std::string, std::string> variables;  // of the environment and env files
};

// Reads -f FILE, or the usual file of this folder or of one above, with its .env and
// the environment. Prints all findings; with problems it is Code::invalid_argument.
// `name` is the stack's; "" leaves it to the file.
Result<Project> read_project(Session&, const std::string& name);

// As above, and makes it what we run: refusals are problems too. Files that it names are not read yet.
// Own paths are settled, and contents that come from variables are there; no file is read.
Result<compose::Specified> specify_project(const Project&);  // of one that is read; its problems are in it
Result<compose::Specified> read_specified(Session&, const std::string& name);

}  // namespace kontena::client
