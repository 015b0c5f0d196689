#pragma once

#include <string>

#include "../routes.h"
#include "kontena/store/tables.h"

// What the paths of requests name, or an error that says what is not there.
namespace kontena::server {

using model::ClusterView;

inline Error absent(const std::string& kind, const std::string& name, const std::string& hint) {
  return {Code::not_found, kind + " '" + name + "' not found", hint};
}

// REQUIRES of the route: {grid}.
Status need_grid(const ClusterView&, const Call&);
Status need_project(const ClusterView&, const Call&);  // {grid} {project}
// {grid} {node}: a name or an id.
Result<const Ordered<model::Node>::Item*> find_node(const ClusterView&, const Call&);
Result<const Ordered<model::Stack>::Item*> find_stack(const ClusterView&, const Call&);
Result<const Ordered<model::Service>::Item*> find_service(const ClusterView&, const Call&);

model::StackPath stack_path(const Call&);

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
