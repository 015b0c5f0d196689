#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/model/ids.h"
#include "kontena/model/service.h"

namespace kontena::model {

struct Grid {
  std::string name;
  std::int64_t created_ms = 0;
  std::int64_t lost_after_ms = 0;  // a node silent for so long is lost; 0 = the server's setting
  std::string pool;                // of addresses for nodes and networks; "" = overlay's default
  std::int64_t key_rotation = 0;   // counts: nodes whose mesh key is of an earlier one make another
  std::int64_t stats_interval_ms = 0;  // between two samples of what is used; 0 = every 10 s
  std::int64_t networks_made = 0;  // rewritten whenever an address range or number is given: two at once conflict
};

struct Project {
  std::string grid;
  std::string name;
  std::int64_t created_ms = 0;
};

// A node joins by one; a person or a service account asks with one that they made, or
// that a login made.
enum class TokenKind { join, access, session };

// The secret itself is never kept: only its SHA-256, hex. The text that its
// holder has is access/token.h's.
struct Token {
  TokenId id;
  TokenKind kind = TokenKind::join;
  std::string description;
  std::string secret_digest;
  std::string grid;             // of a join token: where its nodes go
  StringMap labels;             // of a join token: given to the nodes that use it
  std::int64_t uses_left = -1;  // of a join token: -1 = any number
  std::int64_t expires_ms = 0;  // 0 = never
  std::int64_t created_ms = 0;
  std::string created_by;
  std::string owner;               // of the other kinds: the user
  std::string scope;               // what it reaches of what they may; access/scope.h's text
  std::vector<std::string> verbs;  // likewise; none = all
  std::string from;                // of a session: the address of the login
  std::vector<std::string> groups;  // of a session: those that the provider said at the login
  std::int64_t used_ms = 0;        // the last time, to about a minute; 0 = never
  std::string used_from;           // and from where
};

// A line of the audit trail, which store/trail.h numbers and chains. Never a secret in it.
struct AuditRecord {
  std::int64_t at_ms = 0;
  std::string who;       // "ann (token 4be1c0ffee00)", "node web-1 (…)", "nobody"
  std::string from;      // address
  std::string verb;      // the route's audit name: "stack.deploy"
  std::string resource;  // the path of what it is about
  std::string outcome;   // "ok", or the error's code
  std::string request;   // id, also in the answer's X-Request-Id
  std::string user;      // the name alone, of a user or a node; "" = nobody, or before there were users
  std::string token;     // id of what they showed
  std::string place;     // GRID/PROJECT/STACK, as far as it goes: whose trail it is in; "" = the server's
  std::string record;    // key of what it is about: "stacks/default/default/shop"
  std::string before;    // SHA-256 of that record, hex; "" = it was not there
  std::string after;     // likewise; "" = it is gone
  std::int64_t count = 1;    // so many alike, counted together, until `last_ms`
  std::int64_t last_ms = 0;  // 0 = one
};

// What the server has signed of the trail: up to `number` it was so.
struct Checkpoint {
  std::int64_t number = 0;
  std::string hash;       // of that record
  std::int64_t at_ms = 0;
  std::string signature;  // base64
};

}  // namespace kontena::model
