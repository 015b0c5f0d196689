#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "kontena/compose/spec.h"
#include "session.h"

namespace kontena::client {

inline constexpr std::int64_t usual_pack_limit = 64 << 20;  // of a stack: all its own files together

// A file or folder as an archive that is the same wherever and whenever it is made: in order of
// name, without times, owned by root, under the one name "content".
struct Packed {
  std::string digest;
  std::string bytes;
  std::int64_t files = 0;
  bool folder = false;
};
// Code::not_found where there is nothing; Code::invalid_argument where something in it cannot be packed (a link
// that leads out of it, a device, a socket); Code::exhausted where it is larger than `most`. `shown` is for messages.
Result<Packed> pack(const std::string& path, const std::string& shown, std::int64_t most);

// What becomes of a path of the project that a service binds.
enum class Becomes { copy, private_copy, volume, empty_volume };

// Fills what needs no server in: which mounts are volumes, and their names. `folder` is the project's.
// Also says so in the verdicts of `specified.keys`.
Status settle_own_paths(compose::Specified&, const std::string& folder);

// Reads configs, secrets and own paths, sends the server what it lacks of them, and completes the spec. After
// settle_own_paths().
Status send_files(Session&, compose::Specified&);

}  // namespace kontena::client
