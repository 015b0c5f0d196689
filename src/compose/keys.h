#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "interpolate.h"
#include "kontena/compose/spec.h"
#include "node.h"
#include "notes.h"

// A key of a Compose file is a row: how its value becomes canonical (stage one),
// what we do with it, and how it gets into the spec (stage two).
namespace kontena::compose {

struct Reader {
  const Input& input;
  Notes& notes;
  Lookup variables;                     // the client's environment, then `.env`
  std::deque<std::string>& files;       // names of the files read, for marks
  std::string folder;                   // where relative paths start, absolute
  std::set<std::string> inactive = {};  // services that no active profile has
  std::size_t ports_left = 100'000;     // how many more port ranges may expand to
};

// Replaces the value by its canonical form, or notes why it has none.
using Canonicalise = void (*)(Reader&, Node& value, const std::string& path);

struct Specifier {
  const Node& root;
  Notes& notes;
  model::StackSpec& spec;
  const Node* service = nullptr;  // the one at hand
  Nearby nearby = {};
  std::map<std::string, Build> builds = {};
  std::vector<OwnPath> own_paths = {};
  std::vector<FileSource> files = {};

  // What becomes of a key (or of a value in a list) where that hangs on its value, by path; a
  // problem or a warning may be noted besides.
  struct Said {
    Class what;
    std::string note;
  };
  std::unordered_map<std::string, Said> said = {};
  void mapped(const std::string& path, std::string how) { said[path] = {Class::mapped, std::move(how)}; }
  // The same, and a warning of it.
  void differs(const Mark& at, const std::string& path, std::string how, std::string hint = {});
  void ignored(const Mark& at, const std::string& path, std::string why);  // warns of it too

  std::unordered_set<std::string> reached = {};  // paths of the keys whose rows were carried out
};

// REQUIRES: the value is canonical.
template <class Spec>
using Specify = void (*)(Specifier&, const Node& value, const std::string& path, Spec&);

struct KeyInfo {
  std::string_view name;
  Canonicalise canonical;
  Class what;
  std::string_view note;
};

template <class Spec>
struct Key : KeyInfo {
  Specify<Spec> specify;
};

template <class Spec>
constexpr Key<Spec> runs(std::string_view name, Canonicalise canonical, Specify<Spec> specify) {
  return {{name, canonical, Class::runs, {}}, specify};
}
template <class Spec>
constexpr Key<Spec> mapped(std::string_view name, Canonicalise canonical, Specify<Spec> specify, std::string_view how) {
  return {{name, canonical, Class::mapped, how}, specify};
}
template <class Spec>
constexpr Key<Spec> ignored(std::string_view name, Canonicalise canonical, std::string_view why) {
  return {{name, canonical, Class::ignored, why}, nullptr};
}
template <class Spec>
constexpr Key<Spec> refused(std::string_view name, Canonicalise canonical, std::string_view why) {
  return {{name, canonical, Class::refused, why}, nullptr};
}

// A used row without its functions does not compile.
template <class Spec>
Key<Spec> runs(std::string_view, Canonicalise, std::nullptr_t) = delete;
template <class Spec>
Key<Spec> mapped(std::string_view, Canonicalise, std::nullptr_t, std::string_view) = delete;

// Each table says of itself that it is in order and that every row but those that
// run has its reason.
constexpr bool well_formed(const auto& rows) {
  return std::ranges::is_sorted(rows, std::ranges::less_equal{}, [](const auto& row) { return row.name; }) &&
         std::ranges::all_of(rows, [](const auto& row) {
           return row.note.empty() == (row.what == Class::runs || row.what == Class::part);
         });
}

// The rows of any table, whatever they specify.
struct Table {
  std::string_view where;  // "services.*.deploy"
  std::size_t size;
  const KeyInfo& (*at)(std::size_t);

  const KeyInfo* find(std::string_view name) const;
};

template <const auto& rows>
constexpr Table table_of(std::string_view where) {
  return {where, rows.size(), [](std::size_t i) -> const KeyInfo& { return rows[i]; }};
}

extern const Table stack_table, service_table, deploy_table, placement_table, resources_table, limits_table,
    reservations_table, restart_policy_table, update_table, own_table, stack_own_table, health_table, attachment_table,
    dependency_table, port_table, alert_table, mount_table, mount_bind_table, mount_volume_table, network_table, ipam_table,
    ipam_config_table, volume_table;
std::span<const Table* const> tables();  // all of them

// Stage one for a mapping: each key by its row; one that is in no row is a problem.
void canonicalise_map(Reader&, Node& map, const std::string& path, const Table&);

// The words for a key that is not in the table: a near one, or where it belongs.
std::string hint_for(std::string_view key, const Table&);

template <const Table& table>
void object(Reader& reader, Node& value, const std::string& path) {
  canonicalise_map(reader, value, path, table);
}

// A key that says what is so anyway: `tty: false`, `cap_add: []`.
bool says_nothing(const Node&);

// Notes what a row that is not used says; false where the row is used.
bool note_unused(Specifier&, const KeyInfo&, const Member&, const std::string& path);

// Stage two for a mapping.
template <class Spec>
void specify_map(Specifier& to, const Node& map, const std::string& path, std::span<const Key<Spec>> rows, Spec& spec) {
  for (const Member& member : map.members) {
    const auto row = std::ranges::lower_bound(rows, member.key, {}, [](const auto& r) { return r.name; });
    if (row == rows.end() || row->name != member.key) continue;
    const std::string at = under(path, member.key);
    if (note_unused(to, *row, member, at)) continue;
    to.reached.insert(at);
    row->specify(to, member.value, at, spec);
  }
}

}  // namespace kontena::compose
