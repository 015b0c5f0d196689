#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "kontena/base/id.h"

namespace kontena {

using NodeId = Id<struct NodeTag>;              // 12 hex digits, given at the join
using InstanceId = Id<struct InstanceTag>;      // 12 hex digits
using DeploymentId = Id<struct DeploymentTag>;  // 12 hex digits
using TokenId = Id<struct TokenTag>;            // 12 hex digits

namespace model {

// Names are the ids that people see: GRID/PROJECT/STACK/SERVICE. A path's text
// is its parts joined by '/', and is the tail of the store's key.
struct ProjectPath {
  std::string grid;
  std::string project;
  std::string text() const { return grid + '/' + project; }
  friend auto operator<=>(const ProjectPath&, const ProjectPath&) = default;
};

struct StackPath {
  std::string grid;
  std::string project;
  std::string stack;
  std::string text() const { return grid + '/' + project + '/' + stack; }
  friend auto operator<=>(const StackPath&, const StackPath&) = default;
};

struct ServicePath {
  std::string grid;
  std::string project;
  std::string stack;
  std::string service;
  StackPath stack_path() const { return {grid, project, stack}; }
  std::string text() const { return grid + '/' + project + '/' + stack + '/' + service; }
  friend auto operator<=>(const ServicePath&, const ServicePath&) = default;
};

// "project.stack.service", the project left out where it is `default`: how the
// engine's objects are named.
std::string scoped_name(std::string_view project, std::string_view stack, std::string_view name);

}  // namespace model
}  // namespace kontena
