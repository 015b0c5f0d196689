#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>


// Who may use the cluster, and for what. The rules are access/'s.
namespace kontena::model {

// A person's account, or a service account: one that only tokens log in to. Both share
// one space of names.
struct User {
  std::string name;  // a label: what people type
  bool service = false;
  std::string full_name;
  std::string password;  // crypto/password.h's text; "" = no login by password
  std::string outside;   // ISSUER|SUBJECT of the provider that logs them in; "" = none
  std::vector<std::string> groups;  // given here; a session may have more (Token::groups)
  bool disabled = false;
  std::string invite_digest;  // SHA-256 of the code that sets the first password, hex; "" = none
  std::int64_t invite_expires_ms = 0;
  std::int64_t created_ms = 0;
  std::string created_by;
  std::int64_t password_ms = 0;  // when it was set last; sessions from before are over
};

// Where people are known who have no password here: an OpenID Connect provider.
struct Provider {
  std::string issuer;  // its URL, as it says it itself
  std::string client_id;
  std::string secret;  // keyed digest of the client's, which is sealed; "" = it has none
  std::string user_claim;
  std::string groups_claim;
  std::vector<std::string> scopes;
  std::string authorities;         // PEM: whose certificates are trusted for it; "" = those that this host trusts
  std::int64_t session_ms = 0;     // how long its sessions are at most
  std::int64_t updated_ms = 0;
  std::string updated_by;
};

// Verbs under one name, made by people; the built-in ones are a table of access/.
struct Role {
  std::string name;
  std::string description;
  std::vector<std::string> verbs;
  std::int64_t created_ms = 0;
  std::string created_by;
};

enum class SubjectKind { user, group };

// Who has which role where: the three are its identity, and its key. The scope is
// access/scope.h's text: "" the server, "GRID", "GRID/PROJECT" or "GRID/PROJECT/PATTERN".
struct Binding {
  SubjectKind kind = SubjectKind::user;
  std::string subject;
  std::string scope;
  std::string role;
  std::int64_t created_ms = 0;
  std::string created_by;
};

// What a grid, or one of its projects, says of what its stacks may have (access/policy.h has the
// names). What is absent is not said here.
struct Policy {
  std::map<std::string, bool> allow;                     // by switch
  std::optional<std::vector<std::string>> registries;    // only images of these
  std::map<std::string, std::int64_t> quotas;            // bytes, nano CPUs, or a count
  std::int64_t updated_ms = 0;
  std::string updated_by;
};

// KIND/SUBJECT/SCOPE#ROLE, KIND/SUBJECT/#ROLE of the whole server: all of one subject lie
// together, and those at one scope within them.
std::string binding_key(const Binding&);

}  // namespace kontena::model
