#include "deploy.h"

#include <algorithm>
#include <set>

#include "alert_rules.h"
#include "blob_refs.h"
#include "kontena/model/validate.h"
#include "kontena/rollout/diff.h"
#include "kontena/schedule/constraint.h"
#include "kontena/store/tables.h"
#include "names.h"
#include "networks.h"
#include "policies.h"
#include "routes/find.h"
#include "secret_use.h"

namespace kontena::server {
namespace {

constexpr std::size_t kept_deployments = 10;

Status check(const model::StackSpec& spec) {
  std::vector<model::Problem> problems = model::validate(spec);
  for (const auto& [name, service] : spec.services) {
    const auto note = [&](const std::string& where, const Status& checked) {
      if (!checked) problems.push_back({"services." + name + ".placing." + where, checked.error().message});
    };
    for (const model::Constraint& constraint : service.placing.constraints)
      note("constraints", schedule::check_attribute(constraint.attribute));
    for (const std::string& attribute : service.placing.spread) note("spread", schedule::check_attribute(attribute));
  }
  if (problems.empty()) return Done{};
  std::string text;
  for (const model::Problem& problem : problems) {
    if (!text.empty()) text += "; ";
    text += problem.path + ": " + problem.what;
    if (text.size() > 4'000) {
      text += " …";
      break;
    }
  }
  return Error{Code::invalid_argument, text};
}

// A volume that is there is not filled again.
std::map<std::string, model::VolumeSpec> without_seeds(std::map<std::string, model::VolumeSpec> volumes) {
  for (auto& [key, volume] : volumes) volume.seed.clear();
  return volumes;
}

// An instance holds the names of its networks and volumes: where one changed, it
// has to be made anew.
bool parts_changed(const model::Stack* was, const model::StackSpec& is, const model::ServiceSpec& service) {
  if (!was) return false;
  const auto differs = [](const auto& before, const auto& after, const std::string& key) {
    const auto b = before.find(key);
    const auto a = after.find(key);
    return (b == before.end()) != (a == after.end()) || (b != before.end() && !(b->second == a->second));
  };
  return std::ranges::any_of(service.networks, [&](const auto& n) { return differs(was->networks, is.networks, n.network); }) ||
         std::ranges::any_of(service.mounts, [&](const auto& m) {
           return m.kind == model::MountKind::volume && differs(without_seeds(was->volumes), without_seeds(is.volumes), m.source);
         });
}

// They are to be there still when this is committed. What came with a deploy is named by its digest; what is
// of the project's store is not to be had that way.
Status need_secrets(const Context& context, const std::string& scope, const model::StackSpec& spec, const Named& named,
                    store::Commit& commit) {
  std::set<std::string> brought;
  for (const auto& [key, file] : spec.secrets)
    if (!file.external) brought.insert(file.digest);
  for (const std::string& digest : named.secrets) {
    const std::string key = sealed_secrets.key(secret_tail(scope, digest));
    KTN_TRY(const auto known, context.store.get(key));
    const auto secret = known ? sealed_secrets.read(*known) : Result<SealedSecret>(Error{Code::not_found, ""});
    if (!known || (brought.contains(digest) && secret && !secret->name.empty()))
      return Error{Code::failed_precondition, "the deploy names a secret that the server does not have", "deploy again: it is sent"};
    commit.unchanged.push_back({key, known->revision});
  }
  return Done{};
}

// Of a file's content the spec of whoever uses it is to tell: its instances are made of that.
Status fill_in_files(model::StackSpec& spec) {
  for (auto& [name, service] : spec.services) {
    for (model::FileUse& file : service.files) {
      const auto& declared = file.secret ? spec.secrets : spec.configs;
      const auto found = declared.find(file.source);
      if (found == declared.end())
        return Error{Code::invalid_argument, "services." + name + ".files: '" + file.source + "' is not declared"};
      file.digest = found->second.digest;
      if (file.digest.empty())
        return Error{Code::invalid_argument, "services." + name + ".files: nothing says what '" + file.source + "' holds"};
    }
    for (const model::Mount& mount : service.mounts)
      if (mount.kind == model::MountKind::content && mount.digest.empty())
        return Error{Code::invalid_argument, "services." + name + ".mounts: nothing says what '" + mount.target + "' holds"};
  }
  return Done{};
}

}  // namespace

Put put_service(const ClusterView& view, const Call& call, const model::ServicePath& path, const model::ServiceSpec& spec,
                bool force, store::Commit& commit) {
  const auto* item = view.services.find(path.text());
  model::Service service{.grid = path.grid, .project = path.project, .stack = path.stack, .created_ms = to_ms(call.now)};
  auto difference = rollout::Difference::recreate;
  if (item) {
    service = item->value;
    difference = force ? rollout::Difference::recreate : rollout::diff(service.spec, spec);
    if (difference == rollout::Difference::nothing && !service.removed) return Put::unchanged;
  }
  service.spec = spec;
  service.removed = false;
  service.revision += 1;
  service.updated_ms = to_ms(call.now);
  if (difference == rollout::Difference::recreate) service.instance_revision = service.revision;
  commit.unchanged.push_back({store::services.key(path.text()), item ? item->revision : 0});
  commit.puts.push_back(store::services.put(path.text(), service));
  // A revision's spec is what its instances are made from; one that differs only in
  // what no container shows (replicas, placing) replaces it.
  commit.puts.push_back(store::revisions.put(model::revision_key(path, service.instance_revision), {spec}));
  return item ? Put::changed : Put::created;
}

namespace {

// The stack as this commit leaves it.
model::StackSpec spec_after(const ClusterView& view, const model::Stack& stack, const store::Commit& commit) {
  const std::string prefix = model::StackPath{stack.grid, stack.project, stack.name}.text() + '/';
  model::StackSpec spec{.name = stack.name, .networks = stack.networks, .volumes = stack.volumes, .exposed = stack.exposed,
                        .configs = stack.configs, .secrets = stack.secrets, .alerts = stack.alerts};
  view.services.each(prefix, [&](const auto& item) {
    if (!item.value.removed) spec.services[item.value.spec.name] = item.value.spec;
  });
  for (const auto& put : commit.puts) {
    if (!put.key.starts_with(store::services.key(prefix))) continue;
    const auto service = store::services.read({put.key, put.value, 0});
    if (!service) continue;  // we have just written it
    if (service->removed)
      spec.services.erase(service->spec.name);
    else
      spec.services[service->spec.name] = service->spec;
  }
  return spec;
}

void add_history(const Context& context, const ClusterView& view, const Call& call, const model::Stack& stack,
                 const std::string& action, store::Commit& commit) {
  const model::StackPath path{stack.grid, stack.project, stack.name};
  std::vector<std::string> old;
  view.history.each(path.text() + '/', [&](const auto& item) { old.push_back(item.key); });
  for (std::size_t i = 0; i + context.keep_revisions <= old.size(); ++i)
    commit.deletes.push_back(store::history.key(old[i]));
  commit.puts.push_back(store::history.put(
      model::history_key(path, stack.revision),
      {.spec = spec_after(view, stack, commit), .action = action, .by = call.who.text(), .created_ms = to_ms(call.now)}));
}

}  // namespace

model::Deployment add_deployment(const Context& context, const ClusterView& view, const Call& call,
                                 const model::Stack& stack, std::int64_t from, std::string action, store::Commit& commit) {
  const model::StackPath path{stack.grid, stack.project, stack.name};
  if (stack.revision != from) add_history(context, view, call, stack, action, commit);
  std::vector<const Ordered<model::Deployment>::Item*> old;
  view.deployments.each(path.text() + '/', [&](const auto& item) { old.push_back(&item); });
  std::ranges::sort(old, {}, [](const auto* item) { return item->value.created_ms; });
  for (std::size_t i = 0; i + kept_deployments <= old.size(); ++i) {
    commit.unchanged.push_back(unchanged(store::deployments, *old[i]));
    commit.deletes.push_back(store::deployments.key(old[i]->key));
  }
  // Two made within one millisecond still have an order.
  const std::int64_t after = old.empty() ? 0 : old.back()->value.created_ms + 1;
  model::Deployment deployment{.id = DeploymentId(context.ids.id()),
                               .grid = path.grid,
                               .project = path.project,
                               .stack = path.stack,
                               .from = from,
                               .to = stack.revision,
                               .action = std::move(action),
                               .by = call.who.text(),
                               .created_ms = std::max(to_ms(call.now), after)};
  commit.puts.push_back(store::deployments.put(path.text() + '/' + *deployment.id, deployment));
  return deployment;
}

Result<Deploy> deploy(const Context& context, const ClusterView& view, const Call& call, const model::StackPath& path,
                      const api::DeployRequest& request) {
  model::StackSpec spec = request.spec;
  spec.name = path.stack;
  Deploy result;
  store::Commit& commit = result.commit;
  KTN_OK(take_secrets(context, view, call, path, spec, commit));
  KTN_OK(fill_in_files(spec));
  KTN_OK(check(spec));
  Named named;
  add_named(spec, named);
  const std::string scope = path.grid + '/' + path.project;
  KTN_OK(need_blobs(context.blobs, scope, named));
  KTN_OK(need_secrets(context, scope, spec, named, commit));
  KTN_OK(check_policies(view, path, spec, commit));
  const auto* item = view.stacks.find(path.text());
  if (item && item->value.wanted == model::StackWanted::removed)
    return Error{Code::failed_precondition, "stack '" + path.stack + "' is being removed", "wait until it is gone: kontena client stack ls"};
  const std::int64_t revision = item ? item->value.revision : 0;
  if (request.expected_revision >= 0 && request.expected_revision != revision)
    return Error{Code::conflict, "stack '" + path.stack + "' is at revision " + std::to_string(revision) + ", not " +
                                     std::to_string(request.expected_revision)};

  const model::Stack* was = item ? &item->value : nullptr;
  std::set<std::string> replaced;
  for (const auto& [name, service] : spec.services) {
    const auto* before = view.services.get(path.text() + '/' + name);
    if (before && (parts_changed(was, spec, service) || rollout::diff(before->spec, service) == rollout::Difference::recreate))
      replaced.insert(name);
  }
  // `depends_on: {db: {restart: true}}`: who relies on what is replaced is replaced too.
  replaced.merge(rollout::restarted_along(spec.services, replaced));
  for (const auto& [name, service] : spec.services) {
    switch (put_service(view, call, {path.grid, path.project, path.stack, name}, service, replaced.contains(name), commit)) {
      case Put::created: result.answer.created.push_back(name); break;
      case Put::changed: result.answer.changed.push_back(name); break;
      case Put::unchanged: result.answer.unchanged.push_back(name); break;
    }
  }
  view.services.each(path.text() + '/', [&](const auto& existing) {
    if (spec.services.contains(existing.value.spec.name) || existing.value.removed) return;
    model::Service gone = existing.value;
    gone.removed = true;
    gone.revision += 1;
    gone.updated_ms = to_ms(call.now);
    commit.unchanged.push_back(unchanged(store::services, existing));
    commit.puts.push_back(store::services.put(existing.key, gone));
    result.answer.removed.push_back(gone.spec.name);
  });

  model::Stack stack{.grid = path.grid, .project = path.project, .name = path.stack, .created_ms = to_ms(call.now)};
  if (was) stack = *was;
  const bool changed = !result.answer.created.empty() || !result.answer.changed.empty() || !result.answer.removed.empty() || !was || stack.wanted != model::StackWanted::running ||
                       stack.networks != spec.networks || stack.volumes != spec.volumes || stack.exposed != spec.exposed ||
                       stack.configs != spec.configs || stack.secrets != spec.secrets || stack.alerts != spec.alerts;
  if (changed) {
    stack.revision += 1;
    stack.updated_ms = to_ms(call.now);
  }
  stack.wanted = model::StackWanted::running;
  stack.networks = spec.networks;
  stack.volumes = spec.volumes;
  stack.configs = spec.configs;
  stack.secrets = spec.secrets;
  stack.alerts = spec.alerts;
  mark_exposed(view, stack, spec.exposed, commit);
  stack.exposed = spec.exposed;
  commit.unchanged.push_back({store::stacks.key(path.text()), item ? item->revision : 0});
  if (!item && path.project == "default") {  // see create_project
    const std::string twin = path.grid + '/' + path.stack;
    if (view.projects.get(twin) && path.stack != "default")
      return Error{Code::failed_precondition, "there is a project '" + path.stack + "', and a stack of the project 'default' cannot have its name",
                   "choose another name"};
    if (path.stack != "default") commit.unchanged.push_back({store::projects.key(twin), 0});
  }
  // Not in a project that is removed at the same time.
  if (const auto* project = item ? nullptr : view.projects.find(path.grid + '/' + path.project))
    commit.unchanged.push_back(unchanged(store::projects, *project));
  commit.puts.push_back(store::stacks.put(path.text(), stack));
  KTN_OK(put_networks(view, call, path, spec, commit));
  KTN_OK(check_container_names(view, path, spec, commit));
  KTN_OK(put_stack_alerts(view, call, path, spec, commit, result.answer.warnings));
  result.answer.deployment = add_deployment(context, view, call, stack, revision, "deploy", commit);
  return result;
}

}  // namespace kontena::server
