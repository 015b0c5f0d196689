#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kontena/base/redacted.h"
#include "kontena/base/result.h"

// Who this node is: what the join gave it, in STATE/identity/. node.json is
// written last, so that an identity without it is none, and a join that broke off
// is done again.
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

// Holds the state folder for this process; given back at its end, however it ends.
class StateLock {
 public:
  // Makes the folder where missing. Code::conflict if another agent has it.
  static Result<StateLock> take(const std::string& state_dir);
  StateLock(StateLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  StateLock& operator=(StateLock&&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace kontena::agent
