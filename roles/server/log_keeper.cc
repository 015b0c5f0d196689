#include "log_keeper.h"

#include "kontena/access/policy.h"
#include "kontena/base/log.h"

namespace kontena::server {
namespace {

constexpr Duration remembered = std::chrono::hours(24);  // after an instance is gone
constexpr std::size_t most_remembered = 200'000;

std::int64_t quota(const access::Allowance& allowance, std::string_view name) {
  const auto found = allowance.quotas.find(name);
  return found == allowance.quotas.end() ? -1 : found->second;
}

}  // namespace

std::string kept_project(const model::Project& project) {
  return project.grid + '/' + project.name + '@' + std::to_string(project.created_ms);
}

void LogKeeper::start() {
  open();
  loop_.start();
}

void LogKeeper::stop() {
  if (logs::Kept* kept = kept_) kept->stop();
  loop_.stop();
}

void LogKeeper::open() {
  if (kept_ || settings_.folder.empty()) return;
  auto opened = logs::Kept::open({.folder = settings_.folder, .total = settings_.total_bytes});
  if (!opened) {
    const std::string why = opened.error().message;
    if (why_not_.with([&](std::string& known) { return std::exchange(known, why) != why; }))
      log::error("logs cannot be kept", {{"reason", why}});
    return;
  }
  owned_ = *std::move(opened);
  kept_ = owned_.get();
}

Result<logs::Kept*> LogKeeper::kept() const {
  if (logs::Kept* kept = kept_) return kept;
  const std::string why = why_not_.with([](const std::string& text) { return text; });
  return Error{Code::unavailable, why.empty() ? "logs are not kept here" : why, "the server's log says more"};
}

std::string LogKeeper::trouble() const {
  if (const logs::Kept* kept = kept_) return kept->trouble();
  return why_not_.with([](const std::string& why) { return why; });
}

logs::Kept::Room LogKeeper::room(const model::ClusterView& view, const model::ProjectPath& path) const {
  const access::Allowance allowance = access::allowance(view, path);
  const std::int64_t bytes = quota(allowance, "logs"), days = quota(allowance, "log-days");
  const auto age = days < 0 ? settings_.age : std::chrono::hours(24 * std::min<std::int64_t>(days, 36'500));
  return {bytes < 0 ? settings_.project_bytes : static_cast<std::uint64_t>(bytes),
          std::chrono::duration_cast<std::chrono::nanoseconds>(age).count()};
}

void LogKeeper::step() {
  open();
  const View view = views_.now();
  if (view->revision != seen_revision_) {
    seen_revision_ = view->revision;
    const Duration now = clock_.steady();
    seen_.with([&](std::map<std::string, Seen>& seen) {
      view->by_node.each("", [&](const auto& item) {
        if (const auto* i = view->instances.get(item.value)) seen[item.key] = {i->project, i->stack, i->service, i->slot, now};
      });
      std::erase_if(seen, [&](const auto& each) { return now - each.second.at > remembered; });
      // Rather a few lines are lost than all memory: the oldest ids go, which sort first.
      while (seen.size() > most_remembered) seen.erase(seen.begin());
    });
  }
  logs::Kept* kept = kept_;
  if (!kept) return;
  std::map<std::string, logs::Kept::Room> rooms;
  view->projects.each("", [&](const auto& item) { rooms[kept_project(item.value)] = room(*view, {item.value.grid, item.value.name}); });
  kept->tidy(std::move(rooms), to_ms(clock_.now()) * 1'000'000);
}

bool LogKeeper::is_of(const model::ClusterView& view, const std::string& by_node, const logs::Section& section) const {
  const auto same = [&](const auto& i) {
    return i.project == section.project && i.stack == section.stack && i.service == section.service && i.slot == section.slot;
  };
  if (const std::string* key = view.by_node.get(by_node)) {
    const auto* instance = view.instances.get(*key);
    return instance && same(*instance);
  }
  return seen_.with([&](const auto& seen) {
    const auto found = seen.find(by_node);
    return found != seen.end() && same(found->second);
  });
}

Result<LogKeeper::Taken> LogKeeper::take(const model::ClusterView& view, const std::string& grid, const std::string& node, logs::Batch batch, std::string_view encoded) {
  KTN_TRY(logs::Kept * kept, this->kept());
  const auto* record = view.nodes.get(grid + '/' + node);
  logs::Kept::From from{.node = grid + '/' + node, .node_name = record ? record->name : node};
  const std::size_t all = batch.sections.size();
  std::erase_if(batch.sections, [&](const logs::Section& section) {
    const auto* project = view.projects.get(grid + '/' + section.project);
    if (!project) return true;
    const std::string name = kept_project(*project);
    // After a restart of ours it may be known by its earlier lines alone.
    const logs::Origin origin{section.instance, section.slot, from.node_name};
    if (!is_of(view, from.node + '/' + section.instance, section) && !kept->knows({name, section.stack, section.service}, origin)) return true;
    from.projects[section.project] = name;
    return false;
  });
  Taken taken{.refused = all - batch.sections.size()};
  if (taken.refused > 0 && refused_.fetch_add(taken.refused) == 0)
    log::warn("a node sends logs of instances that it does not have: they are left out", {{"grid", grid}, {"node", from.node_name}});
  const std::string again = taken.refused > 0 ? logs::encode(batch) : std::string();
  KTN_TRY(taken.number, kept->add(from, std::move(batch), taken.refused > 0 ? std::string_view(again) : encoded));
  return taken;
}

}  // namespace kontena::server
