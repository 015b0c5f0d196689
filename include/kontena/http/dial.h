#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"

namespace kontena::http {

struct DialOptions {
  std::string host;    // a name or an address; IPv6 without brackets
  int port = 0;
  bool tls = false;    // 1.2 or newer; the certificate must be for `host`
  std::string ca_pem;  // the authorities trusted with tls, by value
  Duration connect_timeout{5'000};
};

// A TCP connection, with or without TLS, for protocols that are not HTTP. Used by one thread at a time.
//
// What fails is Code::unavailable (cannot connect, broken off, closed by the other side), Code::unauthenticated (TLS, as
// http::Client) or Code::deadline_exceeded. After a failure the connection is of no more use.
class Wire {
 public:
  virtual ~Wire() = default;

  // All of the bytes, to the kernel here.
  virtual Status write(std::string_view bytes, Duration timeout) = 0;

  // At least one byte, at most so many.
  virtual Result<std::string> read(std::size_t most, Duration timeout) = 0;

  // Done once the other side's kernel has acknowledged all that was written: it is then not lost with this host or
  // the way. For protocols without acknowledgements of their own.
  virtual Status settle(Duration timeout) = 0;
};

Result<std::unique_ptr<Wire>> dial(const DialOptions&);

}  // namespace kontena::http
