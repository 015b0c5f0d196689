#include "kontena/compose/read.h"

#include <deque>
#include <memory>

#include "load.h"
#include "normalise.h"

namespace kontena::compose {
namespace {

// What a Document keeps alive: its nodes point at the names of files.
struct Tree {
  std::deque<std::string> files;
  Node root;
};

std::string base_name(std::string_view folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  return std::string(folder.substr(folder.rfind('/') + 1));
}

std::string absolute_file(const Input& input, const std::string& path) {
  return path == "-" || path.starts_with('/') ? path : input.folder + '/' + path;
}

std::vector<ComposeFile> parse_files(Reader& reader) {
  std::vector<ComposeFile> files;
  if (reader.input.files.empty()) reader.notes.problem({}, "", "no Compose file is given", "give one");
  for (const Source& source : reader.input.files)
    if (auto file = parse_file(reader, source.path, absolute_file(reader.input, source.path), source.text))
      files.push_back(*std::move(file));
  return files;
}

// -p, then COMPOSE_PROJECT_NAME, then the last `name:`, then the folder.
std::string name_project(const Input& input, const Variables& variables, const std::vector<ComposeFile>& files,
                         Notes& notes) {
  std::string from = input.project_name;
  if (from.empty()) from = variables.find("COMPOSE_PROJECT_NAME").value_or("");
  const Node* name = nullptr;
  for (const ComposeFile& file : files)
    for (const Node& document : file.documents)
      if (const Node* found = document.find("name"); found && found->kind == Kind::text) name = found;
  if (from.empty() && name) {
    from = interpolate(name->text, [&](std::string_view wanted) { return variables.find(wanted); }).text;
    if (from.empty() && !name->text.empty()) notes.problem(name->at, "name", "'" + name->text + "' is empty");
  }
  if (from.empty()) from = base_name(input.folder);
  std::string project = project_name(from);
  if (project.empty())
    notes.problem(name ? name->at : files[0].documents[0].at, "name",
                  "'" + from + "' leaves nothing for the name of a project",
                  "give one with 'name:': a-z, 0-9, '_' and '-'");
  return project;
}

}  // namespace

Result<std::string> Nearby::read(const std::string& path) const {
  if (!open) return Error{Code::unsupported, "no other file can be read here"};
  return open(path.starts_with('/') ? path : folder + '/' + path);
}

Reading read(const Input& input) {
  Reading reading;
  Notes notes;
  const auto tree = std::make_shared<Tree>();
  Variables variables(input.environment, input.folder);
  variables.add(input.env_files, tree->files, notes);
  Reader reader{input, notes, [&](std::string_view name) { return variables.find(name); }, tree->files, input.folder};
  if (auto files = parse_files(reader); notes.problems.empty()) {
    const std::string project = name_project(input, variables, files, notes);
    variables.set_project(project);
    Level level{reader, variables, {files[0].path}};
    tree->root = load_model(level, std::move(files));
    const Node* given = tree->root.find("name");
    const Mark at = given ? given->at : tree->root.at;
    tree->root.erase("name");
    put(tree->root, "name", make_text(at, project));
    normalise(reader, tree->root, project);
  }
  notes.sort();
  if (notes.problems.empty()) reading.document.emplace(std::shared_ptr<const Node>(tree, &tree->root), Nearby{input.folder, input.open});
  reading.problems = std::move(notes.problems);
  reading.warnings = std::move(notes.warnings);
  return reading;
}

}  // namespace kontena::compose
