#include "new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kontena::client {

Result<NewFile> NewFile::make(const std::string& path, bool force) {
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

NewFile::NewFile(std::string path) : path_(std::move(path)), beside_(path_ + ".new." + std::to_string(::getpid())) {}

NewFile::~NewFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(beside_.c_str());
}

Status NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return Done{};
}

Status NewFile::keep() {
  if (::fsync(fd_) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0) return failed(errno);
  ::close(std::exchange(fd_, -1));
  return Done{};
}

Error NewFile::failed(int number) const {
  return {number == EACCES   ? Code::permission_denied
          : number == ENOSPC ? Code::exhausted
                             : Code::unavailable,
          "cannot write '" + path_ + "': " + std::strerror(number)};
}

}  // namespace kontena::client
