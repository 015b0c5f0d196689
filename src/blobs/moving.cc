#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "disk.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/blobs/blobs.h"

namespace kontena::blobs {
namespace {

constexpr std::size_t piece_bytes = 256u << 10;
constexpr std::int64_t between_looks = 4 << 20;
// Of a full disk the records have the rest: without them nothing goes on at all.
constexpr std::uint64_t left_for_records = 64u << 20;

Error no_room(const std::string& folder) {
  return {Code::exhausted, "the server's disk is full: there is no room for a blob in '" + folder + "'",
          "make room there, and do it again"};
}

}  // namespace

Error failed(const std::string& doing, const std::string& path, int number) {
  const Code code = number == ENOENT                       ? Code::not_found
                    : number == EACCES                     ? Code::permission_denied
                    : number == ENOSPC || number == EDQUOT ? Code::exhausted
                                                           : Code::unavailable;
  return {code, doing + " '" + path + "': " + std::strerror(number)};
}

Status sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int number = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) return failed("cannot sync", path, number);
  return Done{};
}

bool touch(const std::string& path, Time now) {
  const std::int64_t ms = to_ms(now);
  const timespec at{.tv_sec = ms / 1'000, .tv_nsec = ms % 1'000 * 1'000'000};
  const timespec times[2] = {at, at};
  return ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0;
}

Status Blobs::make_folders(const std::string& scope) const {
  const auto slash = scope.find('/');
  const std::string grid = folder_ + '/' + scope.substr(0, slash), project = folder_ + '/' + scope;
  if (files::exists(project)) return Done{};
  for (const std::string& folder : {folder_, grid, project}) KTN_OK(files::make_folder(folder, 0700));
  KTN_OK(sync_folder(grid));
  return sync_folder(folder_);
}

Result<Incoming> Blobs::put(const std::string& scope, const std::string& digest, std::int64_t most) {
  if (!is_scope(scope)) return Error{Code::invalid_argument, "'" + scope + "' cannot have blobs"};
  if (!is_digest(digest))
    return Error{Code::invalid_argument, "'" + digest + "' is no digest", "sha256: and 64 hexadecimal digits"};
  if (folder_.empty()) return Error{Code::unsupported, "this server keeps no files"};
  KTN_OK(make_folders(scope));
  KTN_OK(files::make_folder(incoming_folder(folder_), 0700));
  const auto number = state_.with([&](State& state) {
    ++state.scopes[scope].coming;
    return ++state.count;
  });
  Incoming incoming(*this, scope, digest, most);
  incoming.path_ = incoming_folder(folder_) + '/' + std::to_string(number);
  incoming.fd_ = ::open(incoming.path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (incoming.fd_ < 0) return errno == ENOSPC ? no_room(folder_) : failed("cannot write", incoming.path_, errno);
  return incoming;
}

Incoming::Incoming(Incoming&& other) noexcept
    : blobs_(std::exchange(other.blobs_, nullptr)),
      scope_(std::move(other.scope_)),
      digest_(std::move(other.digest_)),
      most_(other.most_),
      path_(std::exchange(other.path_, {})),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      room_seen_(other.room_seen_),
      sum_(std::move(other.sum_)) {}

Incoming::~Incoming() {
  if (fd_ >= 0) ::close(fd_);
  if (!path_.empty()) ::unlink(path_.c_str());
  if (!blobs_) return;
  blobs_->came(scope_);
  blobs_->state_.with([&](Blobs::State& state) { --state.scopes[scope_].coming; });
}

Status Incoming::add(std::string_view bytes) {
  size_ += static_cast<std::int64_t>(bytes.size());
  if (size_ > most_)
    return Error{Code::invalid_argument,
                 "the blob is larger than " + text::human_bytes(most_) + ", the most this server takes",
                 "kontena server --help tells of the settings"};
  if (room_seen_ == 0 || size_ - room_seen_ >= between_looks) {
    struct statvfs disk {};
    room_seen_ = size_;
    if (::fstatvfs(fd_, &disk) == 0 && disk.f_bavail * disk.f_frsize < left_for_records)
      return no_room(blobs_->folder_);
  }
  sum_.add(bytes);
  while (!bytes.empty()) {
    const auto put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0)
      return errno == ENOSPC || errno == EDQUOT ? no_room(blobs_->folder_) : failed("cannot write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return Done{};
}

Status Incoming::keep() {
  if (const std::string is = "sha256:" + sum_.hex(); is != digest_)
    return Error{Code::invalid_argument, "what came is '" + is + "', not '" + digest_ + "'", "send it again"};
  if (::fsync(fd_) != 0) return errno == ENOSPC ? no_room(blobs_->folder_) : failed("cannot sync", path_, errno);
  const std::string path = blobs_->path_of(scope_, digest_);
  touch(path_, blobs_->clock_.now());
  if (::rename(path_.c_str(), path.c_str()) != 0) return failed("cannot keep", path, errno);
  path_.clear();
  return sync_folder(path.substr(0, path.rfind('/')));
}

Outgoing::~Outgoing() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string> Outgoing::next() {
  std::string bytes(piece_bytes, '\0');
  ssize_t got = -1;
  do got = ::read(fd_, bytes.data(), bytes.size());
  while (got < 0 && errno == EINTR);
  if (got < 0) return Error{Code::unavailable, std::string("cannot read a blob: ") + std::strerror(errno)};
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

}  // namespace kontena::blobs
