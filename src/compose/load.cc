#include "load.h"

#include <algorithm>

#include "merge.h"
#include "yaml.h"

namespace kontena::compose {
namespace {

// A file of the first version of Compose has its services at the top.
void hint_at_old_file(Notes& notes, const Node& root) {
  if (root.find("services")) return;
  for (const Member& member : root.members)
    if (member.value.kind == Kind::map && (member.value.find("image") || member.value.find("build")))
      return notes.problem(member.at, member.key, "services stand under 'services:'",
                           "this looks like a file of Compose's first version");
}

// Names without a value take the level's own.
void take_variables(Reader& reader, Node& model) {
  Node* services = model.find("services");
  if (!services) return;
  for (Member& service : services->members) {
    Node* environment = service.value.find("environment");
    if (!environment || environment->kind != Kind::map) continue;
    for (Member& variable : environment->members)
      if (variable.value.kind == Kind::null)
        if (auto value = reader.variables(variable.key)) variable.value = make_text(variable.at, *std::move(value));
  }
}

// Compose's library takes '%YAML 1.1' only.
void check_directives(Notes& notes, const std::string* file, std::string_view text) {
  int line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    if (text[at] != '%' && text[at] != '#' && text[at] != '\n') return;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view whole = text.substr(at, end - at);
    if (whole.starts_with("%YAML") && !whole.starts_with("%YAML 1.1"))
      notes.problem({file, line, 1}, "", "'" + std::string(whole) + "' is not taken by Compose", "leave the line out");
    at = end + 1;
  }
}

}  // namespace

std::optional<ComposeFile> parse_file(Reader& reader, const std::string& shown, const std::string& path,
                                      const std::string& text) {
  reader.files.push_back(shown);
  const std::string* name = &reader.files.back();
  const std::size_t problems = reader.notes.problems.size();
  check_directives(reader.notes, name, text);
  ComposeFile file{path, parse_yaml(text, name, reader.notes)};
  if (reader.notes.problems.size() > problems) return std::nullopt;
  if (file.documents.empty()) {
    reader.notes.problem({name, 1, 1}, "", "the file is empty", "it wants 'services:'");
    return std::nullopt;
  }
  for (Node& document : file.documents) {
    if (document.kind != Kind::map) {
      reader.notes.problem(document.at, "", "a Compose file is a mapping, this is " + std::string(describe(document)),
                           "it starts with 'services:'");
      return std::nullopt;
    }
    empty_resets(document);
  }
  return file;
}

std::optional<ComposeFile> open_file(Reader& reader, const std::string& path, const Node& from, const std::string& at) {
  constexpr std::size_t most_files = 1000;
  if (reader.files.size() > most_files) {
    reader.notes.problem(from.at, at, "the project has more than " + std::to_string(most_files) + " files");
    return std::nullopt;
  }
  const auto text = reader.input.open ? reader.input.open(path)
                                      : Result<std::string>(Error{Code::unsupported, "no other file can be read here"});
  if (text) return parse_file(reader, path, path, *text);
  reader.notes.problem(from.at, at, "'" + path + "': " + text.error().message, text.error().hint);
  return std::nullopt;
}

Node load_model(Level& level, std::vector<ComposeFile> files) {
  Reader& reader = level.reader;
  Node model;
  bool first = true;
  for (ComposeFile& file : files) {
    for (Node& document : file.documents) {
      interpolate_all(reader, document);
      hint_at_old_file(reader.notes, document);
      apply_extends(reader, document, file.path);
      if (const Node* version = document.find("version")) {
        if (version->tag == "!reset") {
        } else if (version->kind != Kind::text)
          reader.notes.problem(version->at, "version", "must be text, this is " + std::string(describe(*version)),
                               "take it out: it is obsolete");
        else
          reader.notes.warning(version->at, "version", "'version' is obsolete and ignored", "take it out");
        document.erase("version");
      }
      if (std::exchange(first, false))
        model = std::move(document);
      else
        merge_into(reader.notes, model, std::move(document), "");
      drop_tags(model);
      canonicalise_map(reader, model, "", stack_table);
    }
  }
  apply_include(level, model);
  take_variables(reader, model);
  return model;
}

}  // namespace kontena::compose
