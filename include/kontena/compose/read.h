#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/compose/document.h"

namespace kontena::compose {

// One Compose file, read by the caller.
struct Source {
  std::string path;  // as the user named it: what messages show; "-" = standard input
  std::string text;
};

struct Input {
  std::vector<Source> files;  // merged in order
  std::string folder;         // the project's: absolute; relative paths start here
  std::string project_name;   // "" = the file's `name:`, else the folder's
  std::map<std::string, std::string> environment;  // the process's, for ${…} and bare KEYs
  std::vector<Source> env_files;                   // the project's `.env`, or those given in its place; the last wins
  std::vector<std::string> profiles;               // active ones; "*" is all
  // Reads another file that a Compose file names (`env_file:`, `include:`, `extends:`), by absolute path.
  std::function<Result<std::string>(const std::string& path)> open;
};

// Where in a file; lines and columns from 1, 0 = unknown.
struct Position {
  std::string file;
  int line = 0;
  int column = 0;
};

struct Finding {
  Position at;
  std::string key;   // "services.web.ports[1]"
  std::string what;  // "'80.5' is not a port: …"
  std::string hint;  // the nearest right key, or what to do; may be empty
  std::string text() const;  // "compose.yaml:12:7: services.web.ports[1]: …"
};

struct Reading {
  std::optional<Document> document;  // set where there is no problem
  std::vector<Finding> problems;     // all of them, in order of file and line
  std::vector<Finding> warnings;
};

// The variables of `.env` files, for what must be known before the project is read (COMPOSE_FILE, …).
// What is wrong in them is told by read().
std::map<std::string, std::string> variables_of(const std::vector<Source>& env_files,
                                                const std::map<std::string, std::string>& environment);

// Stage one: files → the canonical document, which `stack config` prints.
Reading read(const Input&);

}  // namespace kontena::compose
