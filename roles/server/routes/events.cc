#include "../events.h"

#include <algorithm>
#include <set>

#include "find.h"
#include "handlers.h"

namespace kontena::server {
namespace {

constexpr std::size_t longest_id = 64;
constexpr std::int64_t longest_ago_ms = 30ll * 24 * 3'600'000;

// What agents may tell of; a word of ours, as it says what the text means.
bool is_kind(std::string_view kind) { return kind == api::network_drift; }

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_id &&
         std::ranges::all_of(id, [](unsigned char c) { return std::isalnum(c) || c == '-'; });
}

Status check(const api::EventReport& event) {
  const auto wrong = [](const std::string& what) { return Error{Code::invalid_argument, "events: " + what}; };
  if (!is_id(event.id)) return wrong("an id is letters and digits, at most " + std::to_string(longest_id));
  if (!is_kind(event.kind)) return wrong("'" + event.kind + "' is no kind that this server knows");
  if (event.text.size() > api::longest_event)
    return wrong("a text is longer than " + std::to_string(api::longest_event) + " bytes");
  const bool in_order =
      0 <= event.last_ago_ms && event.last_ago_ms <= event.first_ago_ms && event.first_ago_ms <= longest_ago_ms;
  if (event.count < 1 || !in_order) return wrong("count or times that cannot be");
  return Done{};
}

}  // namespace

// ?node= a name or an id, ?kind=, ?since=MS, ?limit=
Result<Answer> list_events(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  KTN_TRY(const std::int64_t limit, number_asked(call, "limit", 100));
  if (limit < 1 || limit > static_cast<std::int64_t>(most_events))
    return Error{Code::invalid_argument, "?limit= is 1 to " + std::to_string(most_events)};
  EventFilter filter{.kind = call.ask("kind"), .most = static_cast<std::size_t>(limit)};
  KTN_TRY(filter.since_ms, number_asked(call, "since", 0));
  if (const std::string name = call.ask("node"); !name.empty()) {
    Call of_node = call;
    of_node.path["node"] = name;
    KTN_TRY(const auto* node, find_node(view, of_node));
    filter.node = *node->value.id;
  }
  KTN_TRY(auto events, events_of(context.store, call.at("grid"), filter));
  return answer(api::EventList{std::move(events)});
}

Result<Change> put_events(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const api::EventsRequest request, body_of<api::EventsRequest>(call));
  if (request.events.size() > api::most_events_at_once)
    return Error{Code::invalid_argument, "more than " + std::to_string(api::most_events_at_once) + " events at once"};
  std::set<std::string> ids;
  for (const api::EventReport& event : request.events) {
    KTN_OK(check(event));
    if (!ids.insert(event.id).second) return Error{Code::invalid_argument, "events: '" + event.id + "' is there twice"};
  }
  const auto* node = view.nodes.get(call.who.grid + '/' + call.who.id);
  if (!node) return Error{Code::unauthenticated, "this node was removed"};
  Change change{.reply = {200, "{}"}, .resource = call.who.grid + '/' + call.who.id};
  KTN_OK(add_events(context.store, *node, call.now, request, change.commit));
  return change;
}

}  // namespace kontena::server
