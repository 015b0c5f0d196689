#pragma once

#include <string>

#include "../routes.h"
#include "kontena/store/tables.h"

// What the paths of requests name, or an error that says what is not there.
namespace kontena::server {

using model::ClusterView;

inline Error absent(const std::string& kind, const std::string& name, std::string_view hint) {
  return {Code::not_found, kind + " '" + name + "' not found", std::string(hint)};
}

// The same words for what is absent, and for what the caller may not see.
inline constexpr std::string_view grid_hint = "kontena client grid ls";
inline constexpr std::string_view project_hint = "kontena client project ls";
inline constexpr std::string_view stack_hint = "kontena client stack ls";

// REQUIRES of the route: {grid}.
Status need_grid(const ClusterView&, const Call&);
Status need_project(const ClusterView&, const Call&);  // {grid} {project}
// {grid} {node}: a name or an id.
Result<const Ordered<model::Node>::Item*> find_node(const ClusterView&, const Call&);
Result<const Ordered<model::Stack>::Item*> find_stack(const ClusterView&, const Call&);
Result<const Ordered<model::Service>::Item*> find_service(const ClusterView&, const Call&);

model::StackPath stack_path(const Call&);

// The place of a record that has grid, project and stack, or is in a stack.
template <class T>
access::Scope place_of(const T& record) {
  return {record.grid, record.project, record.stack};
}
inline access::Scope place_of(const model::Stack& stack) { return {stack.grid, stack.project, stack.name}; }

// ?stack= as a place, which the caller must have the verb at: Done where none is asked for. What
// they may not see is as absent as what is not there.
Status check_asked_stack(const ClusterView&, const Call&, access::Verb);

// Names and values of node labels: form, length, count.
Status check_labels(const model::StringMap&);

// The write rests on the record as it was read.
template <class T>
store::Commit::Expect unchanged(const store::Table<T>& table, const typename Ordered<T>::Item& item) {
  return {table.key(item.key), item.revision};
}

// "?name=12" as a number; `otherwise` where it is absent.
Result<std::int64_t> number_asked(const Call&, std::string_view name, std::int64_t otherwise);

}  // namespace kontena::server
