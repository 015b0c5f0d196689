#include "../why.h"

#include <algorithm>

#include "../events.h"
#include "find.h"
#include "handlers.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

using access::Verb;

constexpr std::size_t longest_name = 256;
constexpr std::size_t events_read = 200;

// What a name may stand for, as far as who asks may see it.
struct Meant {
  const Ordered<model::Instance>::Item* instance = nullptr;
  const model::Service* service = nullptr;
  const model::Stack* stack = nullptr;
  const model::Node* node = nullptr;
};

// "STACK/SERVICE-N" is the service of that name where there is one; of two with the slot the newer.
Meant find_meant(const ClusterView& view, const Call& call, const std::string& project, const std::string& name) {
  Meant meant;
  const std::string& grid = call.at("grid");
  const auto parts = text::split(name, '/');
  const access::Scope place{grid, project, parts[0]};
  const bool may_stack = call.may(Verb::view, place);
  if (parts.size() == 2 && may_stack) {
    const std::string key = place.text() + '/' + parts[1];
    if (const auto* service = view.services.get(key); service && !service->removed) {
      meant.service = service;
      return meant;
    }
    const auto dash = parts[1].rfind('-');
    const auto slot = dash == std::string::npos ? std::nullopt : text::integer(std::string_view(parts[1]).substr(dash + 1));
    if (!slot) return meant;
    view.instances.each(place.text() + '/' + parts[1].substr(0, dash) + '/', [&](const auto& item) {
      if (item.value.slot != *slot) return;
      if (!meant.instance || meant.instance->value.created_ms <= item.value.created_ms) meant.instance = &item;
    });
    return meant;
  }
  if (parts.size() != 1) return meant;
  if (may_stack) meant.stack = view.stacks.get(place.text());
  if (meant.stack) return meant;
  if (call.may(Verb::view, {grid}))
    view.nodes.each(grid + '/', [&](const auto& item) {
      if (item.value.name == name || *item.value.id == name) meant.node = &item.value;
    });
  if (meant.node) return meant;
  view.instances.each(grid + '/' + project + '/', [&](const auto& item) {
    if (*item.value.id == name && call.may(Verb::view, place_of(item.value))) meant.instance = &item;
  });
  return meant;
}

}  // namespace

// ?of= an instance (STACK/SERVICE-N, or its id), STACK/SERVICE, a stack of ?project=, or a node.
// What they may not see is as absent as what is not there.
Result<Answer> get_why(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  const std::string& grid = call.at("grid");
  const std::string name = call.ask("of");
  const std::string project = call.ask("project").empty() ? "default" : call.ask("project");
  if (name.empty() || name.size() > longest_name || project.size() > longest_name)
    return Error{Code::invalid_argument, "?of= is an instance, a service, a stack or a node"};
  const Meant meant = find_meant(view, call, project, name);
  EventFilter filter{.most = events_read};
  if (meant.instance) {
    const model::Instance& i = meant.instance->value;
    filter.project = i.project, filter.stack = i.stack, filter.service = i.service, filter.slot = i.slot;
  } else if (meant.service) {
    filter.project = meant.service->project, filter.stack = meant.service->stack, filter.service = meant.service->spec.name;
  } else if (meant.stack) {
    filter.project = meant.stack->project, filter.stack = meant.stack->name;
  } else if (meant.node) {
    filter.node = *meant.node->id;
    // Of what runs there is shown what they may see.
    filter.may = [&](const model::Event& event) {
      return event.project.empty() || call.may(Verb::view, {grid, event.project, event.stack});
    };
  } else {
    return Error{Code::not_found, "there is no instance, service, stack or node '" + name + "'",
                 "kontena client ps; kontena client stack ls; kontena client node ls"};
  }
  KTN_TRY(api::EventList list, find_events(context.store, grid, filter));
  std::ranges::reverse(list.events);
  const model::Liveness states = context.liveness.states();
  const Seen seen{view, states, std::move(list.events), to_ms(call.now)};
  if (meant.instance) return answer(why_instance(seen, meant.instance->value));
  if (meant.service) return answer(why_service(seen, *meant.service));
  if (meant.stack) return answer(why_stack(seen, *meant.stack));
  return answer(why_node(seen, *meant.node, context.liveness.last_heard_ms(meant.node->id)));
}

}  // namespace kontena::server
