#pragma once

#include <memory>
#include <string>

#include "kontena/base/result.h"
#include "kontena/store/store.h"

namespace kontena::store {

// Keeps nothing on disk: for tests and the simulation.
std::unique_ptr<Store> open_memory();

// Opens, or makes, the database in `folder`. Code::failed_precondition where
// another process has it open; Code::corrupt and Code::unsupported (a newer
// format) say which record or file.
Result<std::unique_ptr<Store>> open_rocksdb(const std::string& folder);

}  // namespace kontena::store
