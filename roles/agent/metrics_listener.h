#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/loop.h"
#include "kontena/metrics/listener.h"

namespace kontena::agent {

struct MetricsOptions {
  metrics::Where where;
  std::string certificate_file, key_file;  // "" = by an authority of our own
};

// Where this node tells Prometheus of itself. What keeps it from listening keeps no container from running: it says so in
// the log, and tries again each minute. The certificate is one of files, which are read again when they have changed;
// or by an authority that is made for nothing else, FOLDER/ca.pem, which Prometheus is to trust, for all names of the host.
class MetricsListener {
 public:
  MetricsListener(MetricsOptions, std::string folder, const Clock&, std::function<std::string()> text);
  ~MetricsListener() { stop(); }

  void start() { loop_.start(); }
  void stop();
  void tick() { loop_.tick(); }  // one look, on the caller's thread: what tests call
  int port() const { return server_ ? server_->port() : 0; }  // REQUIRES: no look is under way

 private:
  void step();
  Status look();
  Result<std::optional<pki::KeyPair>> fresh_certificate();  // none: the one that is shown is good
  Result<std::optional<pki::KeyPair>> from_files() const;
  Result<std::optional<pki::KeyPair>> from_authority();

  const MetricsOptions options_;
  const std::string folder_;
  const Clock& clock_;
  const std::function<std::string()> text_;
  std::optional<pki::Authority> authority_;
  std::string shown_;  // certificate and key
  Time renew_at_{};
  std::vector<std::string> names_;
  std::unique_ptr<http::Server> server_;
  std::string told_;  // the trouble that the log has
  Loop loop_;
};

}  // namespace kontena::agent
