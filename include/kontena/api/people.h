#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kontena/codec/fields.h"
#include "kontena/model/people.h"

// Accounts, and who may what.
namespace kontena::api {

struct LoginRequest {  // POST login
  std::string user;
  std::string password;
  std::string client;  // what is logged in: "laptop"; for the list of sessions
};
struct InviteRequest {  // POST invite: sets the first password, or another, and logs in
  std::string user;
  std::string code;
  std::string password;
  std::string client;
};
struct LoginAnswer {
  std::string user;
  std::string token;  // of the session
  std::int64_t expires_ms = 0;
};
struct PasswordChange {  // POST password; ends all one's other sessions
  std::string old_password;
  std::string password;
};

struct Given {  // a role that somebody has
  std::string role;
  std::string scope;  // as people read it: "/eu/shop"
  std::string group;  // by which; "" = to themselves
};
struct Whoami {  // GET whoami
  std::string kind;  // "user", "node", "nobody"
  std::string id;    // the token's, or the node's
  std::string name;
  std::string grid;  // of a node
  bool session = false;
  std::string scope;  // what the token reaches
  std::vector<std::string> verbs;  // and lets do; none = all that they may
  std::int64_t expires_ms = 0;
  std::vector<Given> roles;
};

struct UserSummary {
  std::string name;
  std::string full_name;
  bool service = false;
  std::string state;  // "active", "invited", "disabled", "new": neither password nor token yet
  bool sso = false;  // logs in at the provider
  std::vector<std::string> groups;
  std::vector<std::string> session_groups;  // besides, for as long as a session lasts: as the provider said
  std::vector<Given> roles;
  std::int64_t tokens = 0;
  std::int64_t sessions = 0;
  std::int64_t invite_expires_ms = 0;
  std::int64_t created_ms = 0;
  std::string created_by;
};
struct UserList { std::vector<UserSummary> users; };
struct UserRequest {  // PUT user
  bool service = false;
  std::string full_name;
  std::vector<std::string> groups;
};
struct UserChange {  // POST user; what is absent stays
  std::optional<std::string> full_name;
  std::optional<bool> disabled;
  std::vector<std::string> join;   // groups
  std::vector<std::string> leave;
};
struct InviteAnswer {  // POST user/invite
  std::string user;
  std::string code;  // shown this once
  std::int64_t expires_ms = 0;
};

struct RoleSummary {
  std::string name;
  std::string description;
  std::vector<std::string> verbs;
  bool built_in = false;
};
struct RoleList { std::vector<RoleSummary> roles; };
struct RoleRequest {  // PUT role
  std::string description;
  std::vector<std::string> verbs;
};

struct BindingSummary {
  std::string kind;  // "user", "group"
  std::string subject;
  std::string role;
  std::string scope;  // as people read it
  std::int64_t created_ms = 0;
  std::string created_by;
};
struct BindingList { std::vector<BindingSummary> bindings; };  // GET bindings ?user= &group= &scope=

struct CanI {  // GET can-i ?verb= &at= &user=
  std::string user;
  std::string verb;
  std::string scope;
  bool allowed = false;
  std::string binding;  // "ann deployer /eu/shop"
  std::string missing;
  std::vector<std::string> verbs;  // all that they may there; where no verb was asked about
};

}  // namespace kontena::api

namespace kontena::codec {

#define KTN_FIELDS(type, ...)                                \
  template <>                                                \
  struct Fields<type> {                                      \
    static void visit(auto& v, auto& s) { __VA_ARGS__ }      \
  }

KTN_FIELDS(api::LoginRequest, v("user", s.user); v("password", s.password); v("client", s.client););
KTN_FIELDS(api::InviteRequest, v("user", s.user); v("code", s.code); v("password", s.password); v("client", s.client););
KTN_FIELDS(api::LoginAnswer, v("user", s.user); v("token", s.token); v("expires_ms", s.expires_ms););
KTN_FIELDS(api::PasswordChange, v("old_password", s.old_password); v("password", s.password););
KTN_FIELDS(api::Given, v("role", s.role); v("scope", s.scope); v("group", s.group););
KTN_FIELDS(api::Whoami, v("kind", s.kind); v("id", s.id); v("name", s.name); v("grid", s.grid); v("session", s.session);
           v("scope", s.scope); v("verbs", s.verbs); v("expires_ms", s.expires_ms); v("roles", s.roles););
KTN_FIELDS(api::UserSummary, v("name", s.name); v("full_name", s.full_name); v("service", s.service); v("state", s.state); v("sso", s.sso);
           v("groups", s.groups); v("session_groups", s.session_groups); v("roles", s.roles); v("tokens", s.tokens); v("sessions", s.sessions);
           v("invite_expires_ms", s.invite_expires_ms); v("created_ms", s.created_ms); v("created_by", s.created_by););
KTN_FIELDS(api::UserList, v("users", s.users););
KTN_FIELDS(api::UserRequest, v("service", s.service); v("full_name", s.full_name); v("groups", s.groups););
KTN_FIELDS(api::UserChange, v("full_name", s.full_name); v("disabled", s.disabled); v("join", s.join); v("leave", s.leave););
KTN_FIELDS(api::InviteAnswer, v("user", s.user); v("code", s.code); v("expires_ms", s.expires_ms););
KTN_FIELDS(api::RoleSummary, v("name", s.name); v("description", s.description); v("verbs", s.verbs); v("built_in", s.built_in););
KTN_FIELDS(api::RoleList, v("roles", s.roles););
KTN_FIELDS(api::RoleRequest, v("description", s.description); v("verbs", s.verbs););
KTN_FIELDS(api::BindingSummary, v("kind", s.kind); v("subject", s.subject); v("role", s.role); v("scope", s.scope);
           v("created_ms", s.created_ms); v("created_by", s.created_by););
KTN_FIELDS(api::BindingList, v("bindings", s.bindings););
KTN_FIELDS(api::CanI, v("user", s.user); v("verb", s.verb); v("scope", s.scope); v("allowed", s.allowed);
           v("binding", s.binding); v("missing", s.missing); v("verbs", s.verbs););

#undef KTN_FIELDS

}  // namespace kontena::codec
