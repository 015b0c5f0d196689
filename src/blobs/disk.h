#pragma once

#include <string>
#include <string_view>

#include "kontena/base/clock.h"
#include "kontena/base/error.h"
#include "kontena/base/result.h"

namespace kontena::blobs {

Error failed(const std::string& doing, const std::string& path, int number);

// GRID/PROJECT, of names that are folders' names and no more.
bool is_scope(std::string_view);

inline std::string incoming_folder(const std::string& folder) { return folder + "/.incoming"; }

Status sync_folder(const std::string& path);

// Sets the time of its last use; false where it is not there.
bool touch(const std::string& path, Time);

}  // namespace kontena::blobs
