#include "kontena/api/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "../commands.h"
#include "../session.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

constexpr Duration longest_silence{60'000};

// Where a backup goes: a new file beside the wanted one, which takes its name once
// it is whole.
class NewFile {
 public:
  static Result<NewFile> make(const std::string& path, bool force) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) == 0) {
      if (!S_ISREG(found.st_mode))
        return Error{Code::invalid_argument, "'" + path + "' is no regular file", "write to - and redirect that"};
      if (!force)
        return Error{Code::already_exists, "'" + path + "' is there already", "choose another name, or say --force"};
    }
    NewFile file(path);
    file.fd_ = ::open(file.beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file.fd_ < 0) return file.failed(errno);
    return file;
  }
  NewFile(NewFile&& other) noexcept
      : path_(std::move(other.path_)), beside_(std::move(other.beside_)), fd_(std::exchange(other.fd_, -1)) {}
  ~NewFile() {
    if (fd_ < 0) return;
    ::close(fd_);
    ::unlink(beside_.c_str());
  }

  Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto put = ::write(fd_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed(errno);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return Done{};
  }
  Status keep() {
    if (::fsync(fd_) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0) return failed(errno);
    ::close(std::exchange(fd_, -1));
    return Done{};
  }

 private:
  explicit NewFile(std::string path) : path_(std::move(path)), beside_(path_ + ".new." + std::to_string(::getpid())) {}
  Error failed(int number) const {
    return {number == EACCES ? Code::permission_denied : number == ENOSPC ? Code::exhausted : Code::unavailable,
            "cannot write '" + path_ + "': " + std::strerror(number)};
  }

  std::string path_;
  std::string beside_;
  int fd_ = -1;
};

// The stream goes to `write` piece by piece and is checked meanwhile.
Result<std::int64_t> receive(Session& session, const std::function<Status(std::string_view)>& write) {
  KTN_TRY(http::Client * client, session.link.client());
  api::BackupReader reader({});
  Status done = Done{};
  const auto answer = client->stream({.path = std::string(api::paths::backup)}, longest_silence, [&](std::string_view bytes) {
    done = reader.feed(bytes);
    if (done) done = write(bytes);
    return done.has_value();
  });
  if (!done) return std::move(done).error();
  if (!answer) {
    Error error = answer.error();
    return Error{Code::unavailable, "the backup broke off: " + error.message, std::move(error.hint)};
  }
  if (answer->status >= 300) return api::error_of(*answer);
  KTN_OK(reader.finish());
  return reader.records();
}

}  // namespace

Result<int> backup(Session& session) {
  const std::string& name = session.arguments.words[0];
  if (name == "-") {
    if (session.outside.out_is_terminal)
      return Error{Code::invalid_argument, "a backup is nothing for a terminal", "redirect it into a file that only you can read"};
    KTN_OK(receive(session, [&](std::string_view bytes) -> Status {
      if (session.out().write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return Done{};
      return Error{Code::unavailable, "standard output cannot be written"};
    }));
    return 0;
  }
  const std::string path = (std::filesystem::path(session.outside.folder) / name).string();
  KTN_TRY(NewFile file, NewFile::make(path, session.arguments.has("--force")));
  KTN_TRY(const std::int64_t records, receive(session, [&](std::string_view bytes) { return file.write(bytes); }));
  KTN_OK(file.keep());
  session.note(std::to_string(records) + " records; the file holds the authority's key: keep it as safe as the server");
  if (session.look.quiet) session.out() << name << '\n';
  return 0;
}

}  // namespace kontena::client
