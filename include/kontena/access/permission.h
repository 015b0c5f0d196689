#pragma once

#include <string>
#include <string_view>

#include "kontena/access/rights.h"

namespace kontena::access {

enum class Kind { nobody, node, user };

// Who asks.
struct Principal {
  Kind kind = Kind::nobody;
  std::string id;        // token id, or node id
  std::string name;      // the user's, or the node's
  std::string grid;      // of a node
  bool session = false;  // of a user: by a login, not by a token that they made
  Rights rights = {};    // of a user

  std::string text() const;  // "ann (token 4be1c0ffee00)": for audit and log
  bool may(Verb verb, const Scope& place) const { return rights.may(verb, place); }
};

// What a route demands of who calls it.
struct Permission {
  enum class Who {
    anybody,  // unknown callers too
    node,     // a node, about itself
    login,    // any user, about themselves
    holder,   // a user who has the verb at the place that the path names
    // a user who has anything at that place or below it: the handler shows only that of
    // which they have the verb
    part,
  };
  Who who;
  Verb verb = Verb::view;

  constexpr Permission(Who w, Verb v = Verb::view) : who(w), verb(v) {}
  constexpr Permission(Verb v) : who(Who::holder), verb(v) {}  // NOLINT: a row of the table has the verb alone
  friend constexpr bool operator==(const Permission&, const Permission&) = default;
};
inline constexpr Permission open{Permission::Who::anybody};
inline constexpr Permission agent{Permission::Who::node};
inline constexpr Permission login{Permission::Who::login};
constexpr Permission part(Verb verb) { return {Permission::Who::part, verb}; }

bool allowed(const Principal&, const Permission&, const Scope& place);

}  // namespace kontena::access
