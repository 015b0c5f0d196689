#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "keys.h"
#include "variables.h"

// From files to one model: canonical, with what it extends and includes.
namespace kontena::compose {

// A Compose file: its documents, in order.
struct ComposeFile {
  std::string path;  // absolute; "-" = standard input
  std::vector<Node> documents;
};

// What holds for one project: the one asked for, or one that is included.
struct Level {
  Reader& reader;
  const Variables& variables;
  std::vector<std::string> including;  // the files on the way here, absolute
};

// The file's documents; none, with a problem noted, where it is not one.
std::optional<ComposeFile> parse_file(Reader&, const std::string& shown, const std::string& path,
                                      const std::string& text);
// Opens it too; `from` is the value that names it.
std::optional<ComposeFile> open_file(Reader&, const std::string& path, const Node& from, const std::string& at);

// Files merged in order, made canonical, and what they include put in.
Node load_model(Level&, std::vector<ComposeFile> files);

// Puts below each service what it extends. Each service once, each file once.
void apply_extends(Reader&, Node& document, const std::string& file);
// Puts into the model what it includes.
void apply_include(Level&, Node& model);

}  // namespace kontena::compose
