#include "kontena/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kontena::files {

Result<Lock> Lock::take(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int number = errno;
    return Error{number == ENOENT ? Code::not_found : Code::permission_denied,
                 "cannot open '" + path + "': " + std::strerror(number)};
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return Lock(fd);
  const int number = errno;
  ::close(fd);
  if (number != EWOULDBLOCK) return Error{Code::unavailable, "cannot lock '" + path + "': " + std::strerror(number)};
  return Error{Code::conflict, "another process holds '" + path + "'"};
}

Lock::~Lock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace kontena::files
