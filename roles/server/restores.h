#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/base/result.h"

// What the store remembers of its having been restored: from when to when there was
// another future, of which certificates are still about. Record `meta/restores`.
namespace kontena::server {

inline constexpr const char* restores_key = "meta/restores";

struct LostFuture {
  std::int64_t backup_ms = 0;
  std::int64_t restored_ms = 0;
};
using Restores = std::vector<LostFuture>;

std::string write_restores(const Restores&);
Result<Restores> read_restores(const std::string& record);  // "" = never

// Whether a certificate that was made then may be one of a lost future.
bool in_lost_future(const Restores&, std::int64_t made_ms);

}  // namespace kontena::server
