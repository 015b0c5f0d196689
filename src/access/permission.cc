#include "kontena/access/permission.h"

namespace kontena::access {

std::string Principal::text() const {
  switch (kind) {
    case Kind::user:
      return name + (session ? " (session " : " (token ") + id + ")";
    case Kind::node:
      return "node " + name + " (" + id + ")";
    case Kind::nobody:
      break;
  }
  return "nobody";
}

// A switch without a default: a new demand does not compile until it is decided here.
bool allowed(const Principal& who, const Permission& what, const Scope& place) {
  const bool user = who.kind == Kind::user;
  switch (what.who) {
    case Permission::Who::anybody:
      return true;
    case Permission::Who::node:
      return who.kind == Kind::node;  // only a node speaks for itself
    case Permission::Who::login:
      return user;
    case Permission::Who::holder:
      return user && who.rights.may(what.verb, place);
    case Permission::Who::part:
      return user && who.rights.reaches(place, what.verb);
  }
  return false;
}

}  // namespace kontena::access
