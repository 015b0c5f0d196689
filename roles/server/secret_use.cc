#include "secret_use.h"

#include <algorithm>
#include <map>

#include "blob_refs.h"
#include "deploy.h"
#include "identity.h"
#include "kontena/store/tables.h"
#include "routes/find.h"
#include "unreadable.h"

namespace kontena::server {
namespace {

using model::ClusterView;

std::string name_of(const std::string& key, const model::FileSpec& file) { return file.name.empty() ? key : file.name; }

// The keys in the stack of files that are this secret.
std::set<std::string> keys_of(const std::map<std::string, model::FileSpec>& files, const std::string& secret) {
  std::set<std::string> keys;
  for (const auto& [key, file] : files)
    if (file.external && name_of(key, file) == secret) keys.insert(key);
  return keys;
}

bool is_variable(const std::string& name) {
  return !name.empty() && name.size() <= 256 && name.find_first_of(std::string_view("=\0", 2)) == std::string::npos;
}

// The secrets that a deploy asks for, each looked up once.
class Taken {
 public:
  Taken(const ClusterView& view, const model::StackPath& path) : view_(view), scope_(path.grid + '/' + path.project + '/') {}

  Result<const model::SecretVersion*> newest(const std::string& where, const std::string& name) {
    const std::string key = scope_ + name;
    KTN_OK(check_readable(view_, store::named_secrets.key(key)));
    const auto* item = name.find('/') == std::string::npos ? view_.secrets.find(key) : nullptr;
    if (!item || item->value.versions.empty())
      return Error{Code::failed_precondition, where + ": the project has no secret '" + name.substr(0, 100) + "'",
                   "set it first: kontena client secret set " + name.substr(0, 100) + " < FILE"};
    taken_[key] = item;
    return &item->value.versions.back();
  }

  void add_to(store::Commit& commit) const {
    for (const auto& [key, item] : taken_) {
      commit.unchanged.push_back(unchanged(store::named_secrets, *item));
      commit.puts.push_back(store::named_secrets.put(key, item->value));
    }
  }

 private:
  const ClusterView& view_;
  const std::string scope_;
  std::map<std::string, const Ordered<model::Secret>::Item*> taken_;
};

Status take_variables(Taken& taken, model::ServiceSpec& service) {
  const std::string at = "services." + service.name + ".env_secrets";
  std::set<std::string> seen;
  for (model::SecretVariable& one : service.env_secrets) {
    const std::string where = at + '.' + one.variable.substr(0, 100);
    if (!is_variable(one.variable))
      return Error{Code::invalid_argument, where + ": is not the name of a variable"};
    if (service.environment.contains(one.variable) || !seen.insert(one.variable).second)
      return Error{Code::invalid_argument, where + ": the variable is given twice", "take it out of 'environment'"};
    KTN_TRY(const model::SecretVersion* version, taken.newest(where, one.secret));
    if (!version->text)
      return Error{Code::failed_precondition, where + ": the secret '" + one.secret + "' is no text, as variables are",
                   "use it as a file, by 'secrets'"};
    one.digest = version->digest;
  }
  return Done{};
}

}  // namespace

std::vector<SecretUser> users_of(const ClusterView& view, const model::ProjectPath& project, const std::string& secret) {
  std::vector<SecretUser> users;
  std::map<std::string, std::set<std::string>> keys;  // by stack
  view.stacks.each(project.text() + '/', [&](const auto& item) {
    keys[item.value.name] = keys_of(item.value.secrets, secret);
  });
  view.services.each(project.text() + '/', [&](const auto& item) {
    const model::Service& service = item.value;
    if (service.removed) return;
    for (const model::FileUse& file : service.spec.files)
      if (file.secret && keys[service.stack].contains(file.source))
        users.push_back({service.stack, service.spec.name, "file " + file.target, file.digest});
    for (const model::SecretVariable& one : service.spec.env_secrets)
      if (one.secret == secret)
        users.push_back({service.stack, service.spec.name, "variable " + one.variable, one.digest});
  });
  return users;
}

std::set<std::string> digests_in_use(const ClusterView& view, const model::ProjectPath& project) {
  Named named;
  view.services.each(project.text() + '/', [&](const auto& item) {
    if (!item.value.removed) add_named(item.value.spec, named);
  });
  view.instances.each(project.text() + '/', [&](const auto& item) {
    const auto* spec = view.revisions.get(model::revision_key(item.value.service_path(), item.value.instance_revision));
    if (spec) add_named(spec->spec, named);
  });
  return std::move(named.secrets);
}

Status take_secrets(const Context& context, const ClusterView& view, const Call& call, const model::StackPath& path,
                    model::StackSpec& spec, store::Commit& commit) {
  const bool stored = std::ranges::any_of(spec.secrets, [](const auto& each) { return each.second.external; }) ||
                      std::ranges::any_of(spec.services, [](const auto& each) { return !each.second.env_secrets.empty(); });
  if ((stored || !spec.secrets.empty()) && context.vault.trouble()) return *context.vault.trouble();
  if (!stored) return Done{};
  // Before anything is looked up: what is not theirs to use looks the same, whether it is there or not.
  KTN_OK(check_allowed(call, access::Verb::secrets_use, {path.grid, path.project}));
  Taken taken(view, path);
  for (auto& [key, file] : spec.secrets) {
    if (!file.external) continue;
    KTN_TRY(const model::SecretVersion* version, taken.newest("secrets." + key, name_of(key, file)));
    file.digest = version->digest;
  }
  for (auto& [name, service] : spec.services) KTN_OK(take_variables(taken, service));
  taken.add_to(commit);
  return Done{};
}

namespace {

// The service with the new version; false where it has nothing of it.
bool change_service(model::ServiceSpec& spec, const std::set<std::string>& keys, const std::string& secret,
                    const std::string& digest) {
  bool changed = false;
  const auto put = [&](std::string& at) { changed |= std::exchange(at, digest) != digest; };
  for (model::FileUse& file : spec.files)
    if (file.secret && keys.contains(file.source)) put(file.digest);
  for (model::SecretVariable& one : spec.env_secrets)
    if (one.secret == secret) put(one.digest);
  return changed;
}

}  // namespace

std::vector<model::Deployment> roll_users(const Context& context, const ClusterView& view, const Call& call,
                                          const model::ProjectPath& project, const std::string& secret,
                                          const std::string& digest, store::Commit& commit) {
  std::vector<model::Deployment> deployments;
  view.stacks.each(project.text() + '/', [&](const auto& item) {
    if (item.value.wanted == model::StackWanted::removed) return;
    const model::StackPath path{project.grid, project.project, item.value.name};
    if (!check_readable(view, path)) return;  // it is left exactly as it is
    model::Stack stack = item.value;
    const std::set<std::string> keys = keys_of(stack.secrets, secret);
    bool changed = false;
    for (const std::string& key : keys) changed |= std::exchange(stack.secrets[key].digest, digest) != digest;
    view.services.each(path.text() + '/', [&](const auto& service) {
      model::ServiceSpec spec = service.value.spec;
      if (service.value.removed || !change_service(spec, keys, secret, digest)) return;
      changed = true;
      put_service(view, call, {path.grid, path.project, path.stack, spec.name}, spec, false, commit);
    });
    if (!changed) return;
    const std::int64_t from = stack.revision;
    stack.revision += 1;
    stack.updated_ms = to_ms(call.now);
    commit.unchanged.push_back(unchanged(store::stacks, item));
    commit.puts.push_back(store::stacks.put(item.key, stack));
    deployments.push_back(add_deployment(context, view, call, stack, from, "secret " + secret, commit));
  });
  return deployments;
}

}  // namespace kontena::server
