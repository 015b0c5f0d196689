#pragma once

#include <functional>
#include <string>

#include "identity.h"
#include "kontena/pki/authority.h"
#include "uplink.h"

namespace kontena::agent {

// The node's certificate, and how the next one is asked for and kept.
struct Papers {
  std::string certificate_pem;
  std::function<Result<pki::Request>()> request;  // with a key that is kept already
  std::function<Status(const std::string& certificate_pem, const Redacted& key_pem)> keep;
};

Papers papers_in(const std::string& state_dir, const Identity&);

// Keeps the node's certificate fresh: after two thirds of its life, and a little that
// is not the same for all nodes, or once the server says that it has expired.
class Renew {
 public:
  Renew(const Context&, Uplink&, Papers);
  void step();  // waits until it is due, and tries once

 private:
  Time due(Duration lifetime) const;
  Status try_once();

  const Context& context_;
  Uplink& uplink_;
  Papers papers_;
  const double jitter_;  // 0 to 1
  int failures_ = 0;
};

}  // namespace kontena::agent
