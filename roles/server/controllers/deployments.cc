#include "deployments.h"

#include <algorithm>

#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/rollout/rollout.h"
#include "write_plan.h"

namespace kontena::server {
namespace {

constexpr Duration heartbeat{500};         // of the loop: how soon a node that came or went is noticed
constexpr Duration between_full_passes{60'000};

model::StackPath stack_path_of(std::string_view text) {
  const auto parts = text::split(text, '/');
  return {parts[0], parts[1], parts[2]};
}

}  // namespace

Deployments::Deployments(Context& context)
    : context_(context), loop_("deployments", heartbeat, [this] { step(); }) {
  context_.views.subscribe([this](const std::vector<std::string>& keys) { note(keys); });
}

void Deployments::start() { loop_.start(); }
void Deployments::stop() { loop_.stop(); }

// On the feed's thread: which stacks do these keys belong to?
void Deployments::note(const std::vector<std::string>& keys) {
  static constexpr std::string_view of_stacks[] = {"stacks/", "services/", "instances/", "statuses/", "deployments/"};
  static constexpr std::string_view of_grids[] = {"nodes/", "facts/"};
  bool any = false;
  due_.with([&](Due& due) {
    for (const std::string_view key : keys) {
      if (key.empty()) due.all = any = true;
      for (const auto table : of_stacks) {
        if (!key.starts_with(table)) continue;
        const auto parts = text::split(key.substr(table.size()), '/');
        if (parts.size() >= 3) any = due.stacks.insert(parts[0] + '/' + parts[1] + '/' + parts[2]).second || any;
      }
      for (const auto table : of_grids)
        if (key.starts_with(table)) any = due.grids.insert(std::string(key.substr(table.size(), key.find('/', table.size()) - table.size()))).second || any;
    }
  });
  if (any) loop_.wake();
}

void Deployments::watch_nodes() {
  const model::Liveness now = context_.liveness.states();
  if (now == known_) return;
  const View view = context_.views.now();
  std::set<std::string> grids;
  view->nodes.each("", [&](const auto& item) {
    const auto was = known_.find(item.value.id);
    const auto is = now.find(item.value.id);
    if (is == now.end() || (was != known_.end() && was->second == is->second)) return;
    grids.insert(item.value.grid);
    log::info(is->second == model::NodeState::ready ? "node ready" : "node lost", {{"grid", item.value.grid}, {"node", item.value.name}});
  });
  for (const auto& [node, state] : now) {
    bool kept = false;
    view->nodes.each("", [&](const auto& item) { kept = kept || item.value.id == node; });
    if (!kept) context_.liveness.forget(node);
  }
  known_ = now;
  due_.with([&](Due& due) { due.grids.merge(grids); });
}

void Deployments::step() {
  watch_nodes();
  const Duration now = context_.clock.steady();
  Due due = due_.with([](Due& d) { return std::exchange(d, Due{.all = false}); });
  if (now >= full_pass_) {
    due.all = true;
    full_pass_ = now + between_full_passes;
  }
  const View view = context_.views.now();
  if (due.all) view->stacks.each("", [&](const auto& item) { due.stacks.insert(item.key); });
  for (const std::string& grid : due.grids)
    view->stacks.each(grid + '/', [&](const auto& item) { due.stacks.insert(item.key); });
  for (auto at = wake_at_.begin(); at != wake_at_.end();) {
    const bool is_due = at->second <= now;
    if (is_due) due.stacks.insert(at->first);
    at = is_due ? wake_at_.erase(at) : std::next(at);
  }

  // One index of nodes a grid and round: placements of one stack are seen by the next.
  std::map<std::string, schedule::Nodes> nodes;
  const model::Liveness states = context_.liveness.states();
  for (const std::string& stack : due.stacks) {
    if (!view->stacks.get(stack)) continue;
    const std::string grid = stack.substr(0, stack.find('/'));
    const auto index = nodes.try_emplace(grid, *view, states, grid).first;
    if (settle(stack, view, index->second)) continue;
    // What was booked for a plan that could not be written is not true: begin anew.
    due_.with([&](Due& d) { d.stacks.merge(due.stacks); });
    loop_.wake();
    return;
  }
}

// False: the plan could not be written, since what it rests on has changed.
bool Deployments::settle(const std::string& stack, const View& view, schedule::Nodes& nodes) {
  const Time now = context_.clock.now();
  const rollout::Plan plan = rollout::step(*view, stack_path_of(stack), nodes, context_.ids, now);
  if (plan.wake_ms != 0) {
    const Duration in{std::clamp<std::int64_t>(plan.wake_ms - to_ms(now), 1, 60'000)};
    wake_at_[stack] = context_.clock.steady() + in;
  }
  if (plan.steps.empty()) return true;
  auto committed = context_.store.commit(write_plan(*view, stack, plan, now));
  if (committed) {
    context_.views.await(*committed);
    return true;
  }
  if (committed.error().code != Code::conflict)
    log::error("a plan could not be written", {{"stack", stack}, {"reason", committed.error().message}});
  context_.views.await(view->revision + 1);
  return false;
}

}  // namespace kontena::server
