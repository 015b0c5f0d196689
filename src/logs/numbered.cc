#include "numbered.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace kontena::logs {

std::vector<Numbered> numbered_in(const std::string& folder) {
  std::vector<Numbered> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    if (name.size() != 16 || name.find_first_not_of("0123456789abcdef") != std::string::npos) continue;
    found.push_back({std::strtoull(name.c_str(), nullptr, 16), at->path()});
  }
  std::ranges::sort(found, {}, &Numbered::number);
  return found;
}

std::string numbered_path(const std::string& folder, std::uint64_t number) {
  char name[17];
  std::snprintf(name, sizeof name, "%016" PRIx64, number);
  return folder + '/' + name;
}

Error failed(const std::string& doing, const std::string& path, int number) {
  const Code code = number == ENOENT                       ? Code::not_found
                    : number == ENOSPC || number == EDQUOT ? Code::exhausted
                                                           : Code::unavailable;
  return {code, doing + " '" + path + "': " + std::strerror(number)};
}

Status write_at(int fd, std::string_view bytes, std::uint64_t offset, const std::string& path) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto put = ::pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed("cannot write", path, errno);
    done += static_cast<std::size_t>(put);
  }
  return Done{};
}

Status read_at(int fd, std::string& bytes, std::uint64_t offset, const std::string& path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got = ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read", path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return Done{};
}

Status sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("cannot open", folder, errno);
  const int result = ::fsync(fd);
  const int number = errno;
  ::close(fd);
  if (result != 0) return failed("cannot sync", folder, number);
  return Done{};
}

DiskRoom room_of(const std::string& folder) {
  struct statvfs of {};
  if (::statvfs(folder.c_str(), &of) != 0) return {};
  return {of.f_blocks * std::uint64_t{of.f_frsize}, of.f_bavail * std::uint64_t{of.f_frsize}};
}

}  // namespace kontena::logs
