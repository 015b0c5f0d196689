#pragma once

#include "kontena/api/secrets.h"
#include "master_key.h"

// Sealing everything under a new master key, while all works.
namespace kontena::server {

// What the new one is: of the kind, and for a passphrase its salt.
struct NewMaster {
  std::string kind;
  Redacted key;
  std::string salt;  // base64
};

struct ResealNeeds {
  store::Store& store;
  const Vault& vault;
  IdSource& ids;
  Time now;
  std::string key_file;  // DATA/secrets.key; "" = there is no disk
};

// In steps, each of which leaves everything readable with either key:
//   the keyring names both, each sealed by the other; the key's file is the new one;
//   records are sealed anew, some at a time; the keyring names the new one alone.
Result<api::ResealAnswer> reseal(const ResealNeeds&, const NewMaster&);

// The last three, wherever a crash has left them. REQUIRES: the vault has both keys.
Result<std::int64_t> finish_reseal(const ResealNeeds&);

// The old one is lost: a keyring with the new one alone. What was sealed stays, and is of no use.
Result<api::ResealAnswer> give_up(const ResealNeeds&, const NewMaster&);

}  // namespace kontena::server
