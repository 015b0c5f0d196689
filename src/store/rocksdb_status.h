#pragma once

#include <rocksdb/env.h>
#include <rocksdb/status.h>

#include <memory>
#include <string>

#include "kontena/base/result.h"

namespace kontena::store {

// What RocksDB reports, in our words. `folder` is named where RocksDB names no file.
Error to_error(const rocksdb::Status&, const std::string& folder);

// RocksDB's own warnings and errors go to our log instead of to a file of its own.
std::shared_ptr<rocksdb::Logger> rocksdb_log();

}  // namespace kontena::store
