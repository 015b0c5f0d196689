#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/random.h"
#include "kontena/base/redacted.h"
#include "kontena/base/synced.h"
#include "kontena/codec/fields.h"
#include "kontena/store/table.h"

namespace kontena::server {

// A value that is sealed: GRID/PROJECT/HEX, of its keyed digest. Of a whole grid: GRID//HEX.
struct SealedSecret {
  std::string sealed;       // base64: the value, by a data key of its own
  std::int64_t put_ms = 0;  // when it was given last
  std::string key;          // base64: the data key, by the master key. "" = sealed as before there were data keys
  std::string master;       // the master key's id
  // Whose it is: "" = of a deploy, "secret NAME" of the project's store, "registry HOST". Part of what is sealed.
  std::string name;
};
inline constexpr store::Table<SealedSecret> sealed_secrets{"secrets"};

// What is known of the master key that values are sealed under, at `meta/keyring`.
struct Master {
  std::string id;
  std::string kind;    // "file", "credential", "passphrase"
  std::string salt;    // base64, of a passphrase
  std::string naming;  // base64: the key of digests, by this one
  std::string other;   // base64: the other one of two, by this one: who has either has both
  std::int64_t created_ms = 0;
};
struct Keyring {
  std::vector<Master> masters;  // the one in use; and while all is sealed anew, the one before
};
inline constexpr store::Table<Keyring> keyrings{"meta"};
inline constexpr std::string_view keyring_tail = "keyring";

// What is sealed, and what a commit with it rests on: that the master key is still the one in use.
struct Sealing {
  std::string digest;
  store::Commit::Put put;
  store::Commit::Expect keyring;
};

// Seals values: who has the store alone reads none, and cannot try out guesses on their digests. Safe from
// any thread; which keys it has changes while it serves.
class Vault {
 public:
  struct Keys {
    std::string kind;
    std::string id;                           // of the master key in use
    std::map<std::string, Redacted> masters;  // by id
    Redacted naming;                          // of digests; stays, whatever the master key
    std::int64_t revision = 0;                // of the record of the keyring
  };

  // One with a key that is nowhere kept.
  static Result<Vault> open(const std::string& data_dir, IdSource&);
  explicit Vault(Keys);
  explicit Vault(Error locked);

  // Why no secret can be used now: the key is lost, or is another one.
  std::optional<Error> trouble() const;
  Result<Keys> keys() const;
  void use(Keys) const;

  // "sha256:HEX": the same for the same text in the same scope under the same name.
  Result<std::string> digest(const std::string& scope, const std::string& name, const Redacted& text) const;
  Result<Sealing> seal(const std::string& scope, const std::string& name, const Redacted& text, Time now, IdSource&) const;
  Result<Redacted> open(const std::string& scope, const std::string& digest, const SealedSecret&) const;
  // The same value under the master key in use. `tail` is the record's.
  Result<SealedSecret> sealed_anew(const std::string& tail, const SealedSecret&, IdSource&) const;

  // One reseal at a time: false where another is at it.
  bool begin_reseal() const;
  void end_reseal() const;
  bool resealing() const;

 private:
  struct State {
    std::optional<Keys> keys;
    Error locked;
    bool resealing = false;
  };
  std::unique_ptr<Synced<State>> state_;
};

std::string secret_tail(const std::string& scope, const std::string& digest);
std::string master_id(const Redacted& master);

// What a key says of another, in the keyring.
std::string seal_key(const Redacted& by, const Redacted& key, std::string_view about, IdSource&);
Result<Redacted> open_key(const Redacted& by, const std::string& sealed, std::string_view about);
inline constexpr std::string_view about_naming = "kontena keyring: naming";
inline constexpr std::string_view about_other = "kontena keyring: other";

}  // namespace kontena::server

namespace kontena::codec {

template <>
struct Fields<server::SealedSecret> {
  static void visit(auto& v, auto& s) {
    v("sealed", s.sealed);
    v("put_ms", s.put_ms);
    v("key", s.key);
    v("master", s.master);
    v("name", s.name);
  }
};
template <>
struct Fields<server::Master> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("kind", s.kind);
    v("salt", s.salt);
    v("naming", s.naming);
    v("other", s.other);
    v("created_ms", s.created_ms);
  }
};
template <>
struct Fields<server::Keyring> {
  static void visit(auto& v, auto& s) { v("masters", s.masters); }
};

}  // namespace kontena::codec
