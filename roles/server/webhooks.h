#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kontena/alerts/alerts.h"
#include "kontena/api/alerts.h"
#include "kontena/base/synced.h"
#include "kontena/http/client.h"
#include "kontena/store/store.h"
#include "vault.h"

namespace kontena::server {

// Sends notices to where people want them: https only, to the URL that who administers the place gave, each bounded in
// time and size. Nobody is shown what it answers but the status. What went wrong last is in memory only. Safe from any
// thread.
class Webhooks {
 public:
  using Connect = std::function<std::unique_ptr<http::Client>(http::ClientOptions)>;
  using Authorities = std::function<Result<std::string>()>;  // of the server's host
  Webhooks(const Clock& clock, Connect connect, Authorities authorities)
      : clock_(clock), connect_(std::move(connect)), authorities_(std::move(authorities)) {}
  explicit Webhooks(const Clock&);

  // `key` is the webhook's in the store. Done: it has taken the notice.
  Status send(store::Store&, const Vault&, const std::string& key, const model::Webhook&, const api::Notice&);

  // Why the last notice was not taken; "" = it was, or there was none.
  std::string trouble(const std::string& key) const;
  // Not before then is it tried again, by the steady clock: 5 s after a failure, and twice as long after each, to 10 min.
  bool resting(const std::string& key) const;

 private:
  struct Trouble {
    std::string why;
    std::int64_t failures = 0;
    Duration until{};
  };
  Status deliver(store::Store&, const Vault&, const model::Webhook&, const api::Notice&) const;

  const Clock& clock_;
  const Connect connect_;
  const Authorities authorities_;
  mutable Synced<std::map<std::string, Trouble>> troubles_;
};

// What is sealed of a webhook, under the scope of its place ("GRID/PROJECT", "GRID/") and this name.
struct WebhookSecret {
  std::string url;
  std::string key;
};
std::string sealed_webhook(const std::string& name);
std::string webhook_scope(const model::Webhook&);
Redacted webhook_secret(const WebhookSecret&);

// The rules, what they have found, and the webhooks, of a view.
alerts::Book alert_book(const model::ClusterView&);

api::Notice notice_of(const alerts::Book&, const alerts::Notice&, std::string id, Time now);

}  // namespace kontena::server
