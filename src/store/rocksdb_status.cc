#include "rocksdb_status.h"

#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::store {
namespace {

bool mentions(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

class Log final : public rocksdb::Logger {
 public:
  Log() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  void Logv(const char* format, va_list arguments) override { say(log::Level::warn, format, arguments); }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level == rocksdb::InfoLogLevel::WARN_LEVEL) say(log::Level::warn, format, arguments);
    if (level == rocksdb::InfoLogLevel::ERROR_LEVEL || level == rocksdb::InfoLogLevel::FATAL_LEVEL)
      say(log::Level::error, format, arguments);
  }

 private:
  static void say(log::Level level, const char* format, va_list arguments) {
    char line[1024];
    std::vsnprintf(line, sizeof line, format, arguments);
    log::write(level, "rocksdb", {{"says", text::trim(line)}});
  }
};

}  // namespace

Error to_error(const rocksdb::Status& status, const std::string& folder) {
  const std::string said = status.ToString();
  const std::string database = "the database in '" + folder + "'";
  if (status.IsCorruption())
    return {Code::corrupt, mentions(said, folder) ? said : database + ": " + said, "restore the folder from a backup"};
  if (status.IsNoSpace() || mentions(said, "No space left on device") || mentions(said, "Disk quota exceeded"))
    return {Code::exhausted, "the disk of " + database + " is full", "free some space: writing goes on by itself then"};
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

std::shared_ptr<rocksdb::Logger> rocksdb_log() { return std::make_shared<Log>(); }

}  // namespace kontena::store
