#include "kontena/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace kontena::files {
namespace {

Error failed(const std::string& doing, const std::string& path, int number) {
  const Code code = number == ENOENT                       ? Code::not_found
                    : number == EACCES                     ? Code::permission_denied
                    : number == ENOSPC || number == EDQUOT ? Code::exhausted
                                                           : Code::unavailable;
  return {code, doing + " '" + path + "': " + std::strerror(number)};
}

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Status sync_folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const Descriptor folder{::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd < 0 || ::fsync(folder.fd) != 0) return failed("cannot sync the folder of", path, errno);
  return Done{};
}

Status write_synced(const std::string& path, const std::string& content, unsigned mode) {
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
  if (file.fd < 0) return failed("cannot write", path, errno);
  if (::fchmod(file.fd, mode) != 0) return failed("cannot set the mode of", path, errno);
  for (std::size_t done = 0; done < content.size();) {
    const auto put = ::write(file.fd, content.data() + done, content.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed("cannot write", path, errno);
    done += static_cast<std::size_t>(put);
  }
  if (::fsync(file.fd) != 0) return failed("cannot sync", path, errno);
  return Done{};
}

}  // namespace

Result<std::string> read(const std::string& path, std::size_t limit) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return failed("cannot read", path, errno);
  std::string content;
  char buffer[65536];
  while (true) {
    const auto got = ::read(file.fd, buffer, sizeof buffer);
    if (got == 0) return content;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read", path, errno);
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > limit)
      return Error{Code::exhausted, "'" + path + "' is larger than " + std::to_string(limit) + " bytes"};
  }
}

Status write(const std::string& path, const std::string& content, unsigned mode) {
  // A name that no other writer of the same file has.
  static std::atomic<unsigned> count = 0;
  const std::string beside = path + ".new." + std::to_string(::getpid()) + '.' + std::to_string(count++);
  auto written = write_synced(beside, content, mode);
  if (written && ::rename(beside.c_str(), path.c_str()) != 0) written = failed("cannot replace", path, errno);
  if (!written) {
    ::unlink(beside.c_str());
    return written;
  }
  return sync_folder_of(path);
}

Status remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("cannot remove", path, errno);
  return sync_folder_of(path);
}

Status make_folder(const std::string& path, unsigned mode) {
  std::error_code error;
  std::filesystem::path folder(path);
  if (!folder.has_filename()) folder = folder.parent_path();  // "a/b/" is a/b
  if (std::filesystem::is_directory(folder, error)) return Done{};
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (error) return failed("cannot make", folder.parent_path(), error.value());
  if (::mkdir(folder.c_str(), mode) == 0) {
    // The umask may have taken some of the mode away.
    if (::chmod(folder.c_str(), mode) != 0) return failed("cannot set the mode of", path, errno);
    return Done{};
  }
  if (errno != EEXIST) return failed("cannot make", path, errno);
  if (!std::filesystem::is_directory(folder, error)) return failed("cannot make", path, ENOTDIR);
  return Done{};
}

Status check_private(const std::string& path, const std::string& what) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return failed("cannot read", path, errno);
  if ((found.st_mode & 077) != 0)
    return Error{Code::permission_denied, what + " '" + path + "' can be read by others", "chmod 600 " + path};
  return Done{};
}

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace kontena::files
