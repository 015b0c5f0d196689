#pragma once

#include <cstdint>
#include <string>

#include "kontena/model/ids.h"
#include "kontena/model/service.h"

namespace kontena::model {

struct Grid {
  std::string name;
  std::int64_t created_ms = 0;
  std::int64_t lost_after_ms = 0;  // a node silent for so long is lost; 0 = the server's setting
  std::string pool;                // of addresses for nodes and networks; "" = overlay's default
  std::int64_t key_rotation = 0;   // counts: nodes whose mesh key is of an earlier one make another
  std::int64_t networks_made = 0;  // rewritten whenever an address range or number is given: two at once conflict
};

struct Project {
  std::string grid;
  std::string name;
  std::int64_t created_ms = 0;
};

enum class TokenKind { join, access };

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
};

struct AuditRecord {
  std::int64_t at_ms = 0;
  std::string who;       // "administrator (token 4be1c0ffee00)", "node web-1 (…)", "nobody"
  std::string from;      // address
  std::string verb;      // the route's audit name: "stack.deploy"
  std::string resource;  // the path of what it is about
  std::string outcome;   // "ok", or the error's code
  std::string request;   // id, also in the answer's X-Request-Id
};

}  // namespace kontena::model
