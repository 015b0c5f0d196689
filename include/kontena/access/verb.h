#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/access/scope.h"

namespace kontena::access {

// What there is to be allowed. In order of their names.
enum class Verb : std::uint8_t {
  audit_read,
  backup,
  deploy,
  exec,
  grid_admin,
  logs,
  networks,
  nodes,
  project_admin,
  registries,
  run,
  scale,
  secrets_list,
  secrets_read,
  secrets_use,
  secrets_write,
  server_admin,
  tokens,
  users,
  view,
  volumes,
};

struct VerbRow {
  Verb verb;
  std::string_view name;  // "secrets.read"
  Level least;            // the smallest place that it is asked about: `nodes` is of a grid
  std::string_view says;  // what it lets people do
};
std::span<const VerbRow> verbs();  // in order of name, one for each Verb
std::string_view name(Verb);
std::optional<Verb> find_verb(std::string_view name);

// A set of verbs.
class Verbs {
 public:
  constexpr Verbs() = default;
  constexpr Verbs(std::initializer_list<Verb> all) {
    for (const Verb verb : all) bits_ |= bit(verb);
  }
  constexpr bool has(Verb verb) const { return (bits_ & bit(verb)) != 0; }
  constexpr bool has(Verbs all) const { return (bits_ & all.bits_) == all.bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr Verbs operator|(Verbs other) const { return of(bits_ | other.bits_); }
  constexpr Verbs operator&(Verbs other) const { return of(bits_ & other.bits_); }
  constexpr Verbs without(Verbs other) const { return of(bits_ & ~other.bits_); }
  std::vector<std::string> names() const;
  friend constexpr bool operator==(Verbs, Verbs) = default;

 private:
  static constexpr std::uint64_t bit(Verb verb) { return std::uint64_t{1} << static_cast<unsigned>(verb); }
  static constexpr Verbs of(std::uint64_t bits) {
    Verbs made;
    made.bits_ = bits;
    return made;
  }
  std::uint64_t bits_ = 0;
};

struct RoleRow {
  std::string_view name;
  Verbs verbs;
  std::string_view says;
};
std::span<const RoleRow> built_in_roles();  // in order of name
const RoleRow* find_built_in(std::string_view name);

}  // namespace kontena::access
