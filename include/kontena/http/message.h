#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "kontena/base/result.h"

namespace kontena::http {

enum class Method { get, head, put, post, del };
std::string_view name(Method);  // "GET"

using Headers = std::map<std::string, std::string, std::less<>>;  // names in lower case
using Query = std::map<std::string, std::string, std::less<>>;    // decoded; the last of equal names wins

// Whom the server has at the other end.
struct Peer {
  std::string address;      // "10.0.0.7", without port
  std::string fingerprint;  // SHA-256 of its certificate, hex; "" if it has shown none of our CA
  std::string common_name;  // of that certificate
  // From when to when it is, by what it says; 0 without one. It may have expired, at
  // the handshake or since: who lets such a peer do anything has to look.
  std::int64_t not_before_ms = 0;
  std::int64_t not_after_ms = 0;
};

// The body of a request as it comes in. Valid during the handler only.
class Upload {
 public:
  virtual ~Upload() = default;
  // Calls sink(bytes) for each piece until the end (Done), until sink returns false
  // (Done), or until the sender has gone or was silent too long (an error).
  virtual Status read(const std::function<bool(std::string_view)>& sink) = 0;
};

struct Request {
  Method method = Method::get;
  std::string path = "/";  // percent-encoded as it came
  Query query;
  Headers headers;
  std::string body;
  Peer peer;                 // set by the server
  Upload* upload = nullptr;  // set by the server where the route streams its body

  std::string header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

// The body of an answer as it goes out.
class Writer {
 public:
  virtual ~Writer() = default;
  // False once the reader has gone or the server is stopping: write no more then.
  // An empty piece writes nothing and only asks.
  virtual bool write(std::string_view bytes) = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;
  std::string body;
  // Where set, called once, after the head was sent, to write a body of unknown
  // length (chunked); on the server's thread for this connection. Not called for a
  // HEAD, nor where the head could not be sent.
  std::function<void(Writer&)> stream;
};

std::string percent_encode(std::string_view);  // RFC 3986, all but unreserved characters
Result<std::string> percent_decode(std::string_view);
std::string query_text(const Query&);          // "?a=b&c=d", or ""
Result<Query> parse_query(std::string_view);   // what follows the '?'; '+' is a blank, as forms write it

// The answer to what failed: the status of the Code and the body that clients
// read, {"error":{"code":…,"message":…,"hint":…}}.
Response error_response(const Error&);
Response error_response(int status, const Error&);  // where HTTP has a finer status than the Code

}  // namespace kontena::http
