#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kontena/base/file_lock.h"
#include "kontena/base/redacted.h"
#include "kontena/base/result.h"
#include "kontena/pki/authority.h"

// Who this node is: what the join gave it, in STATE/identity/. node.json is
// written last, so that an identity without it is none, and a join that broke off
// is done again, with the key that it had (next.key).
namespace kontena::agent {

struct Identity {
  std::string node;  // id
  std::string grid;
  std::string name;
  std::vector<std::string> servers;  // "host:port", as given at the join
  std::string ca_pem;
  std::string certificate_pem;
  Redacted key_pem;
};

// None where the node has not joined. Code::corrupt where parts are missing or
// do not belong together.
Result<std::optional<Identity>> load_identity(const std::string& state_dir);
Status save_identity(const std::string& state_dir, const Identity&);
// And all else that the node was told and remembers: the folder is as new.
Status forget_identity(const std::string& state_dir);

// A request for a certificate, with a key that is on disk when this returns: until
// keep_certificate() it is the same each time.
Result<pki::Request> next_request(const std::string& state_dir, const std::string& common_name);

// In place of the present certificate and key, both at once: node.pem has the two.
Status keep_certificate(const std::string& state_dir, const std::string& certificate_pem, const Redacted& key_pem);

// Holds the state folder for this process; given back at its end, however it ends.
class StateLock {
 public:
  // Makes the folder where missing. Code::conflict if another agent has it.
  static Result<StateLock> take(const std::string& state_dir);

 private:
  explicit StateLock(files::Lock lock) : lock_(std::move(lock)) {}
  files::Lock lock_;
};

}  // namespace kontena::agent
