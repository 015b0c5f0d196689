#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kontena/codec/json.h"

// Logging in by an OpenID Connect provider.
namespace kontena::api {

struct SsoSummary {  // GET sso
  std::string issuer;
  std::string client_id;
  bool secret = false;  // the client has one, which nobody is shown
  std::string user_claim;
  std::string groups_claim;
  std::vector<std::string> scopes;
  std::string
      authority;  // common name of the certificate that is trusted for it; "" = those that the server's host trusts
  std::int64_t session_ms = 0;
  std::int64_t accounts = 0;  // that its people have here
  std::int64_t updated_ms = 0;
  std::string updated_by;
};

struct SsoRequest {  // PUT sso ?unchecked=true where the provider is not to be asked first
  std::string issuer;
  std::string client_id;
  // Absent: as it is for this issuer and client, else the usual.
  std::optional<std::string> secret;  // "" = none
  std::optional<std::string> user_claim;
  std::optional<std::string> groups_claim;
  std::optional<std::vector<std::string>> scopes;
  std::optional<std::string> authorities;  // PEM; "" = those that the server's host trusts
  std::optional<std::int64_t> session_ms;
};

struct SsoBegun {     // POST login/sso
  std::string login;  // a secret: whoever has it gets the session
  std::string user_code;
  std::string url;               // where people type it
  std::string full_url;          // with the code in it; may be ""
  std::int64_t wait_ms = 0;      // before it is asked for
  std::int64_t lifetime_ms = 0;  // of the code
};

struct SsoWait {  // POST login/sso/wait
  std::string login;
  std::string client;  // what is logged in: "laptop"
  bool cancel = false;
};
struct SsoState {
  std::string state;         // "pending", "cancelled", "done"
  std::int64_t wait_ms = 0;  // pending: before asking again
  std::string user;          // done: these
  std::string token;
  std::int64_t expires_ms = 0;
  std::vector<std::string> groups;
};

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::SsoSummary> {
  static void visit(auto& v, auto& s) {
    v("issuer", s.issuer);
    v("client_id", s.client_id);
    v("secret", s.secret);
    v("user_claim", s.user_claim);
    v("groups_claim", s.groups_claim);
    v("scopes", s.scopes);
    v("authority", s.authority);
    v("session_ms", s.session_ms);
    v("accounts", s.accounts);
    v("updated_ms", s.updated_ms);
    v("updated_by", s.updated_by);
  }
};
template <>
struct Fields<api::SsoRequest> {
  static void visit(auto& v, auto& s) {
    v("issuer", s.issuer);
    v("client_id", s.client_id);
    v("secret", s.secret);
    v("user_claim", s.user_claim);
    v("groups_claim", s.groups_claim);
    v("scopes", s.scopes);
    v("authorities", s.authorities);
    v("session_ms", s.session_ms);
  }
};
template <>
struct Fields<api::SsoBegun> {
  static void visit(auto& v, auto& s) {
    v("login", s.login);
    v("user_code", s.user_code);
    v("url", s.url);
    v("full_url", s.full_url);
    v("wait_ms", s.wait_ms);
    v("lifetime_ms", s.lifetime_ms);
  }
};
template <>
struct Fields<api::SsoWait> {
  static void visit(auto& v, auto& s) {
    v("login", s.login);
    v("client", s.client);
    v("cancel", s.cancel);
  }
};
template <>
struct Fields<api::SsoState> {
  static void visit(auto& v, auto& s) {
    v("state", s.state);
    v("wait_ms", s.wait_ms);
    v("user", s.user);
    v("token", s.token);
    v("expires_ms", s.expires_ms);
    v("groups", s.groups);
  }
};

}  // namespace kontena::codec
