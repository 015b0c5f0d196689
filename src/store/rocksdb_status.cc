#include "rocksdb_status.h"

#include <sys/statvfs.h>

#include <cstdio>
#include <string_view>

#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::store {
namespace {

bool mentions(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// "3.1 MB are free in '/var/lib/x'; ", or "" where that cannot be told.
std::string free_space(const std::string& folder) {
  struct statvfs found {};
  if (::statvfs(folder.c_str(), &found) != 0) return "";
  const auto bytes = static_cast<std::int64_t>(found.f_bavail) * static_cast<std::int64_t>(found.f_frsize);
  return text::human_bytes(bytes) + " are free in '" + folder + "'; ";
}

}  // namespace

Error to_error(const rocksdb::Status& status, const std::string& folder) {
  const std::string said = status.ToString();
  const std::string database = "the database in '" + folder + "'";
  if (status.IsCorruption()) return {Code::corrupt, database + ": " + said, "put a backup in its place: kontena server restore FILE"};
  if (status.IsNoSpace() || mentions(said, "No space left on device") || mentions(said, "Disk quota exceeded"))
    return {Code::exhausted, "the disk of " + database + " is full",
            free_space(folder) + "free some: writing goes on by itself then"};
  if (mentions(said, "lock hold by current process") ||
      (mentions(said, "While lock file") && mentions(said, "temporarily unavailable")))
    return {Code::failed_precondition, database + " is in use by another process",
            "stop the other one, or use another folder"};
  if (status.IsNotSupported()) return {Code::unsupported, database + ": " + said};
  if (mentions(said, "Permission denied")) return {Code::permission_denied, database + ": " + said};
  if (status.IsIOError() || status.IsBusy() || status.IsTimedOut() || status.IsTryAgain() || status.IsAborted() ||
      status.IsShutdownInProgress())
    return {Code::unavailable, database + ": " + said};
  return {Code::internal, database + ": " + said};
}

void RocksdbLog::Logv(const char* format, va_list arguments) {
  Logv(rocksdb::InfoLogLevel::WARN_LEVEL, format, arguments);
}

void RocksdbLog::Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  using rocksdb::InfoLogLevel;
  if (level != InfoLogLevel::WARN_LEVEL && level != InfoLogLevel::ERROR_LEVEL && level != InfoLogLevel::FATAL_LEVEL)
    return;
  char buffer[1024];
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  const std::string_view line = text::trim(buffer);
  // "FOLDER/000004.log: dropping 38 bytes; Corruption: checksum mismatch"
  if (const auto at = line.find(".log: dropping "); at != std::string_view::npos) {
    const auto file = line.substr(0, at + 4);
    const auto start = file.find('/');
    damaged_.with([&](std::string& damaged) { damaged = file.substr(start == std::string_view::npos ? 0 : start); });
  }
  log::write(level == InfoLogLevel::WARN_LEVEL ? log::Level::warn : log::Level::error, "rocksdb", {{"says", line}});
}

std::string RocksdbLog::damaged_file() {
  return damaged_.with([](const std::string& damaged) { return damaged; });
}

}  // namespace kontena::store
