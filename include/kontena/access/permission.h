#pragma once

#include <string>
#include <string_view>

namespace kontena::access {

enum class Kind { nobody, node, administrator };

// Who asks.
struct Principal {
  Kind kind = Kind::nobody;
  std::string id;    // token id, or node id
  std::string name;  // for people: "administrator", node name
  std::string grid;  // of a node

  std::string text() const;  // "administrator (token 4be1c0ffee00)": for audit and log
};

// What a route demands. The people issue refines these to verbs and roles.
enum class Permission {
  open,           // anybody, unknown callers too
  agent,          // a node, about itself
  view,           // see anything of the grid
  logs,
  deploy,         // stacks and services
  nodes,          // label and remove nodes
  tokens,         // make and revoke tokens
  grids,          // make and remove grids
  backup,         // read all there is, the authority's key too
};

bool allowed(const Principal&, Permission);

}  // namespace kontena::access
