#include <algorithm>

#include "../unreadable.h"
#include "../vault.h"
#include "find.h"
#include "handlers.h"
#include "kontena/access/policy.h"
#include "kontena/api/secrets.h"

namespace kontena::server {
namespace {

constexpr std::size_t most_logins = 100;  // of a project, or of a grid itself
constexpr std::size_t longest_user = 256;
constexpr std::size_t longest_password = 32u << 10;

// Of the grid where the path names no project.
std::string scope_of(const Call& call) {
  const auto project = call.path.find("project");
  return call.at("grid") + '/' + (project == call.path.end() ? "" : project->second);
}

Status need_place(const ClusterView& view, const Call& call) {
  return call.path.contains("project") ? need_project(view, call) : need_grid(view, call);
}

std::string registry_of(std::string_view image) {
  const std::string full = access::full_image(image);
  return full.substr(0, full.find('/'));
}

std::string sealed_name(const std::string& registry) { return "registry " + registry; }

bool is_registry(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  };
  return name.size() <= 255 && std::ranges::all_of(name, plain) && registry_of(name + "/x") == name;
}

bool is_word(const std::string& text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

Status check_request(const std::string& registry, const api::RegistryRequest& asked) {
  if (!is_registry(registry))
    return Error{Code::invalid_argument, "'" + registry.substr(0, 100) + "' is no registry",
                 "write it as in an image's name: registry.example:5000, docker.io"};
  if (asked.user.empty() || asked.user.size() > longest_user || !is_word(asked.user) || asked.user.find(':') != std::string::npos)
    return Error{Code::invalid_argument, "the name of the registry's user is empty, too long, or has what no such name may have"};
  if (asked.password.empty() || asked.password.size() > longest_password || !is_word(asked.password))
    return Error{Code::invalid_argument, "the password is empty, longer than 32 KiB, or more than one line"};
  return Done{};
}

}  // namespace

// Of a project with those of its grid, which serve it too; whose these are is the grid's.
Result<Answer> list_registries(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  api::RegistryList list;
  const auto add = [&](const std::string& scope, bool own) {
    view.registries.each(scope + '/', [&](const auto& item) {
      const model::RegistryLogin& login = item.value;
      if (own)
        list.registries.push_back({login.project, login.registry, login.user, login.checked, login.created_ms, login.created_by});
      else
        list.registries.push_back({.project = "", .registry = login.registry, .user = {}, .checked = login.checked});
    });
  };
  add(scope_of(call), true);
  if (call.path.contains("project")) add(call.at("grid") + '/', call.may(access::Verb::registries, {call.at("grid")}));
  return answer(list);
}

Result<Change> put_registry(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  KTN_TRY(const auto asked, body_of<api::RegistryRequest>(call));
  const std::string registry = call.at("registry"), scope = scope_of(call), key = scope + '/' + registry;
  KTN_OK(check_request(registry, asked));
  KTN_OK(check_readable(view, store::registries.key(key)));
  const auto* item = view.registries.find(key);
  std::size_t others = 0;
  view.registries.each(scope + '/', [&](const auto&) { ++others; });
  if (!item && others >= most_logins)
    return Error{Code::failed_precondition, "there are " + std::to_string(others) + " logins already", "kontena client registry rm REGISTRY"};
  KTN_TRY(const Sealing sealing,
          context.vault.seal(scope, sealed_name(registry), Redacted(asked.password), call.now, context.ids));
  KTN_TRY(const auto sealed, context.store.get(sealing.put.key));
  const auto project = call.path.find("project");
  const model::RegistryLogin login{.grid = call.at("grid"),
                                   .project = project == call.path.end() ? "" : project->second,
                                   .registry = registry,
                                   .user = asked.user,
                                   .digest = sealing.digest,
                                   .checked = asked.checked,
                                   .created_ms = to_ms(call.now),
                                   .created_by = call.who.text()};
  Change change{.reply = json(api::RegistryEntry{login.project, registry, login.user, login.checked, login.created_ms, login.created_by}, item ? 200 : 201),
                .resource = key};
  change.commit.unchanged = {{store::registries.key(key), item ? item->revision : 0},
                             {sealing.put.key, sealed ? sealed->revision : 0},
                             sealing.keyring};
  // Not of a grid or project that is removed at the same time.
  if (login.project.empty())
    change.commit.unchanged.push_back(unchanged(store::grids, *view.grids.find(login.grid)));
  else
    change.commit.unchanged.push_back(unchanged(store::projects, *view.projects.find(scope)));
  change.commit.puts = {store::registries.put(key, login), sealing.put};
  // The password of before is nobody else's.
  if (item && item->value.digest != sealing.digest)
    change.commit.deletes = {sealed_secrets.key(secret_tail(scope, item->value.digest))};
  return change;
}

Result<Change> remove_registry(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  const std::string scope = scope_of(call), key = scope + '/' + call.at("registry");
  KTN_OK(check_readable(view, store::registries.key(key)));
  const auto* item = call.at("registry").find('/') == std::string::npos ? view.registries.find(key) : nullptr;
  if (!item) return absent("login of registry", call.at("registry").substr(0, 100), "kontena client registry ls");
  Change change{.reply = {200, "{}"}, .resource = key};
  change.commit.unchanged = {unchanged(store::registries, *item)};
  change.commit.deletes = {store::registries.key(key), sealed_secrets.key(secret_tail(scope, item->value.digest))};
  return change;
}

// For an image of an instance of this node's own, of its project's login, else of its grid's.
Result<http::Response> get_node_registry(Context& context, const View& view, const Call& call, http::Upload*) {
  const std::string image = call.ask("image");
  const std::string* key = view->by_node.get(call.who.grid + '/' + call.who.id + '/' + call.at("instance"));
  const model::Instance* instance = key ? view->instances.get(*key) : nullptr;
  const auto* made_of =
      instance ? view->revisions.get(model::revision_key(instance->service_path(), instance->instance_revision)) : nullptr;
  const auto is_mounted = [&](const model::Mount& mount) {
    return mount.kind == model::MountKind::image && mount.source == image;
  };
  const bool its = made_of && (made_of->spec.image == image || std::ranges::any_of(made_of->spec.mounts, is_mounted) ||
                               std::ranges::any_of(made_of->spec.pre_start, [&](const auto& hook) { return hook.image == image; }));
  if (!its || image.empty()) return absent("image", image.substr(0, 200), "");
  const std::string registry = registry_of(image);
  for (const std::string& scope : {instance->grid + '/' + instance->project, instance->grid + '/'}) {
    const auto* login = view->registries.get(scope + '/' + registry);
    if (!login) continue;
    KTN_TRY(const auto known, context.store.get(sealed_secrets.key(secret_tail(scope, login->digest))));
    if (!known) return Error{Code::corrupt, "the password for the registry '" + registry + "' is not there"};
    KTN_TRY(const SealedSecret sealed, sealed_secrets.read(*known));
    KTN_TRY(const Redacted password, context.vault.open(scope, login->digest, sealed));
    return http::Response{.body = codec::to_json(api::RegistryCredentials{registry, login->user, password.reveal()})};
  }
  return http::Response{.body = codec::to_json(api::RegistryCredentials{})};
}

}  // namespace kontena::server
