#pragma once

#include <string>

#include "kontena/base/random.h"
#include "kontena/base/redacted.h"
#include "kontena/codec/fields.h"
#include "kontena/store/table.h"

namespace kontena::server {

// What a secret of a Compose file is, as the store keeps it: GRID/PROJECT/HEX, of its keyed digest.
struct SealedSecret {
  std::string sealed;       // base64
  std::int64_t put_ms = 0;  // when it was given last
};
inline constexpr store::Table<SealedSecret> sealed_secrets{"secrets"};

// Seals secrets with the key of this server, DATA/secrets.key: who has the store alone reads none,
// and cannot try out guesses on their digests.
class Vault {
 public:
  // Loads the key, or makes it. "" = one that is nowhere kept.
  static Result<Vault> open(const std::string& data_dir, IdSource&);

  // "sha256:HEX": the same for the same text in the same scope.
  std::string digest(const std::string& scope, const Redacted& text) const;
  std::string seal(const std::string& scope, const std::string& digest, const Redacted& text, IdSource&) const;
  Result<Redacted> open(const std::string& scope, const std::string& digest, const SealedSecret&) const;

 private:
  explicit Vault(const std::string& key);
  Redacted sealing_;
  Redacted naming_;
};

std::string secret_tail(const std::string& scope, const std::string& digest);

}  // namespace kontena::server

template <>
struct kontena::codec::Fields<kontena::server::SealedSecret> {
  static void visit(auto& v, auto& s) {
    v("sealed", s.sealed);
    v("put_ms", s.put_ms);
  }
};
