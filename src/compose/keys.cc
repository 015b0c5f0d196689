#include "keys.h"

#include <vector>

#include "kontena/base/text.h"
#include "parts.h"

namespace kontena::compose {
namespace {

constexpr std::array all{
    &stack_table, &service_table, &deploy_table, &placement_table, &resources_table, &limits_table, &reservations_table,
    &health_table, &attachment_table, &dependency_table, &restart_policy_table, &port_table, &mount_table,
    &mount_bind_table, &mount_volume_table, &network_table, &ipam_table, &ipam_config_table, &volume_table,
    &update_table, &own_table, &stack_own_table, &alert_table,
    // parts
    &build_table, &block_io_table, &block_rate_table, &block_weight_table, &credential_table, &develop_table,
    &watch_table, &device_request_table, &generic_resource_table, &discrete_resource_table, &hook_table,
    &pre_start_table, &mount_image_table, &mount_tmpfs_table, &model_table, &model_use_table, &provider_table,
    &device_table, &file_used_table, &secret_table, &config_table};

// Ours, and so held to: one that stands where it means nothing is no mere anchor.
constexpr std::string_view own_extension = "x-kontena";

// "services.*.deploy" → "deploy": the word that a user knows the place by.
std::string_view last_word(std::string_view where) {
  if (where.ends_with("[]")) where.remove_suffix(2);
  if (where.ends_with(".*")) where.remove_suffix(2);
  return where.substr(where.rfind('.') + 1);
}

}  // namespace

std::span<const Table* const> tables() { return all; }

bool says_nothing(const Node& value) {
  switch (value.kind) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return value.text == "false";
    case Kind::list:
      return value.items.empty();
    case Kind::map:
      return value.members.empty();
    default:
      return false;
  }
}

const KeyInfo* Table::find(std::string_view name) const {
  std::size_t low = 0, high = size;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (at(middle).name < name)
      low = middle + 1;
    else
      high = middle;
  }
  return low < size && at(low).name == name ? &at(low) : nullptr;
}

std::string hint_for(std::string_view key, const Table& table) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < table.size; ++i) names.push_back(table.at(i).name);
  const auto near = text::nearest(key, names);
  const std::string meant = near.empty() ? "" : "did you mean '" + std::string(near) + "'?";
  // Anything may be misplaced to the top: there a near word is the better guess.
  if (&table == &stack_table && !meant.empty()) return meant;
  if (key == own_extension) return "'x-kontena' belongs at the top of the file or to one of the services";
  for (const Table* other : all) {
    const bool is_part = other->at(0).what == Class::part;  // which have too many common words
    if (other == &table || is_part || !other->find(key)) continue;
    if (other == &stack_table) return "'" + std::string(key) + "' belongs at the top of the file";
    const bool named = other == &service_table || other == &network_table || other == &volume_table;
    const std::string place(last_word(other->where));
    return "'" + std::string(key) + "' belongs " + (named ? "to one of the " : "under '") + place + (named ? "" : "'");
  }
  return meant;
}

void canonicalise_map(Reader& reader, Node& map, const std::string& path, const Table& table) {
  if (map.kind != Kind::map) {
    reader.notes.problem(map.at, path, "must be a mapping, this is " + std::string(describe(map)));
    map = make_map(map.at);
    return;
  }
  map.table = &table;
  for (Member& member : map.members) {
    if (const KeyInfo* row = table.find(member.key)) {
      const bool made = member.value.made;
      row->canonical(reader, member.value, under(path, member.key));
      member.value.made = made;  // a long form in its place is what the file has there
    } else if (!member.key.starts_with("x-") || member.key == own_extension) {
      reader.notes.problem(member.at, under(path, member.key), "unknown key '" + member.key + "'",
                           hint_for(member.key, table));
    }
  }
}

void Specifier::ignored(const Mark& at, const std::string& path, std::string why) {
  const std::string_view whole = path;
  notes.warning(at, path, "'" + std::string(whole.substr(whole.rfind('.') + 1)) + "' is ignored: " + why);
  said[path] = {Class::ignored, std::move(why)};
}

void Specifier::differs(const Mark& at, const std::string& path, std::string how, std::string hint) {
  notes.warning(at, path, how, std::move(hint));
  mapped(path, std::move(how));
}

bool note_unused(Specifier& to, const KeyInfo& row, const Member& member, const std::string& path) {
  if (row.what != Class::ignored && row.what != Class::refused) return false;
  if (says_nothing(member.value)) return true;
  const std::string name = "'" + std::string(row.name) + "' is ";
  if (row.what == Class::ignored)
    to.ignored(member.at, path, std::string(row.note));
  else if (row.note.starts_with("not supported"))
    to.notes.problem(member.at, path, name + std::string(row.note));
  else
    to.notes.problem(member.at, path, name + "not supported: " + std::string(row.note));
  return true;
}

}  // namespace kontena::compose
