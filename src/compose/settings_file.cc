#include "kontena/compose/settings_file.h"

#include "notes.h"
#include "yaml.h"

namespace kontena::compose {
namespace {

void take_value(const Node& value, const std::string& name, settings::FileEntry& entry, Notes& notes) {
  if (value.kind == Kind::null) return;
  if (!value.scalar()) {
    notes.problem(value.at, name, "expected a value or a list of values, got " + std::string(describe(value)));
    return;
  }
  entry.items.push_back(value.written.empty() ? value.text : value.written);
}

}  // namespace

Result<settings::File> read_settings_file(const std::string& path, std::string_view text) {
  Notes notes;
  const std::vector<Node> documents = parse_yaml(text, &path, notes);
  settings::File file;
  if (documents.size() > 1) notes.problem(documents[1].at, "", "only one document is expected");
  if (!documents.empty() && notes.problems.empty()) {
    const Node& root = documents[0];
    if (root.kind != Kind::map)
      notes.problem(root.at, "", "expected a map of settings, got " + std::string(describe(root)));
    for (const Member& member : root.members) {
      settings::FileEntry& entry = file[member.key];
      entry.origin = path + ':' + std::to_string(member.at.line);
      if (member.value.kind == Kind::list)
        for (const Node& item : member.value.items) take_value(item, member.key, entry, notes);
      else
        take_value(member.value, member.key, entry, notes);
    }
  }
  if (!notes.problems.empty()) {
    notes.sort();
    return Error{Code::invalid_argument, notes.problems.front().text()};
  }
  return file;
}

}  // namespace kontena::compose
