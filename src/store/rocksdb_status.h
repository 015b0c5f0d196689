#pragma once

#include <rocksdb/env.h>
#include <rocksdb/status.h>

#include <cstdarg>
#include <string>

#include "kontena/base/result.h"
#include "kontena/base/synced.h"

namespace kontena::store {

// What RocksDB reports, in our words. `folder` is named where RocksDB names no file.
Error to_error(const rocksdb::Status&, const std::string& folder);

// RocksDB's own warnings and errors go to our log instead of to a file of its own.
class RocksdbLog final : public rocksdb::Logger {
 public:
  RocksdbLog() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  void Logv(const char* format, va_list arguments) override;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;

  // The log file that RocksDB has found damaged: only what it says here names it. "" for none.
  std::string damaged_file();

 private:
  Synced<std::string> damaged_;
};

}  // namespace kontena::store
