#include "deployments.h"

#include <algorithm>
#include <bit>

#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/model/names.h"
#include "kontena/rollout/rollout.h"
#include "../unreadable.h"
#include "../use.h"
#include "write_plan.h"

namespace kontena::server {
namespace {

constexpr Duration heartbeat{250};         // of the loop: how soon a node that came or went is noticed
constexpr Duration between_full_passes{60'000};
constexpr Duration between_looks_at_use{60'000};
constexpr std::size_t most_keys = 100'000;  // noted; with more, the index of nodes is made anew
constexpr std::size_t bundle = 500;         // writes in one commit, and what the last plan has beyond

std::int64_t rounded_up(std::int64_t number, std::int64_t step) { return (number + step - 1) / step * step; }

model::StackPath stack_path_of(std::string_view text) {
  const auto parts = text::split(text, '/');
  return {parts[0], parts[1], parts[2]};
}

}  // namespace

Deployments::Deployments(Context& context)
    : context_(context), lost_(context.store), loop_("deployments", heartbeat, [this] { step(); }) {
  context_.views.subscribe([this](const View& view, const std::vector<std::string>& keys) { note(view, keys); });
}

void Deployments::start() { loop_.start(); }
void Deployments::stop() { loop_.stop(); }

// On the feed's thread: which stacks do these keys belong to?
void Deployments::note(const View& view, const std::vector<std::string>& keys) {
  static constexpr std::string_view of_stacks[] = {"stacks/", "services/", "instances/", "statuses/", "deployments/"};
  static constexpr std::string_view of_grids[] = {"nodes/", "facts/"};
  bool any = false;
  due_.with([&](Due& due) {
    due.view = view;
    due.keys.insert(due.keys.end(), keys.begin(), keys.end());
    if (due.keys.size() > most_keys) due.keys = {""};
    for (const std::string_view key : keys) {
      if (key.empty()) due.all = any = true;
      due.others |= key.empty() || key.starts_with("nodes/") || key.starts_with("grids/");
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
  // Looking at all of them costs more than most rounds do.
  const Duration steady = context_.clock.steady();
  if (context_.liveness.changes() == changes_ && steady < look_at_) return;
  look_at_ = steady + heartbeat;
  const View view = context_.views.now();
  context_.liveness.look(*view, due_.with([](Due& due) { return std::exchange(due.others, false); }));
  const std::int64_t changes = context_.liveness.changes();
  if (changes == changes_) return;
  changes_ = changes;
  const model::Liveness now = context_.liveness.states();
  index_.hear(now);
  std::set<std::string> grids;
  view->nodes.each("", [&](const auto& item) {
    const auto was = known_.find(item.value.id);
    const auto is = now.find(item.value.id);
    if (is == now.end() || (was != known_.end() && was->second == is->second)) return;
    grids.insert(item.value.grid);
    context_.views.nudge("liveness/" + item.value.grid);
    log::info("node " + std::string(model::name(is->second)), {{"grid", item.value.grid}, {"node", item.value.name}});
  });
  known_ = now;
  // What could not be written is tried again with the next look.
  if (const Status told = lost_.tell(*view, now, context_.clock.now()); !told) {
    log::error("an event could not be written", {{"reason", told.error().message}});
    changes_ = -1;
  }
  due_.with([&](Due& due) { due.grids.merge(grids); });
}

// Seldom: it is a guess about the next hour. In steps, so that what goes up and down a little changes nothing.
void Deployments::watch_use(Duration now) {
  if (!context_.use || now < use_at_) return;
  use_at_ = now + between_looks_at_use;
  const model::ClusterView& view = *index_.view();
  auto peaks = std::make_shared<schedule::Peaks>();
  for (const auto& [series, peak] : context_.use->peaks(to_ms(context_.clock.now()))) {
    const auto at = series.find('@'), slash = series.find('/', at);
    if (at == std::string::npos || slash == std::string::npos) continue;
    const std::string project = series.substr(2, at - 2);
    const auto* known = view.projects.get(project);
    if (!known || std::to_string(known->created_ms) != series.substr(at + 1, slash - at - 1)) continue;
    (*peaks)[project + series.substr(slash)] = {.nano_cpus = rounded_up(peak.cpu_milli, 50) * 1'000'000,
                                                .memory_bytes = rounded_up(peak.memory, std::max<std::int64_t>(4 << 20, std::bit_floor(static_cast<std::uint64_t>(peak.memory)) / 8))};
  }
  index_.expect(std::move(peaks));
}

void Deployments::step() {
  watch_nodes();
  const Duration now = context_.clock.steady();
  Due due = due_.with([](Due& d) { return std::exchange(d, Due{.all = false}); });
  if (now >= full_pass_) {
    due.all = true;
    full_pass_ = now + between_full_passes;
  }
  if (!due.view && !index_.view()) due.view = context_.views.now();
  if (due.view) {
    index_.follow(due.view, due.keys);
    watch_use(now);
  }
  addresses_.begin();
  const View& view = index_.view();
  if (due.all) view->stacks.each("", [&](const auto& item) { due.stacks.insert(item.key); });
  for (const std::string& grid : due.grids)
    view->stacks.each(grid + '/', [&](const auto& item) { due.stacks.insert(item.key); });
  for (auto at = wake_at_.begin(); at != wake_at_.end();) {
    const bool is_due = at->second <= now;
    if (is_due) due.stacks.insert(at->first);
    at = is_due ? wake_at_.erase(at) : std::next(at);
  }

  // The next round is decided on what this one wrote. Within one, a stack's plan
  // does not rest on another's, so that reading the one and writing the other overlap.
  auto again = settle(due.stacks);
  context_.views.await(written_);
  if (again.empty()) return;
  context_.views.await(view->revision + 1);
  due_.with([&](Due& d) { d.stacks.merge(again); });
  loop_.wake();
}

rollout::Plan Deployments::plan(const std::string& stack) {
  const Time now = context_.clock.now();
  const std::string grid = stack.substr(0, stack.find('/'));
  rollout::Plan plan = rollout::step(*index_.view(), stack_path_of(stack), index_.of(grid), context_.ids, now);
  addresses_.give(*index_.view(), plan);
  if (plan.wake_ms != 0) {
    const Duration in{std::clamp<std::int64_t>(plan.wake_ms - to_ms(now), 1, 60'000)};
    wake_at_[stack] = context_.clock.steady() + in;
  }
  return plan;
}

std::set<std::string> Deployments::settle(const std::set<std::string>& stacks) {
  std::set<std::string> again;
  Bundle bundled;
  for (const std::string& stack : stacks) {
    if (!index_.view()->stacks.get(stack)) continue;
    // What cannot be read must not look superfluous, or missing.
    if (!unreadable_of(*index_.view(), stack_path_of(stack)).empty()) continue;
    const rollout::Plan next = plan(stack);
    if (next.steps.empty()) continue;
    store::Commit commit = write_plan(*index_.view(), stack, next, context_.clock.now());
    bundled.stacks.push_back(stack);
    std::ranges::move(commit.unchanged, std::back_inserter(bundled.commit.unchanged));
    std::ranges::move(commit.puts, std::back_inserter(bundled.commit.puts));
    std::ranges::move(commit.deletes, std::back_inserter(bundled.commit.deletes));
    if (bundled.commit.puts.size() + bundled.commit.deletes.size() < bundle) continue;
    again.merge(write(std::exchange(bundled, {})));
  }
  if (!bundled.stacks.empty()) again.merge(write(std::move(bundled)));
  return again;
}

std::set<std::string> Deployments::write(Bundle bundled) {
  if (commit(bundled.stacks.front(), bundled.commit)) return {};
  if (bundled.stacks.size() == 1) return {bundled.stacks.front()};
  // One of them is out of date, or two of them write the same: each on its own then.
  std::set<std::string> again;
  for (const std::string& stack : bundled.stacks) {
    const rollout::Plan next = plan(stack);
    if (next.steps.empty()) continue;
    if (!commit(stack, write_plan(*index_.view(), stack, next, context_.clock.now()))) again.insert(stack);
  }
  return again;
}

// False: nothing was written, and nothing of it is booked any more.
bool Deployments::commit(const std::string& stack, const store::Commit& commit) {
  const auto committed = context_.store.commit(commit);
  if (!committed) {
    index_.undo();
    if (committed.error().code != Code::conflict)
      log::error("a plan could not be written", {{"stack", stack}, {"reason", committed.error().message}});
    return false;
  }
  index_.keep();
  written_ = *committed;
  return true;
}

}  // namespace kontena::server
