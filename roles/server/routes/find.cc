#include "find.h"

#include "../identity.h"
#include "../unreadable.h"
#include "kontena/base/text.h"

namespace kontena::server {

Status need_grid(const ClusterView& view, const Call& call) {
  if (view.grids.get(call.at("grid"))) return Done{};
  KTN_OK(check_readable(view, store::grids.key(call.at("grid"))));
  return absent("grid", call.at("grid"), grid_hint);
}

Status need_project(const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  if (view.projects.get(call.at("grid") + '/' + call.at("project"))) return Done{};
  KTN_OK(check_readable(view, store::projects.key(call.at("grid") + '/' + call.at("project"))));
  return absent("project", call.at("project"), project_hint);
}

Result<const Ordered<model::Node>::Item*> find_node(const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  const std::string& name = call.at("node");
  const Ordered<model::Node>::Item* found = view.nodes.find(call.at("grid") + '/' + name);
  view.nodes.each(call.at("grid") + '/', [&](const auto& item) {
    if (item.value.name == name) found = &item;
  });
  if (found) return found;
  // Its name is in the record: any that cannot be read may be the one.
  Status readable = Done{};
  view.unreadable.each(store::nodes.key(call.at("grid")) + '/', [&](const auto& item) { readable = check_readable(view, item.key); });
  KTN_OK(std::move(readable));
  return absent("node", name, "kontena client node ls");
}

model::StackPath stack_path(const Call& call) { return {call.at("grid"), call.at("project"), call.at("stack")}; }

Result<const Ordered<model::Stack>::Item*> find_stack(const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  const auto* found = view.stacks.find(stack_path(call).text());
  if (!found) KTN_OK(check_readable(view, store::stacks.key(stack_path(call).text())));
  if (!found) return absent("stack", call.at("stack"), stack_hint);
  return found;
}

Status check_asked_stack(const ClusterView& view, const Call& call, access::Verb verb) {
  const access::Scope place{call.at("grid"), call.at("project"), call.ask("stack")};
  if (place.stack.empty()) return Done{};
  if (!call.may(verb, place) && !call.may(access::Verb::view, place)) return absent("stack", place.stack, stack_hint);
  KTN_OK(check_allowed(call, verb, place));
  if (view.stacks.get(place.text())) return Done{};
  KTN_OK(check_readable(view, store::stacks.key(place.text())));
  return absent("stack", place.stack, stack_hint);
}

Result<const Ordered<model::Service>::Item*> find_service(const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* stack, find_stack(view, call));
  const auto* found = view.services.find(stack->key + '/' + call.at("service"));
  if (!found) KTN_OK(check_readable(view, store::services.key(stack->key + '/' + call.at("service"))));
  if (!found || found->value.removed)
    return absent("service", call.at("stack") + '/' + call.at("service"), "kontena client service ls");
  return found;
}

Result<std::int64_t> number_asked(const Call& call, std::string_view name, std::int64_t otherwise) {
  const std::string asked = call.ask(name);
  if (asked.empty()) return otherwise;
  const auto number = text::integer(asked);
  if (!number) return Error{Code::invalid_argument, "?" + std::string(name) + "=: '" + asked + "' is not a number"};
  return *number;
}

}  // namespace kontena::server
