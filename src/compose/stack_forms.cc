#include "stack_forms.h"

#include <algorithm>

#include "kontena/base/text.h"
#include "parts.h"
#include "service_forms.h"
#include "values.h"

namespace kontena::compose {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

// A mapping of names to mappings of the table.
void named(Reader& reader, Node& value, const std::string& path, const Table& table, bool may_be_null) {
  if (value.kind != Kind::map) {
    wrong_kind(reader, value, path, "a mapping of names");
    value = make_map(value.at);
  }
  for (Member& member : value.members) {
    const std::string at = under(path, member.key);
    if (!is_name(member.key) && !member.key.starts_with("x-"))
      reader.notes.problem(member.at, at, "'" + member.key + "' is not a name", "letters, digits, '.', '_' and '-'");
    if (may_be_null && member.value.kind == Kind::null) member.value = make_map(member.at);
    canonicalise_map(reader, member.value, at, table);
  }
}

// The old form `external: {name: x}` to `external: true` and `name: x`.
void old_external(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::map) return;
  for (Member& member : value.members) {
    Node* external = member.value.find("external");
    if (!external || external->kind != Kind::map) continue;
    reader.notes.warning(external->at, under(under(path, member.key), "external"), "external.name is deprecated",
                         "write 'external: true' and 'name: …'");
    const std::string at = under(under(path, member.key), "external");
    for (const Member& other : external->members)
      if (other.key != "name") reader.notes.problem(other.at, under(at, other.key), "unknown key '" + other.key + "'");
    Node name = external->find("name") ? *external->find("name") : make_text(external->at, member.key);
    *external = make_scalar(external->at, Kind::boolean, "true");
    const Node* given = member.value.find("name");
    if (!given)
      put(member.value, "name", std::move(name));
    else if (!name.made && given->text != name.text)
      reader.notes.problem(name.at, under(at, "name"), "named twice, '" + name.text + "' and '" + given->text + "'",
                           "keep 'name' beside 'external: true'");
  }
}

// What a config or a secret holds is said in one way, or it is there already.
void check_source(Reader& reader, const Node& value, const std::string& path, std::initializer_list<const char*> ways,
                  bool content_needed) {
  for (const Member& member : value.members) {
    std::vector<std::string> said, known;
    for (const char* way : ways) {
      known.emplace_back(way);
      if (const Node* found = member.value.find(way); found && !(content_needed && found->text.empty()))
        said.emplace_back(way);
    }
    if (said.size() > 1)
      reader.notes.problem(member.at, under(path, member.key), text::join(said, " and ") + " exclude each other",
                           "keep one of them");
    // That it is not there already is enough for a config, in Compose.
    const Node* external = member.value.find("external");
    const bool there = external && (!content_needed || external->text == "true");
    if (said.empty() && !there)
      reader.notes.problem(member.at, under(path, member.key), "it has no content",
                           "give it one of " + text::join(known, ", ") + ", or 'external: true'");
  }
}

}  // namespace

void configs(Reader& reader, Node& value, const std::string& path) {
  old_external(reader, value, path);
  named(reader, value, path, config_table, false);
  check_source(reader, value, path, {"file", "environment", "content"}, false);
}

void secrets(Reader& reader, Node& value, const std::string& path) {
  old_external(reader, value, path);
  named(reader, value, path, secret_table, false);
  check_source(reader, value, path, {"file", "environment"}, true);
}

void models(Reader& reader, Node& value, const std::string& path) {
  named(reader, value, path, model_table, false);
  for (const Member& member : value.members)
    if (member.value.kind == Kind::map && !member.value.find("model"))
      reader.notes.problem(member.at, under(path, member.key), "'model' is missing");
}

void alerts(Reader& reader, Node& value, const std::string& path) { named(reader, value, path, alert_table, false); }

void services(Reader& reader, Node& value, const std::string& path) {
  named(reader, value, path, service_table, false);
}

void networks(Reader& reader, Node& value, const std::string& path) {
  old_external(reader, value, path);
  named(reader, value, path, network_table, true);
  for (Member& member : value.members) {
    if (member.value.kind != Kind::map) continue;
    Node* ipam = member.value.find("ipam");
    if (!ipam)
      put(member.value, "ipam", make_map(member.at));
    else if (const Node* configs = ipam->find("config"); configs && configs->items.empty())
      ipam->erase("config");
  }
}

void ipam_configs(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list of subnets");
  for (std::size_t i = 0; i < value.items.size(); ++i)
    canonicalise_map(reader, value.items[i], under(path, i), ipam_config_table);
}

void reserved_addresses(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::map) return wrong_kind(reader, value, path, "a mapping of hosts to addresses");
  for (Member& member : value.members) text_value(reader, member.value, under(path, member.key));
}

void volumes(Reader& reader, Node& value, const std::string& path) {
  old_external(reader, value, path);
  named(reader, value, path, volume_table, true);
  for (const Member& member : value.members) {
    const Node* external = member.value.find("external");
    if (!external || external->text != "true") continue;
    for (const Member& other : member.value.members)
      if (other.key != "external" && other.key != "name" && !other.key.starts_with("x-"))
        reader.notes.problem(other.at, under(under(path, member.key), other.key),
                             "'" + other.key + "' is for volumes that are made here, and this one is external",
                             "take out one of the two");
  }
  // The device of a local bind is a path.
  for (Member& member : value.members) {
    Node* options = member.value.find("driver_opts");
    const Node* how = options ? options->find("o") : nullptr;
    Node* device = options ? options->find("device") : nullptr;
    const Node* driver = member.value.find("driver");
    if (driver && driver->text == "local" && how && device && how->text == "bind" && device->kind == Kind::text) {
      if (device->written.empty() && !device->text.starts_with('/')) device->written = device->text;
      device->text = absolute(reader, device->text);
    }
  }
}

}  // namespace kontena::compose
