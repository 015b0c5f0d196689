#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "kontena/http/message.h"

namespace kontena::http {

struct HeadLimits {
  std::size_t bytes = 16u << 10;
  std::size_t headers = 64;
  std::size_t path = 2u << 10;  // with its query
};

// The head of a request: all but its body.
struct Head {
  Request request;  // without body, peer and upload
  bool keep_alive = true;
  bool chunked = false;
  std::uint64_t length = 0;  // of the body, unless chunked
  bool expects_continue = false;
  bool old = false;  // HTTP/1.0

  bool has_body() const { return chunked || length > 0; }
};

// Why a head is not accepted, and with what status.
struct Refusal {
  int status;
  Error error;
};

// Reads a head up to and including its empty line, strictly: two readings of one
// request are how requests are smuggled past a proxy, so what is not plainly
// right is refused.
std::variant<Head, Refusal> parse_head(std::string_view text, const HeadLimits&);

}  // namespace kontena::http
