#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "kontena/api/call.h"
#include "kontena/api/endpoints.h"
#include "state.h"

namespace kontena::agent {

// The servers of this node's cluster, one of which is spoken to. Only beats find
// out that another is to be tried, so that all calls go to the same one.
class Uplink {
 public:
  explicit Uplink(std::vector<std::unique_ptr<http::Client>> servers) : servers_(std::move(servers)) {}

  http::Client& server() { return *servers_[at_ % servers_.size()]; }
  std::size_t at() const { return at_ % servers_.size(); }
  void try_next() { ++at_; }
  void reconnect() {  // what is connected, from an address that was, is dead
    for (const auto& server : servers_) server->reconnect();
  }
  void use_certificate(const std::string& certificate_pem, const Redacted& key_pem) {
    for (const auto& server : servers_) server->use_certificate(certificate_pem, key_pem);
  }

 private:
  const std::vector<std::unique_ptr<http::Client>> servers_;
  std::atomic<std::size_t> at_{0};
};

// How long to wait after so many failures in a row: never long while the server
// was heard lately, and not the same for all agents of a server that went away. Pure.
Duration reconnect_delay(int failures, bool heard_lately, std::uint64_t random);

// Waits so, or until the server is heard again, or the agent stops.
void wait_to_reconnect(const Context&, int failures);

// For all but beats: as above, and while the server is away, until a beat has found
// it again, and then a moment. To a server that has just started beats come first,
// from all agents, and what can wait comes spread over that moment.
void wait_until_heard(const Context&, int failures);

// Keeps a long poll that is answered at once with nothing, as by a server that is
// being stopped, from being asked more often than once in that time.
void pace(const Context&, Duration asked, Duration least = Duration(1'000));

}  // namespace kontena::agent
