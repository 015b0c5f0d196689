#include "../blob_refs.h"
#include "../vault.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/message_fields.h"

namespace kontena::server {
namespace {

constexpr std::int64_t given_again_ms = 600'000;  // after which its time is written anew

}  // namespace

// The body is the secret, whatever bytes. The answer names it; a deploy may then.
Result<Change> put_secret(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  const std::string scope = call.at("grid") + '/' + call.at("project");
  const Redacted text(call.body);
  const std::string digest = context.vault.digest(scope, text), tail = secret_tail(scope, digest);
  Change change{.reply = json(api::SecretAnswer{digest}), .resource = scope};
  KTN_TRY(const auto known, context.store.get(sealed_secrets.key(tail)));
  if (known) {
    const auto secret = sealed_secrets.read(*known);
    if (secret && to_ms(call.now) - secret->put_ms < given_again_ms && context.vault.open(scope, digest, *secret))
      return change;
  }
  change.commit.unchanged = {{sealed_secrets.key(tail), known ? known->revision : 0}};
  change.commit.puts = {
      sealed_secrets.put(tail, {context.vault.seal(scope, digest, text, context.ids), to_ms(call.now)})};
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

}  // namespace kontena::server
