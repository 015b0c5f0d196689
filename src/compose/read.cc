#include "kontena/compose/read.h"

#include <deque>
#include <memory>

#include "env_file.h"
#include "keys.h"
#include "normalise.h"
#include "yaml.h"

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

// The client's variables, and below them those of `.env`.
class Variables {
 public:
  Variables(const Input& input, Tree& tree, Notes& notes) : input_(input) {
    if (!input.env_file) return;
    tree.files.push_back(input.env_file->path);
    const Lookup client = [this](std::string_view name) { return of_client(name); };
    for (Setting& setting : parse_env_file(input.env_file->text, &tree.files.back(), client, false, notes))
      settings_[setting.name] = std::move(setting.value);
  }

  std::optional<std::string> find(std::string_view name) const {
    if (name == "COMPOSE_PROJECT_NAME" && !project_.empty()) return project_;
    if (auto value = of_client(name)) return value;
    const auto setting = settings_.find(std::string(name));
    if (setting != settings_.end()) return setting->second;
    if (name == "PWD") return input_.folder;
    return std::nullopt;
  }

  void set_project(std::string name) { project_ = std::move(name); }

 private:
  std::optional<std::string> of_client(std::string_view name) const {
    const auto found = input_.environment.find(std::string(name));
    return found == input_.environment.end() ? std::nullopt : std::optional(found->second);
  }

  const Input& input_;
  std::map<std::string, std::string> settings_;
  std::string project_;
};

std::optional<Node> parse(const Input& input, Tree& tree, Notes& notes) {
  if (input.files.size() != 1) {
    const std::string file = input.files.empty() ? "" : input.files[1].path;
    tree.files.push_back(file);
    notes.problem({&tree.files.back(), 0, 0}, "",
                  input.files.empty() ? "no Compose file is given" : "merging several files is not supported yet",
                  "give one file");
    return std::nullopt;
  }
  tree.files.push_back(input.files[0].path);
  const std::string* file = &tree.files.back();
  auto documents = parse_yaml(input.files[0].text, file, notes);
  if (!notes.problems.empty()) return std::nullopt;
  if (documents.empty()) {
    notes.problem({file, 1, 1}, "", "the file is empty", "it wants 'services:'");
  } else if (documents.size() > 1) {
    notes.problem(documents[1].at, "", "several documents in one file are not supported yet",
                  "leave out the '---' between them");
  } else if (documents[0].kind != Kind::map) {
    notes.problem(documents[0].at, "", "a Compose file is a mapping, this is " + std::string(describe(documents[0])),
                  "it starts with 'services:'");
  } else {
    return std::move(documents[0]);
  }
  return std::nullopt;
}

// -p, then COMPOSE_PROJECT_NAME, then `name:`, then the folder.
std::string name_project(const Input& input, const Variables& variables, const Node& root, Notes& notes) {
  std::string from = input.project_name;
  if (from.empty()) from = variables.find("COMPOSE_PROJECT_NAME").value_or("");
  const Node* name = root.find("name");
  if (from.empty() && name && name->kind == Kind::text)
    from = interpolate(name->text, [&](std::string_view wanted) { return variables.find(wanted); }).text;
  if (from.empty()) from = base_name(input.folder);
  std::string project = project_name(from);
  if (project.empty())
    notes.problem(name ? name->at : root.at, "name", "'" + from + "' leaves nothing for the name of a project",
                  "give one with 'name:': a-z, 0-9, '_' and '-'");
  return project;
}

// A file of the first version of Compose has its services at the top.
void hint_at_old_file(Notes& notes, const Node& root) {
  if (root.find("services")) return;
  for (const Member& member : root.members)
    if (member.value.kind == Kind::map && (member.value.find("image") || member.value.find("build")))
      return notes.problem(member.at, member.key, "services stand under 'services:'",
                           "this looks like a file of Compose's first version");
}

}  // namespace

Reading read(const Input& input) {
  Reading reading;
  Notes notes;
  const auto tree = std::make_shared<Tree>();
  if (auto root = parse(input, *tree, notes)) {
    tree->root = *std::move(root);
    Variables variables(input, *tree, notes);
    const std::string project = name_project(input, variables, tree->root, notes);
    variables.set_project(project);
    Reader reader{input, notes, [&](std::string_view name) { return variables.find(name); }, tree->files};
    interpolate_all(reader, tree->root);
    apply_tags(tree->root);
    hint_at_old_file(notes, tree->root);
    if (const Node* version = tree->root.find("version")) {
      notes.warning(version->at, "version", "'version' is obsolete and ignored", "take it out");
      tree->root.erase("version");
    }
    canonicalise_map(reader, tree->root, "", stack_table);
    const Node* given = tree->root.find("name");
    const Mark at = given ? given->at : tree->root.at;
    tree->root.erase("name");
    put(tree->root, "name", make_text(at, project));
    normalise(reader, tree->root, project);
  }
  notes.sort();
  if (notes.problems.empty()) reading.document.emplace(std::shared_ptr<const Node>(tree, &tree->root));
  reading.problems = std::move(notes.problems);
  reading.warnings = std::move(notes.warnings);
  return reading;
}

}  // namespace kontena::compose
