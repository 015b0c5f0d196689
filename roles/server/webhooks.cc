#include "webhooks.h"

#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/codec/json.h"
#include "kontena/crypto/seal.h"
#include "kontena/oidc/messages.h"
#include "kontena/pki/host_authorities.h"

namespace kontena::server {
namespace {

constexpr Duration patience{5'000}, first_rest{5'000}, longest_rest{600'000};
constexpr std::size_t largest_answer = 64u << 10;

std::string signed_by(const std::string& key, const std::string& body, Time now) {
  const std::string seconds = std::to_string(to_ms(now) / 1'000);
  return "t=" + seconds + ",v1=" + text::hex(crypto::hmac_sha256(key, seconds + '.' + body));
}

std::string look_further(const model::AlertRule* rule, const model::AlertState& state) {
  const std::string place = state.project.empty() || state.project == "default" ? "" : " --project " + state.project;
  if (!rule) return {};
  if (state.project.empty()) return "kontena client why " + state.subject;
  switch (rule->kind) {
    case model::AlertKind::log: return "kontena client logs" + place + ' ' + state.subject;
    case model::AlertKind::deploy_failed: return "kontena client deployment show" + place + ' ' + state.subject;
    default: return "kontena client service show" + place + ' ' + state.subject;
  }
}

}  // namespace

Webhooks::Webhooks(const Clock& clock)
    : Webhooks(clock, http::connect, [] { return pki::host_authorities("kontena client webhook create --ca-file FILE"); }) {}

Status Webhooks::send(store::Store& store, const Vault& vault, const std::string& key, const model::Webhook& webhook,
                      const api::Notice& notice) {
  const Status done = deliver(store, vault, webhook, notice);
  const Duration now = clock_.steady();
  troubles_.with([&](auto& troubles) {
    if (done) {
      troubles.erase(key);
      return;
    }
    Trouble& trouble = troubles[key];
    trouble.why = done.error().message;
    const Duration rest = std::min(longest_rest, first_rest * (std::int64_t{1} << std::min<std::int64_t>(trouble.failures++, 10)));
    trouble.until = now + rest;
  });
  if (!done) log::warn("a webhook did not take a notice", {{"webhook", key}, {"reason", done.error().message}});
  return done;
}

Status Webhooks::deliver(store::Store& store, const Vault& vault, const model::Webhook& webhook, const api::Notice& notice) const {
  const std::string scope = webhook_scope(webhook);
  KTN_TRY(const auto known, store.get(sealed_secrets.key(secret_tail(scope, webhook.digest))));
  if (!known) return Error{Code::corrupt, "what is sealed of the webhook '" + webhook.name + "' is not there"};
  KTN_TRY(const SealedSecret sealed, sealed_secrets.read(*known));
  KTN_TRY(const Redacted secret, vault.open(scope, webhook.digest, sealed));
  const std::string& text = secret.reveal();
  const auto end = text.find('\n');
  if (end == std::string::npos) return Error{Code::corrupt, "what is sealed of the webhook '" + webhook.name + "' is no key and URL"};
  KTN_TRY(const oidc::Url url, oidc::parse_url(text.substr(end + 1)));
  std::string authorities = webhook.ca_pem;
  if (authorities.empty()) {
    KTN_TRY(authorities, authorities_());
  }
  const auto client = connect_({.url = url.origin, .ca_pem = std::move(authorities), .user_agent = "kontena-server/" KONTENA_VERSION,
                                .connect_timeout = patience, .largest_body = largest_answer});
  http::Request request{.method = http::Method::post, .path = url.path.empty() ? "/" : url.path, .query = url.query};
  request.body = codec::to_json(notice);
  request.headers[std::string(api::signature_header)] = signed_by(text.substr(0, end), request.body, from_ms(notice.sent_ms));
  const auto response = client->send(request, patience);
  // The URL may have a token in it: no message has more of it than the host.
  if (!response) return response.error();
  if (response->status / 100 != 2)
    return Error{Code::unavailable, webhook.host + " answered with status " + std::to_string(response->status)};
  return Done{};
}

std::string Webhooks::trouble(const std::string& key) const {
  return troubles_.with([&](const auto& troubles) {
    const auto found = troubles.find(key);
    return found == troubles.end() ? std::string() : found->second.why;
  });
}

bool Webhooks::resting(const std::string& key) const {
  const Duration now = clock_.steady();
  return troubles_.with([&](const auto& troubles) {
    const auto found = troubles.find(key);
    return found != troubles.end() && found->second.until > now;
  });
}

std::string sealed_webhook(const std::string& name) { return "webhook " + name; }
std::string webhook_scope(const model::Webhook& webhook) { return webhook.grid + '/' + webhook.project; }
Redacted webhook_secret(const WebhookSecret& secret) { return Redacted(secret.key + '\n' + secret.url); }

alerts::Book alert_book(const model::ClusterView& view) {
  alerts::Book book;
  view.alert_rules.each("", [&](const auto& item) { book.rules.emplace(item.key, item.value); });
  view.alert_states.each("", [&](const auto& item) { book.states.emplace(item.key, item.value); });
  view.webhooks.each("", [&](const auto& item) { book.webhooks.emplace(item.key, item.value); });
  return book;
}

api::Notice notice_of(const alerts::Book& book, const alerts::Notice& due, std::string id, Time now) {
  api::Notice notice{.id = std::move(id), .sent_ms = to_ms(now)};
  for (const model::AlertState& state : due.states) {
    notice.grid = state.grid;
    notice.project = state.project;
    const auto rule = book.rules.find(state.grid + '/' + state.project + '/' + state.rule);
    const bool over = state.resolved_ms != 0;
    notice.alerts.push_back({.alert = state.rule,
                             .when = rule == book.rules.end() ? "" : std::string(model::name(rule->second.kind)),
                             .state = over ? "resolved" : "firing",
                             .subject = state.subject,
                             .summary = state.summary,
                             .since_ms = state.since_ms,
                             .fired_ms = state.fired_ms,
                             .resolved_ms = state.resolved_ms,
                             .look = look_further(rule == book.rules.end() ? nullptr : &rule->second, state)});
    notice.text += (notice.text.empty() ? "" : "\n") + std::string(over ? "[resolved] " : "[firing] ") + state.grid +
                   (state.project.empty() ? "" : '/' + state.project) + ' ' + state.rule + ": " + state.subject + ": " + state.summary;
  }
  return notice;
}

}  // namespace kontena::server
