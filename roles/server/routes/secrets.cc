#include "kontena/api/secrets.h"

#include <algorithm>

#include "../blob_refs.h"
#include "../secret_use.h"
#include "../unreadable.h"
#include "../vault.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/message_fields.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

constexpr std::int64_t given_again_ms = 600'000;  // after which its time is written anew
constexpr std::size_t most_secrets = 1'000;       // of a project
constexpr std::size_t kept_versions = 10;
constexpr std::size_t longest_name = 128;

std::string scope_of(const Call& call) { return call.at("grid") + '/' + call.at("project"); }
std::string key_of(const Call& call) { return scope_of(call) + '/' + call.at("secret"); }
model::ProjectPath project_of(const Call& call) { return {call.at("grid"), call.at("project")}; }
std::string sealed_name(const std::string& secret) { return "secret " + secret; }

bool is_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= longest_name && plain(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-' || c == '.'; });
}

Result<const Ordered<model::Secret>::Item*> find_secret(const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  const std::string& name = call.at("secret");
  const std::string key = key_of(call);
  KTN_OK(check_readable(view, store::named_secrets.key(key)));
  const auto* item = is_name(name) ? view.secrets.find(key) : nullptr;
  if (!item || item->value.versions.empty()) return absent("secret", name.substr(0, 100), "kontena client secret ls");
  return item;
}

// As JSON and the environment can have it.
bool is_text(const std::string& value) {
  if (value.find('\0') != std::string::npos) return false;
  const codec::Document json;
  codec::put(json.root(), value);
  const auto back = codec::Document::parse(json.dump());  // what is no UTF-8 is replaced
  std::string same;
  return back && codec::take(back->root(), same) && same == value;
}

// Of the oldest those go that nobody has.
void drop_old(model::Secret& secret, const std::set<std::string>& used) {
  for (std::size_t i = 0; secret.versions.size() > kept_versions && i + 1 < secret.versions.size();) {
    if (used.contains(secret.versions[i].digest))
      ++i;
    else
      secret.versions.erase(secret.versions.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

// The body is the secret, whatever bytes. The answer names it; a deploy may then.
Result<Change> put_secret(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  const std::string scope = scope_of(call);
  const Redacted text(call.body);
  KTN_TRY(const Sealing sealing, context.vault.seal(scope, "", text, call.now, context.ids));
  Change change{.reply = json(api::SecretAnswer{sealing.digest}), .resource = scope};
  KTN_TRY(const auto known, context.store.get(sealing.put.key));
  if (known) {
    const auto secret = sealed_secrets.read(*known);
    if (secret && to_ms(call.now) - secret->put_ms < given_again_ms && context.vault.open(scope, sealing.digest, *secret))
      return change;
  }
  change.commit.unchanged = {{sealing.put.key, known ? known->revision : 0}, sealing.keyring};
  change.commit.puts = {sealing.put};
  return change;
}

// What this node's own instances use, and nothing else.
Result<http::Response> get_node_secret(Context& context, const View& view, const Call& call, http::Upload*) {
  const std::string digest = call.at("digest");
  for (const auto& [scope, named] : named_by_node(*view, call.who.grid, call.who.id)) {
    if (!named.secrets.contains(digest)) continue;
    KTN_TRY(const auto known, context.store.get(sealed_secrets.key(secret_tail(scope, digest))));
    if (!known) continue;
    KTN_TRY(const SealedSecret secret, sealed_secrets.read(*known));
    KTN_TRY(const Redacted text, context.vault.open(scope, digest, secret));
    return http::Response{.content_type = "application/octet-stream", .body = text.reveal()};
  }
  return absent("secret", digest, "");
}

Result<Answer> list_secrets(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  api::SecretList list;
  view.secrets.each(scope_of(call) + '/', [&](const auto& item) {
    if (item.value.versions.empty()) return;
    const model::SecretVersion& newest = item.value.versions.back();
    std::set<std::string> services;
    for (const SecretUser& user : users_of(view, project_of(call), item.value.name))
      services.insert(user.stack + '/' + user.service);
    list.secrets.push_back({.name = item.value.name,
                            .version = newest.version,
                            .bytes = newest.bytes,
                            .users = static_cast<std::int64_t>(services.size()),
                            .updated_ms = newest.created_ms,
                            .updated_by = newest.created_by});
  });
  return answer(list);
}

Result<Answer> get_secret(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_secret(view, call));
  api::SecretDetail detail{.name = item->value.name};
  const std::set<std::string> used = digests_in_use(view, project_of(call));
  std::map<std::string, std::int64_t> numbers;
  for (const model::SecretVersion& each : item->value.versions) {
    numbers[each.digest] = each.version;
    detail.versions.insert(detail.versions.begin(),
                           {each.version, each.bytes, used.contains(each.digest), each.created_ms, each.created_by});
  }
  for (const SecretUser& user : users_of(view, project_of(call), item->value.name)) {
    const auto number = numbers.find(user.digest);
    detail.users.push_back({user.stack, user.service, user.as, number == numbers.end() ? 0 : number->second});
  }
  return answer(detail);
}

// The body is the value. Its users are rolled, unless ?roll=false: then they have it with their next deploy.
Result<Change> set_secret(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  const std::string name = call.at("secret"), key = key_of(call), scope = scope_of(call);
  if (!is_name(name))
    return Error{Code::invalid_argument, "'" + name.substr(0, 100) + "' is no name of a secret",
                 "letters, digits, '_', '-' and '.', at most 128, the first a letter, a digit or '_'"};
  KTN_OK(check_readable(view, store::named_secrets.key(key)));
  if (call.body.empty()) return Error{Code::invalid_argument, "the value of the secret is empty"};
  const auto* item = view.secrets.find(key);
  std::size_t others = 0;
  if (!item) view.secrets.each(scope + '/', [&](const auto&) { ++others; });
  if (others >= most_secrets)
    return Error{Code::failed_precondition, "the project has " + std::to_string(others) + " secrets already", "kontena client secret rm NAME"};
  model::Secret secret{.grid = call.at("grid"), .project = call.at("project"), .name = name};
  if (item) secret = item->value;
  const Redacted text(call.body);
  KTN_TRY(const Sealing sealing, context.vault.seal(scope, sealed_name(name), text, call.now, context.ids));
  KTN_TRY(const auto sealed, context.store.get(sealing.put.key));
  Change change{.resource = key};
  api::SecretSet told{.name = name};
  if (!secret.versions.empty() && secret.versions.back().digest == sealing.digest && sealed) {
    told.version = secret.versions.back().version;
    change.reply = json(told);
    return change;
  }
  told.version = secret.versions.empty() ? 1 : secret.versions.back().version + 1;
  told.changed = true;
  secret.versions.push_back({.version = told.version,
                             .digest = sealing.digest,
                             .bytes = static_cast<std::int64_t>(call.body.size()),
                             .text = is_text(call.body),
                             .created_ms = to_ms(call.now),
                             .created_by = call.who.text()});
  drop_old(secret, digests_in_use(view, project_of(call)));
  change.commit.unchanged = {{store::named_secrets.key(key), item ? item->revision : 0},
                             {sealing.put.key, sealed ? sealed->revision : 0},
                             sealing.keyring,
                             unchanged(store::projects, *view.projects.find(scope))};
  change.commit.puts = {store::named_secrets.put(key, secret), sealing.put};
  if (call.ask("roll") != "false")
    told.deployments = roll_users(context, view, call, project_of(call), name, sealing.digest, change.commit);
  change.reply = json(told, item ? 200 : 201);
  return change;
}

// Of one that services use nothing is removed. What old revisions have of it goes with them.
Result<Change> remove_secret(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_secret(view, call));
  std::vector<std::string> users;
  for (const SecretUser& user : users_of(view, project_of(call), item->value.name)) {
    const std::string text = user.stack + '/' + user.service + " (" + user.as + ")";
    users.push_back(text);
  }
  if (!users.empty())
    return Error{Code::failed_precondition, "secret '" + item->value.name + "' is used by " + text::join(users, ", "),
                 "deploy them without it first"};
  Change change{.reply = {200, "{}"}, .resource = item->key};
  change.commit.unchanged = {unchanged(store::named_secrets, *item)};
  change.commit.deletes = {store::named_secrets.key(item->key)};
  return change;
}

// ?version= of it, else the newest. The record of it is durable by now.
Result<http::Response> read_secret(Context& context, const View& view, const Call& call, http::Upload*) {
  KTN_TRY(const auto* item, find_secret(*view, call));
  KTN_TRY(const std::int64_t asked, number_asked(call, "version", 0));
  const auto& versions = item->value.versions;
  const auto found = asked == 0 ? std::prev(versions.end()) : std::ranges::find(versions, asked, &model::SecretVersion::version);
  if (found == versions.end())
    return absent("version", std::to_string(asked), "kontena client secret history " + item->value.name);
  const std::string scope = scope_of(call);
  KTN_TRY(const auto known, context.store.get(sealed_secrets.key(secret_tail(scope, found->digest))));
  if (!known) return Error{Code::corrupt, "the value of the secret is not there"};
  KTN_TRY(const SealedSecret sealed, sealed_secrets.read(*known));
  KTN_TRY(const Redacted text, context.vault.open(scope, found->digest, sealed));
  return http::Response{.content_type = "application/octet-stream", .body = text.reveal()};
}

}  // namespace kontena::server
