#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "kontena/base/result.h"
#include "kontena/forward/target.h"
#include "kontena/http/client.h"
#include "kontena/http/dial.h"

namespace kontena::forward {

enum class Level { output, error, note };  // stdout, stderr, and what kontena itself has to say

// One line of a container's log.
struct Record {
  std::int64_t time_ns = 0;  // since 1970
  Level level = Level::output;
  std::string text;  // any bytes
  std::string grid, project, stack, service, instance, node;
  std::int64_t slot = 0;
};

// Sends to one target over a connection that it keeps. Used by one thread at a time.
class Sender {
 public:
  virtual ~Sender() = default;

  // Done: the target has taken all of them. Syslog knows no acknowledgement: there it is the kernel of the other side
  // that has. Else none or some, and they are to be sent again, so that a line may arrive twice but never not at all;
  // but for Code::invalid_argument: the target will never take these.
  virtual Status send(std::span<const Record>) = 0;
};

// How it reaches the world; tests give their own.
struct Seams {
  std::function<Result<std::unique_ptr<http::Wire>>(const http::DialOptions&)> dial = http::dial;
  std::function<std::unique_ptr<http::Client>(http::ClientOptions)> connect = http::connect;
  std::function<Result<std::string>()> authorities;  // PEM; of the host
};

std::unique_ptr<Sender> open(const Target&, Seams);

}  // namespace kontena::forward
