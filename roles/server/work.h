#pragma once

#include "controllers/alert_keeper.h"
#include "controllers/audit_keeper.h"
#include "controllers/event_keeper.h"
#include "controllers/deployments.h"
#include "controllers/unused_blobs.h"
#include "dispatch.h"
#include "forward_troubles.h"
#include "log_keeper.h"
#include "use.h"

namespace kontena::server {

// A server at work but for its sockets: the parts, and their loops. What they are
// made with outlives them.
class Work {
 public:
  struct Needs {
    const Clock& clock;
    IdSource& ids;
    store::Store& store;
    const pki::Authority& authority;
    const Vault& vault;
    Duration lost_after{3'000};
    std::string data_dir = {};  // these: see Context
    Duration certificate_lifetime = std::chrono::hours(24 * 90);
    Restores restores = {};
    std::size_t keep_revisions = 10;
    std::int64_t largest_blob = 64 << 20;
    std::int64_t largest_image_part = std::int64_t{8} << 30;
    Duration audit_kept{};  // 0 = for ever
    LogKeeper::Settings logs = {};
    std::uint64_t stats_bytes = std::uint64_t{4} << 30;  // of files
  };
  explicit Work(const Needs&);

  Status start();  // reads the store, then starts the loops
  Dispatch& dispatch() { return dispatch_; }
  Context& context() { return context_; }
  std::vector<std::string> stuck() const;  // the loops that do not get on
  // What waits answers first, then the loops end; new requests are to be kept away.
  // `between` is done when nothing waits any more: the sockets are closed.
  void stop(const std::function<void()>& between);

 private:
  Views views_;
  Liveness liveness_;
  LogHub logs_;
  ForwardTroubles forward_troubles_;
  LogKeeper log_keeper_;
  Use use_;
  AskHub asks_;
  BuildHub builds_;
  ChannelHub channels_;
  Reports reports_;
  blobs::Blobs blobs_;
  Refusals refusals_;
  Logins logins_;
  TokenUse uses_;
  Sso sso_;
  Webhooks webhooks_;
  Context context_;
  Dispatch dispatch_;
  Deployments deployments_;
  UnusedBlobs unused_blobs_;
  AuditKeeper audit_;
  AlertKeeper alerts_;
  EventKeeper events_;
};

}  // namespace kontena::server
