#include "../events.h"

#include <algorithm>
#include <set>

#include "find.h"
#include "handlers.h"
#include "kontena/base/text.h"

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

// ?node= a name or an id, ?kind=A,B ?project= ?stack= ?service= ?since=MS ?until=MS ?limit=, and
// ?after=REVISION of an earlier answer: waits for what comes later. Shown is what they may see: of
// the grid's nodes who may see the grid, of stacks who may see those.
Result<Answer> list_events(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  const std::string& grid = call.at("grid");
  KTN_TRY(const std::int64_t limit, number_asked(call, "limit", 100));
  if (limit < 1 || limit > static_cast<std::int64_t>(most_events))
    return Error{Code::invalid_argument, "?limit= is 1 to " + std::to_string(most_events)};
  EventFilter filter{.project = call.ask("project"),
                     .stack = call.ask("stack"),
                     .service = call.ask("service"),
                     .most = static_cast<std::size_t>(limit)};
  filter.may = [&](const model::Event& event) {
    if (event.project.empty()) return call.may(access::Verb::view, {grid});
    return call.may(access::Verb::view, {grid, event.project, event.stack});
  };
  if (const std::string kinds = call.ask("kind"); !kinds.empty()) filter.kinds = text::split(kinds, ',');
  KTN_TRY(filter.slot, number_asked(call, "slot", 0));
  KTN_TRY(filter.since_ms, number_asked(call, "since", 0));
  KTN_TRY(filter.until_ms, number_asked(call, "until", 0));
  KTN_TRY(filter.after, number_asked(call, "after", -1));
  if (const std::string name = call.ask("node"); !name.empty()) {
    if (!call.may(access::Verb::view, {grid})) return absent("node", name, "kontena client node ls");
    Call of_node = call;
    of_node.path["node"] = name;
    KTN_TRY(const auto* node, find_node(view, of_node));
    filter.node = *node->value.id;
  }
  KTN_TRY(api::EventList list, find_events(context.store, grid, filter));
  if (filter.after >= 0 && list.events.empty() && !call.last) return Answer(Park{{store::events.key(grid)}});
  return answer(list);
}

Result<Answer> get_event_keeping(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  KTN_TRY(const model::EventKeeping keeping, keeping_of(context.store, call.at("grid")));
  return answer(keeping);
}

Result<Change> set_event_keeping(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  const std::string& grid = call.at("grid");
  KTN_TRY(const api::KeepEvents asked, body_of<api::KeepEvents>(call));
  KTN_TRY(model::EventKeeping keeping, keeping_of(context.store, grid));
  if (asked.kept_ms) keeping.kept_ms = *asked.kept_ms;
  if (asked.most) keeping.most = *asked.most;
  if (keeping.kept_ms != 0 && (keeping.kept_ms < api::least_kept_ms || keeping.kept_ms > api::longest_kept_ms))
    return Error{Code::invalid_argument, "events are kept for an hour to 366 days, or 0: however old"};
  if (keeping.most < api::fewest_kept || keeping.most > api::most_kept)
    return Error{Code::invalid_argument, "of events " + std::to_string(api::fewest_kept) + " to " +
                                             std::to_string(api::most_kept) + " are kept"};
  Change change{.reply = json(keeping), .resource = grid};
  change.commit.unchanged = {unchanged(store::grids, *view.grids.find(grid))};
  change.commit.puts = {store::event_keeping.put(grid, keeping)};
  return change;
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
