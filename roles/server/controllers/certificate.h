#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/loop.h"
#include "kontena/pki/authority.h"

namespace kontena::server {

// Keeps the server's own certificate fresh: at two thirds of its life the authority
// makes another one, which is kept on disk and shown from then on.
class OwnCertificate {
 public:
  struct Needs {
    const Clock& clock;
    const pki::Authority& authority;
    std::string data_dir;
    std::function<std::vector<std::string>()> names;
    Duration lifetime;
    std::function<Status(const pki::KeyPair&)> show;
  };
  OwnCertificate(Needs, const pki::KeyPair& present);

  void start() { loop_.start(); }
  void stop() { loop_.stop(); }
  void tick() { loop_.tick(); }

 private:
  void step();
  void note(const pki::KeyPair&);

  const Needs needs_;
  Time begins_{};  // of the present one
  Time due_{};
  Loop loop_;
};

}  // namespace kontena::server
