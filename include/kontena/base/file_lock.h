#pragma once

#include <string>

#include "kontena/base/result.h"

namespace kontena::files {

// Holds a file for this process; the kernel gives it back at the process's end,
// however it ends.
class Lock {
 public:
  // Makes the file where it is missing; where that cannot be, as on a disk that is
  // read only, one that is there will do. Code::conflict if another process holds it.
  static Result<Lock> take(const std::string& path);
  Lock(Lock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Lock& operator=(Lock&&) = delete;
  ~Lock();

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace kontena::files
