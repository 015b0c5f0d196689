#pragma once

#include <cstdint>
#include <string>

#include "kontena/base/result.h"

// Files on the disk, with the care that state needs.
namespace kontena::files {

// At most `limit` bytes; more is Code::exhausted, absence is Code::not_found.
Result<std::string> read(const std::string& path, std::size_t limit = 64u << 20);

// All or nothing, and durable: written beside, synced, renamed, folder synced.
Status write(const std::string& path, const std::string& content, unsigned mode);

// Durable as well. What is not there is removed already.
Status remove(const std::string& path);

// Makes the folder and its parents where missing; the last one with `mode`.
Status make_folder(const std::string& path, unsigned mode);

// Refuses a file that others than its owner may read. `what` names it for the message.
Status check_private(const std::string& path, const std::string& what);

bool exists(const std::string& path);

}  // namespace kontena::files
