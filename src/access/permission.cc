#include "kontena/access/permission.h"

namespace kontena::access {

std::string Principal::text() const {
  switch (kind) {
    case Kind::administrator:
      return "administrator (token " + id + ")";
    case Kind::node:
      return "node " + name + " (" + id + ")";
    case Kind::nobody:
      break;
  }
  return "nobody";
}

// A switch without a default: a new Kind does not compile until it is decided here.
bool allowed(const Principal& who, Permission what) {
  switch (who.kind) {
    case Kind::administrator:
      return what != Permission::agent;  // only a node speaks for itself
    case Kind::node:
      return what == Permission::open || what == Permission::agent;
    case Kind::nobody:
      break;
  }
  return what == Permission::open;
}

}  // namespace kontena::access
