#include "../forwards.h"
#include "../events.h"
#include "../people.h"
#include "../summarise.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/base/text.h"
#include "kontena/overlay/plan.h"
#include "kontena/rollout/moves.h"
#include "kontena/stats/sample.h"

namespace kontena::server {
namespace {

constexpr std::int64_t least_lost_after_ms = 2'000, most_lost_after_ms = 600'000;
constexpr std::int64_t usual_moves = 20, most_moves = 1'000;

// The pool as it is kept: in one form, and nothing where it is the usual one.
Result<std::string> pool_to_keep(const std::string& asked) {
  if (asked.empty()) return std::string();
  KTN_TRY(const Subnet pool, overlay::read_pool(asked));
  const std::string text = to_text(pool);
  return text == overlay::default_pool ? std::string() : text;
}

// Networks have their subnets of it, and containers their addresses of those. Without
// any, only nodes have addresses, which follow from the pool and their numbers: agents
// hear of it and take the new ones. (Whoever makes a network writes the grid as well:
// of the two at once, one looks again.)
Status may_change_pool(const ClusterView& view, const std::string& grid) {
  Status readable = Done{};
  view.unreadable.each(store::networks.key(grid) + '/', [&](const auto& item) { readable = check_readable(view, item.key); });
  KTN_OK(std::move(readable));
  std::string first;
  std::int64_t count = 0;
  view.networks.each(grid + '/', [&](const auto& item) {
    if (count++ == 0) first = item.value.project + '/' + item.value.name;
  });
  if (count == 0) return Done{};
  return Error{Code::failed_precondition,
               "grid '" + grid + "' has " + std::to_string(count) + (count == 1 ? " network" : " networks") + " (" + first +
                   (count == 1 ? ")" : ", …)") + ": its pool is in use",
               "remove the stacks and networks first; or make another grid, kontena client grid create --pool"};
}

// Of a grid in which somebody has a project only, its name: how much there is of others is not theirs.
api::GridSummary shown_to(const Call& call, api::GridSummary grid) {
  if (call.may(access::Verb::view, {grid.name})) return grid;
  return {.name = grid.name, .created_ms = grid.created_ms};
}

}  // namespace

Result<Answer> list_grids(const Context& context, const ClusterView& view, const Call& call) {
  api::GridList list;
  const model::Liveness states = context.liveness.states();
  view.grids.each("", [&](const auto& item) {
    if (call.who.rights.reaches({item.key})) list.grids.push_back(shown_to(call, summarise_grid(view, states, item.value)));
  });
  return answer(list);
}

Result<Answer> get_grid(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  return answer(shown_to(call, summarise_grid(view, context.liveness.states(), *view.grids.get(call.at("grid")))));
}

Result<Change> create_grid(const Context&, const ClusterView& view, const Call& call) {
  const std::string& name = call.at("grid");
  if (!text::is_label(name))
    return Error{Code::invalid_argument, "'" + name + "' cannot be a grid's name", "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  KTN_OK(check_readable(view, store::grids.key(name)));
  if (view.grids.get(name)) return Error{Code::already_exists, "grid '" + name + "' is there already"};
  model::Grid grid{name, to_ms(call.now)};
  KTN_TRY(grid.pool, pool_to_keep(call.ask("pool")));
  const model::Project project{name, "default", to_ms(call.now)};
  Change change{.reply = json(summarise_grid(view, {}, grid), 201), .resource = name};
  change.commit.unchanged = {{store::grids.key(name), 0}};
  change.commit.puts = {store::grids.put(name, grid), store::projects.put(name + "/default", project)};
  return change;
}

Result<Change> remove_grid(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  const std::string& name = call.at("grid");
  const auto refuse = [&](const std::string& what, const std::string& hint) {
    return Error{Code::failed_precondition, "grid '" + name + "' still has " + what, hint};
  };
  Status readable = Done{};
  for (const std::string& prefix : {store::stacks.key(name) + '/', store::nodes.key(name) + '/'})
    view.unreadable.each(prefix, [&](const auto& item) { readable = check_readable(view, item.key); });
  KTN_OK(std::move(readable));
  std::int64_t nodes = 0, stacks = 0;
  view.nodes.each(name + '/', [&](const auto&) { ++nodes; });
  view.stacks.each(name + '/', [&](const auto&) { ++stacks; });
  if (stacks > 0) return refuse(std::to_string(stacks) + " stacks", "kontena client stack ls --grid " + name);
  if (nodes > 0) return refuse(std::to_string(nodes) + " nodes", "kontena client node ls --grid " + name);
  Change change{.resource = name};
  change.commit.unchanged = {unchanged(store::grids, *view.grids.find(name))};
  change.commit.deletes = {store::grids.key(name)};
  view.projects.each(name + '/', [&](const auto& item) { change.commit.deletes.push_back(store::projects.key(item.key)); });
  drop_given(view, name, change.commit);
  KTN_OK(drop_forwards(context.store, name + '/', change.commit));
  view.networks.each(name + '/', [&](const auto& item) { change.commit.deletes.push_back(store::networks.key(item.key)); });
  view.volumes.each(name + '/', [&](const auto& item) { change.commit.deletes.push_back(store::volumes.key(item.key)); });
  for (const std::string& prefix : {store::events.key(name), store::lost_nodes.key(name)}) {
    KTN_TRY(const store::Listing listed, context.store.list(prefix + '/'));
    for (const store::Entry& entry : listed.entries) change.commit.deletes.push_back(entry.key);
  }
  change.commit.deletes.push_back(store::event_keeping.key(name));
  view.tokens.each("", [&](const auto& item) {
    if (item.value.grid == name) change.commit.deletes.push_back(store::tokens.key(item.key));
  });
  change.reply.body = "{}";
  return change;
}

Result<Change> set_grid(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  KTN_TRY(const api::GridSettings asked, body_of<api::GridSettings>(call));
  const auto* item = view.grids.find(call.at("grid"));
  model::Grid grid = item->value;
  if (asked.lost_after_ms) grid.lost_after_ms = *asked.lost_after_ms;
  if (grid.lost_after_ms != 0 && (grid.lost_after_ms < least_lost_after_ms || grid.lost_after_ms > most_lost_after_ms))
    return Error{Code::invalid_argument, "lost_after must be between 2 seconds and 10 minutes, or 0 for the server's setting"};
  if (asked.pool) {
    KTN_TRY(grid.pool, pool_to_keep(*asked.pool));
    if (grid.pool != item->value.pool) KTN_OK(may_change_pool(view, grid.name));
  }
  if (asked.stats_interval_ms) grid.stats_interval_ms = *asked.stats_interval_ms;
  if (grid.stats_interval_ms != 0 && (grid.stats_interval_ms < stats::least_interval_ms || grid.stats_interval_ms > stats::most_interval_ms))
    return Error{Code::invalid_argument, "statistics are taken every 5 seconds to every 5 minutes, or 0 for every 10 seconds"};
  Change change{.reply = json(summarise_grid(view, context.liveness.states(), grid)), .resource = grid.name};
  if (grid.lost_after_ms == item->value.lost_after_ms && grid.pool == item->value.pool && grid.stats_interval_ms == item->value.stats_interval_ms) return change;
  change.commit.unchanged = {unchanged(store::grids, *item)};
  change.commit.puts = {store::grids.put(grid.name, grid)};
  return change;
}

// Marks what is to move; the loop then does it, start-first. ?plan=true marks
// nothing, ?most=N moves fewer than all at once.
Result<Change> rebalance_grid(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  KTN_TRY(const std::int64_t most, number_asked(call, "most", usual_moves));
  if (most < 1 || most > most_moves)
    return Error{Code::invalid_argument, "?most= must be between 1 and " + std::to_string(most_moves)};
  const std::string& grid = call.at("grid");
  const auto node_name = [&](const NodeId& id) {
    const auto* node = view.nodes.get(grid + '/' + *id);
    return node ? node->name : *id;
  };
  schedule::Nodes nodes(view, context.liveness.states(), grid);
  api::Rebalance answer;
  Change change{.resource = grid};
  for (const rollout::Move& move : rollout::rebalance(view, nodes, grid, static_cast<std::size_t>(most))) {
    model::Instance instance = move.instance;
    const auto* item = view.instances.find(model::instance_key(instance));
    answer.moves.push_back({.instance = *instance.id,
                            .stack = (instance.project == "default" ? "" : instance.project + '/') + instance.stack,
                            .service = instance.service,
                            .slot = instance.slot,
                            .from = node_name(instance.node),
                            .to = node_name(move.to)});
    instance.move_why = "rebalance";
    instance.move_to = move.to;
    change.commit.unchanged.push_back(unchanged(store::instances, *item));
    change.commit.puts.push_back(store::instances.put(item->key, instance));
  }
  change.reply = json(answer);
  if (call.ask("plan") == "true") change.commit = {};
  return change;
}

}  // namespace kontena::server
