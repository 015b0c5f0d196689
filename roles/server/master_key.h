#pragma once

#include <string>
#include <vector>

#include "kontena/base/settings.h"
#include "kontena/store/store.h"
#include "vault.h"

// Where the master key comes from, and how the vault is opened with it.
namespace kontena::server {

struct MasterSource {
  std::string kind;  // as Master::kind
  std::string path;  // of a file or a credential
  Redacted passphrase;
};
inline constexpr std::string_view credential_name = "kontena-master-key";
inline constexpr std::size_t least_passphrase = 12;

std::string key_file(const std::string& data_dir);

// What this process was started with, the one that a first start takes first. `from` is the setting
// passphrase_file: a private file, "-" standard input, "fd:N"; "" = none.
Result<std::vector<MasterSource>> master_sources(const std::string& data_dir, const std::string& from,
                                                 const settings::Environment&);

// 32 bytes, as base64 or as they are.
Result<Redacted> read_master(const std::string& path);
Result<Redacted> parse_master(std::string_view text);
Redacted derive_master(const Redacted& passphrase, const std::string& salt);

// Opens the vault; a first start makes the key, and the keyring. One whose key is not at hand is locked,
// and says why: that is no error. Ends what a crash has left of a reseal. Errors are the disk's.
Result<Vault> open_vault(store::Store&, const std::vector<MasterSource>&, IdSource&, Time now);

// Without writing anything, of a stopped server.
Result<Vault> look_into_vault(store::Store&, const std::vector<MasterSource>&);

}  // namespace kontena::server
