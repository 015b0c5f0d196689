#pragma once

#include <array>
#include <string_view>

// What of a data directory a backup takes along besides the database, and a restore
// puts back. The server's own certificate is not among them: it has the names of
// one machine, and the authority makes another.
namespace kontena::server {

struct BackupFile {
  std::string_view name;
  unsigned mode;
};
inline constexpr std::array backup_files{
    BackupFile{"admin.token", 0600},
    BackupFile{"join.token", 0600},
    BackupFile{"secrets.key", 0600},
};
// These come from memory, where the server has them in any case.
inline constexpr BackupFile authority_key{"ca.key", 0600};
inline constexpr BackupFile authority_certificate{"ca.pem", 0644};

}  // namespace kontena::server
