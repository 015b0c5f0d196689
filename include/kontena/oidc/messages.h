#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kontena/base/clock.h"
#include "kontena/base/redacted.h"
#include "kontena/base/result.h"
#include "kontena/http/message.h"

// What is said to a provider, and what it answers: OpenID Connect Discovery 1.0 and the device
// authorization grant of RFC 8628. Pure; all of an answer is bounded, and what is shown to people is printable.
namespace kontena::oidc {

struct Url {
  std::string origin;  // "https://login.example:8443"
  std::string path;    // "/token", percent-encoded as it came
  http::Query query;
};
// https only, without user, password or fragment.
Result<Url> parse_url(std::string_view);

// What a provider says of itself at ISSUER/.well-known/openid-configuration.
struct Metadata {
  std::string issuer;
  Url device;  // device_authorization_endpoint
  Url token;
  Url keys;              // jwks_uri
  std::string userinfo;  // "" = it has none
  bool basic = true;     // the client shows its secret by HTTP's Basic; else in the body
};
// Code::failed_precondition where it says that it is another issuer, or does not do what is needed here.
Result<Metadata> read_metadata(std::string_view json, std::string_view issuer);
Result<Url> metadata_url(std::string_view issuer);

struct Client {
  std::string id;
  Redacted secret;  // "" = a public client
};

http::Request ask_device(const Metadata&, const Client&, const std::string& scope, const std::string& nonce);

struct Device {  // a login that has begun
  Redacted code;
  std::string user_code;
  std::string url;       // where people type it
  std::string full_url;  // with the code in it; "" = none
  Duration interval{5'000};
  Duration lifetime{};
};
inline constexpr Duration longest_login{900'000};
Result<Device> read_device(const http::Response&);

http::Request ask_token(const Metadata&, const Client&, const Redacted& device_code);

struct TokenAnswer {
  enum class State { done, pending, slower } state = State::done;
  Redacted id_token;
  Redacted access_token;
};
// Code::expired where the code is none any more, Code::unauthenticated where it was denied.
Result<TokenAnswer> read_token(const http::Response&);

http::Request ask_userinfo(const Url&, const Redacted& access_token);

}  // namespace kontena::oidc
