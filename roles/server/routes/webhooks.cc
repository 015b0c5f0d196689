#include "../webhooks.h"

#include <algorithm>

#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/base/text.h"
#include "kontena/oidc/messages.h"
#include "kontena/pki/authority.h"

namespace kontena::server {
namespace {

constexpr std::size_t most_webhooks = 20;  // of a place
constexpr std::size_t longest_url = 2'000, largest_authorities = 256u << 10;

std::string scope_of(const Call& call) {
  const auto project = call.path.find("project");
  return call.at("grid") + '/' + (project == call.path.end() ? "" : project->second);
}

Status need_place(const ClusterView& view, const Call& call) {
  return call.path.contains("project") ? need_project(view, call) : need_grid(view, call);
}

Result<const Ordered<model::Webhook>::Item*> find_webhook(const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  const std::string& name = call.at("webhook");
  const std::string key = scope_of(call) + '/' + name;
  KTN_OK(check_readable(view, store::webhooks.key(key)));
  const auto* item = text::is_label(name) ? view.webhooks.find(key) : nullptr;
  if (!item) return absent("webhook", name.substr(0, 100), "kontena client webhook ls");
  return item;
}

// The URL is a secret: no message has it.
Result<std::string> host_of(const std::string& url) {
  const auto parsed = url.size() <= longest_url ? oidc::parse_url(url) : Result<oidc::Url>(Error{Code::invalid_argument, ""});
  if (!parsed)
    return Error{Code::invalid_argument, "the URL is none that notices are sent to",
                 "it begins with https:// and has no user, password or fragment, and at most 2,000 characters"};
  return parsed->origin.substr(std::string_view("https://").size());
}

}  // namespace

Result<Answer> list_webhooks(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  api::WebhookList list;
  view.webhooks.each(scope_of(call) + '/', [&](const auto& item) {
    const model::Webhook& webhook = item.value;
    list.webhooks.push_back({webhook.name, webhook.host, webhook.created_ms, webhook.created_by, context.webhooks.trouble(item.key)});
  });
  return answer(list);
}

// Made, or changed: with a new key each time.
Result<Change> put_webhook(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  KTN_TRY(const auto asked, body_of<api::WebhookRequest>(call));
  const std::string name = call.at("webhook"), scope = scope_of(call), key = scope + '/' + name;
  if (!text::is_label(name))
    return Error{Code::invalid_argument, "'" + name.substr(0, 100) + "' cannot be a webhook's name",
                 "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  KTN_TRY(const std::string host, host_of(asked.url));
  if (asked.ca_pem.size() > largest_authorities) return Error{Code::invalid_argument, "the authorities' certificates are longer than 256 KiB"};
  if (!asked.ca_pem.empty()) KTN_OK(pki::read_certificate(asked.ca_pem));
  KTN_OK(check_readable(view, store::webhooks.key(key)));
  const auto* item = view.webhooks.find(key);
  std::size_t others = 0;
  view.webhooks.each(scope + '/', [&](const auto&) { ++others; });
  if (!item && others >= most_webhooks)
    return Error{Code::failed_precondition, "there are " + std::to_string(others) + " webhooks already", "kontena client webhook rm WEBHOOK"};
  const api::WebhookMade made{name, text::hex(context.ids.bytes(32))};
  KTN_TRY(const Sealing sealing,
          context.vault.seal(scope, sealed_webhook(name), webhook_secret({asked.url, made.key}), call.now, context.ids));
  KTN_TRY(const auto sealed, context.store.get(sealing.put.key));
  const auto project = call.path.find("project");
  const model::Webhook webhook{.grid = call.at("grid"),
                               .project = project == call.path.end() ? "" : project->second,
                               .name = name,
                               .host = host,
                               .ca_pem = asked.ca_pem,
                               .digest = sealing.digest,
                               .created_ms = to_ms(call.now),
                               .created_by = call.who.text()};
  Change change{.reply = json(made, item ? 200 : 201), .resource = key};
  change.commit.unchanged = {{store::webhooks.key(key), item ? item->revision : 0},
                             {sealing.put.key, sealed ? sealed->revision : 0},
                             sealing.keyring};
  // Not of a grid or project that is removed at the same time.
  if (webhook.project.empty())
    change.commit.unchanged.push_back(unchanged(store::grids, *view.grids.find(webhook.grid)));
  else
    change.commit.unchanged.push_back(unchanged(store::projects, *view.projects.find(scope)));
  change.commit.puts = {store::webhooks.put(key, webhook), sealing.put};
  if (item) change.commit.deletes = {sealed_secrets.key(secret_tail(scope, item->value.digest))};
  return change;
}

Result<Change> remove_webhook(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_webhook(view, call));
  // Whose only one it is would tell nobody.
  std::string user;
  view.alert_rules.each(scope_of(call) + '/', [&](const auto& rule) {
    if (std::ranges::find(rule.value.webhooks, item->value.name) != rule.value.webhooks.end()) user = rule.value.name;
  });
  if (!user.empty())
    return Error{Code::failed_precondition, "the alert '" + user + "' names the webhook '" + item->value.name + "'",
                 "kontena client alert rm " + user + ", or make it with another --webhook"};
  Change change{.reply = {200, "{}"}, .resource = item->key};
  change.commit.unchanged = {unchanged(store::webhooks, *item)};
  change.commit.deletes = {store::webhooks.key(item->key), sealed_secrets.key(secret_tail(scope_of(call), item->value.digest))};
  return change;
}

}  // namespace kontena::server
