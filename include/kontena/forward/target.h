#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "kontena/base/redacted.h"
#include "kontena/base/result.h"

namespace kontena::forward {

enum class Protocol { syslog, fluentd, otlp };

// Where logs are sent on to, besides the server.
struct Target {
  Protocol protocol = Protocol::syslog;
  bool tls = true;
  std::string host;
  int port = 0;
  std::string path;    // of otlp: "/v1/logs"; of fluentd: the tag, "kontena" unless said
  std::string ca_pem;  // the authorities trusted; "" = those of the node's host
  std::map<std::string, std::string> headers;  // of otlp, besides its own; the values are secrets
  friend bool operator==(const Target&, const Target&) = default;
};

// Reads "syslog+tcp://HOST[:601]", "syslog+tls://HOST[:6514]", "fluentd+tcp://HOST[:24224][/TAG]", "fluentd+tls://…",
// "otlp+http://HOST[:4318][/PATH]", "otlp+https://…". Code::invalid_argument says what is wrong and what it looks like.
Result<Target> parse(const std::string& url);
// Whether a target can be sent these headers, names in lower case. Code::invalid_argument has the name that is wrong, and no value.
Status check_headers(const Target&, const std::map<std::string, std::string>&);
std::string text(const Target&);  // the same, with its port and path

}  // namespace kontena::forward
