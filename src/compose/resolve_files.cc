#include <set>
#include <unordered_map>

#include "env_file.h"
#include "normalise.h"

namespace kontena::compose {
namespace {

bool is(const Node* node, Kind kind) { return node && node->kind == kind; }

// The settings of one file; none where it is not there and need not be.
std::vector<Setting> settings(Reader& reader, const Node& file, const std::string& path, const Lookup& variables) {
  const Node* name = file.find("path");
  const Node* required = file.find("required");
  if (!is(name, Kind::text)) return {};
  const bool must = !required || required->text != "false";
  if (name->text.empty()) {
    if (must)
      reader.notes.problem(name->at, path, "the path of a file is empty", "write 'required: false' where it may be");
    return {};
  }
  const auto content = reader.input.open
                           ? reader.input.open(name->text)
                           : Result<std::string>(Error{Code::unsupported, "no other file can be read here"});
  if (!content) {
    if (must || content.error().code != Code::not_found)
      reader.notes.problem(name->at, path, "'" + name->text + "': " + content.error().message, content.error().hint);
    return {};
  }
  reader.files.push_back(name->text);
  const Node* format = file.find("format");
  return parse_env_file(*content, &reader.files.back(), variables, is(format, Kind::text) && format->text == "raw",
                        reader.notes);
}

// What the files of `key` say goes below what `into` has; the last file wins.
void merge_files(Reader& reader, Node& service, const std::string& path, std::string_view key, std::string_view into) {
  const Node* files = service.find(key);
  if (!is(files, Kind::list)) return;
  Node merged = make_map(files->at);
  std::unordered_map<std::string, std::size_t> places;
  const auto set = [&](const std::string& name, const Mark& at, Node value) {
    const auto [known, fresh] = places.try_emplace(name, merged.members.size());
    if (fresh)
      merged.members.push_back({name, at, std::move(value)});
    else
      merged.members[known->second].value = std::move(value);
  };
  // What labels say is said in their file alone.
  const Lookup variables = into == "labels" ? Lookup([](std::string_view) { return std::nullopt; }) : reader.variables;
  for (std::size_t i = 0; i < files->items.size(); ++i)
    for (Setting& setting : settings(reader, files->items[i], under(under(path, key), i), variables))
      set(setting.name, files->items[i].at, make_text(files->items[i].at, std::move(setting.value)));
  if (const Node* own = service.find(into); is(own, Kind::map))
    for (const Member& member : own->members) set(member.key, member.at, member.value);
  service.erase(key);
  put(service, into, std::move(merged));
}

}  // namespace

void resolve_files(Reader& reader, Node& services) {
  for (Member& service : services.members) {
    if (service.value.kind != Kind::map) continue;
    const std::string path = under("services", service.key);
    merge_files(reader, service.value, path, "env_file", "environment");
    merge_files(reader, service.value, path, "label_file", "labels");
  }
}

}  // namespace kontena::compose
