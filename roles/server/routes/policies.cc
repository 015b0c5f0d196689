#include "kontena/api/policies.h"
#include "../log_keeper.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/access/policy.h"

namespace kontena::server {
namespace {

// Held where they are kept, and by nothing else.
void count_logs(const Context& context, const ClusterView& view, const model::ProjectPath& path, api::PolicyAnswer& answer) {
  const auto kept = context.log_keeper->kept();
  const auto* project = view.projects.get(path.text());
  if (!kept || !project) return;
  std::int64_t& bytes = answer.used["logs"];
  std::int64_t first_ms = to_ms(context.clock.now());
  for (const auto& [source, use] : (*kept)->use(kept_project(*project))) {
    bytes += static_cast<std::int64_t>(use.bytes);
    first_ms = std::min(first_ms, use.first_ns / 1'000'000);
  }
  answer.used["log-days"] = (to_ms(context.clock.now()) - first_ms) / 86'400'000;
}

// Of the grid where the path names no project.
model::ProjectPath path_of(const Call& call) {
  const auto project = call.path.find("project");
  return {call.at("grid"), project == call.path.end() ? "" : project->second};
}

std::string key_of(const model::ProjectPath& path) { return path.project.empty() ? path.grid : path.text(); }

Status need_place(const ClusterView& view, const Call& call) {
  KTN_OK(call.path.contains("project") ? need_project(view, call) : need_grid(view, call));
  return check_readable(view, store::policies.key(key_of(path_of(call))));
}

api::PolicyAnswer answer_of(const Context& context, const ClusterView& view, const model::ProjectPath& path, const model::Policy* own) {
  // Of a grid what counts for a project that says nothing itself.
  const access::Allowance counts = access::allowance(view, path);
  api::PolicyAnswer answer{.project = path.project, .registries = counts.registries};
  if (own) answer.own = *own;
  if (!path.project.empty()) answer.allow = {counts.allow.begin(), counts.allow.end()};
  answer.quotas = {counts.quotas.begin(), counts.quotas.end()};
  if (path.project.empty()) return answer;
  const access::Usage used = access::usage_of(view, path);
  for (const access::QuotaRow& row : access::quotas()) {
    const auto found = used.amounts.find(row.name);
    answer.used[std::string(row.name)] = found == used.amounts.end() ? 0 : found->second;
  }
  count_logs(context, view, path, answer);
  return answer;
}

template <class T>
void change(std::map<std::string, T>& own, const std::map<std::string, std::optional<T>>& asked) {
  for (const auto& [name, value] : asked) {
    if (value)
      own[name] = *value;
    else
      own.erase(name);
  }
}

}  // namespace

Result<Answer> get_policy(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  const model::ProjectPath path = path_of(call);
  return answer(answer_of(context, view, path, view.policies.get(key_of(path))));
}

// What runs already stays; the next deploy or scaling is held against it.
Result<Change> set_policy(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  KTN_TRY(const api::PolicyChange asked, body_of<api::PolicyChange>(call));
  const model::ProjectPath path = path_of(call);
  const std::string key = key_of(path);
  const auto* item = view.policies.find(key);
  model::Policy policy = item ? item->value : model::Policy{};
  server::change(policy.allow, asked.allow);
  server::change(policy.quotas, asked.quotas);
  if (asked.change_registries) policy.registries = asked.registries;
  KTN_OK(access::check_policy(policy));
  policy.updated_ms = to_ms(call.now);
  policy.updated_by = call.who.text();
  ClusterView after = view;
  after.policies.put(key, policy);
  Change change{.reply = json(answer_of(context, after, path, &policy)), .resource = key};
  change.commit.unchanged = {{store::policies.key(key), item ? item->revision : 0}};
  // Not of a grid or project that is removed at the same time.
  if (path.project.empty())
    change.commit.unchanged.push_back(unchanged(store::grids, *view.grids.find(path.grid)));
  else
    change.commit.unchanged.push_back(unchanged(store::projects, *view.projects.find(path.text())));
  change.commit.puts = {store::policies.put(key, policy)};
  return change;
}

}  // namespace kontena::server
