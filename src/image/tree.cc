#include "kontena/image/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "kontena/base/text.h"
#include "kontena/image/tar.h"

namespace kontena::image {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_size = 256u << 10;
constexpr std::size_t most_told = 10;
constexpr std::size_t deepest = 200;  // folders in folders

Error failed(const std::string& doing, const std::string& path) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT;
  return {full ? Code::exhausted : Code::failed_precondition, "cannot " + doing + " '" + path + "': " + std::strerror(number)};
}

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// ---- to an archive

class Packer {
 public:
  explicit Packer(const std::function<Status(std::string_view)>& sink) : sink_(sink) {}

  Status add(const std::string& path, const std::string& name, std::size_t depth = 0) {
    if (depth > deepest) return Error{Code::exhausted, "'" + path + "' is deeper than " + std::to_string(deepest) + " folders"};
    struct stat is {};
    if (::lstat(path.c_str(), &is) != 0) {
      if (errno == ENOENT && depth > 0) return Done{};  // removed meanwhile
      return errno == ENOENT ? Error{Code::not_found, "there is no '" + path + "' here"} : failed("look at", path);
    }
    TarEntry entry{.path = name, .mode = is.st_mode & 07777, .mtime_s = is.st_mtime};
    if (S_ISREG(is.st_mode)) return add_file(path, entry);
    if (S_ISLNK(is.st_mode)) {
      std::error_code error;
      entry.kind = EntryKind::symlink;
      entry.link = fs::read_symlink(path, error).string();
      if (error) return Error{Code::failed_precondition, "cannot read the link '" + path + "': " + error.message()};
      return count_and_send(entry);
    }
    if (!S_ISDIR(is.st_mode)) {
      if (count_.passed_over.size() < most_told) count_.passed_over.push_back(path);
      return Done{};
    }
    entry.kind = EntryKind::folder;
    KTN_OK(count_and_send(entry));
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) names.push_back(at->path().filename().string());
    if (error) return Error{Code::failed_precondition, "cannot read the folder '" + path + "': " + error.message()};
    std::ranges::sort(names);
    for (const std::string& each : names) KTN_OK(add(path + '/' + each, name + '/' + each, depth + 1));
    return Done{};
  }

  TreeCount count() { return std::move(count_); }

 private:
  Status count_and_send(const TarEntry& entry) {
    count_.entries += 1;
    return sink_(tar_header(entry));
  }

  Status add_file(const std::string& path, TarEntry& entry) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat is {};
    if (file.get() < 0 || ::fstat(file.get(), &is) != 0) return failed("read", path);
    entry.size = is.st_size;
    KTN_OK(count_and_send(entry));
    for (std::int64_t left = entry.size; left > 0;) {
      buffer_.resize(piece_size);
      const auto got = ::read(file.get(), buffer_.data(), std::min<std::size_t>(buffer_.size(), static_cast<std::size_t>(left)));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("read", path);
      if (got == 0) return Error{Code::conflict, "'" + path + "' became shorter while it was read", "copy it again when nobody writes to it"};
      left -= got;
      KTN_OK(sink_(std::string_view(buffer_).substr(0, static_cast<std::size_t>(got))));
    }
    count_.bytes += entry.size;
    return sink_(tar_padding(entry.size));
  }

  const std::function<Status(std::string_view)>& sink_;
  TreeCount count_;
  std::string buffer_;
};

// ---- from an archive

Error hostile(const std::string& path, const std::string& what) {
  return {Code::corrupt, "the archive has '" + path.substr(0, 200) + "', " + what};
}

class Unpacker final : public TarReader::Sink {
 public:
  Unpacker(std::string folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  Status open() {
    root_ = Fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (root_.get() < 0) return failed("write into", folder_);
    return Done{};
  }

  // Modes and times of folders come last, so that they can be filled.
  Result<TreeCount> finish() {
    for (auto each = folders_.rbegin(); each != folders_.rend(); ++each) {
      KTN_TRY(const Fd folder, walk(each->parts, each->parts.size()));
      ::fchmod(folder.get(), each->mode);
      set_time(folder.get(), each->mtime_s);
    }
    return std::move(count_);
  }

 private:
  struct Folder {
    std::vector<std::string> parts;
    mode_t mode;
    std::int64_t mtime_s;
  };

  // The parts of its name in the folder; none for the one whose name is left away.
  Result<std::vector<std::string>> parts_of(const std::string& path) const {
    auto parts = text::split(path, '/');
    for (const std::string& part : parts)
      if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos)
        return hostile(path, "a name that may lead elsewhere");
    if (parts.empty()) return hostile(path, "which has no name");
    if (parts.size() > deepest) return hostile(path, "which is too deep");
    if (name_.empty())
      parts.erase(parts.begin());
    else
      parts[0] = name_;
    return parts;
  }

  // The folder of the first `count` parts, through no link.
  Result<Fd> walk(const std::vector<std::string>& parts, std::size_t count) const {
    Fd at(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
    for (std::size_t i = 0; i < count && at.get() >= 0; ++i)
      at = Fd(::openat(at.get(), parts[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (at.get() >= 0) return at;
    if (errno == ELOOP || errno == ENOTDIR) return hostile(joined(parts), "which leads through something that is no folder");
    return failed("write into", joined(parts));
  }
  std::string joined(const std::vector<std::string>& parts) const {
    std::string path = folder_;
    for (const std::string& part : parts) path += '/' + part;
    return path;
  }
  static void set_time(int fd, std::int64_t seconds) {
    const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
    ::futimens(fd, times);
  }
  // Makes it by `make`, again once what was there, unless a folder, has been taken away.
  Status replace(int in, const std::vector<std::string>& parts, auto&& make) {
    const std::string& name = parts.back();
    if (make()) return Done{};
    if (errno != EEXIST || ::unlinkat(in, name.c_str(), 0) != 0 || !make()) return failed("write", joined(parts));
    return Done{};
  }

  Status begin(const TarEntry& entry) override {
    KTN_TRY(const auto parts, parts_of(entry.path));
    count_.entries += 1;
    const auto mode = static_cast<mode_t>(entry.mode & 01777);
    if (parts.empty()) {
      if (entry.kind != EntryKind::folder) return hostile(entry.path, "which is no folder");
      return Done{};
    }
    KTN_TRY(const Fd in, walk(parts, parts.size() - 1));
    const std::string& name = parts.back();
    switch (entry.kind) {
      case EntryKind::folder: {
        if (::mkdirat(in.get(), name.c_str(), 0700) != 0 && errno != EEXIST) return failed("make", joined(parts));
        KTN_TRY(const Fd there, walk(parts, parts.size()));
        folders_.push_back({parts, mode, entry.mtime_s});
        return Done{};
      }
      case EntryKind::file: {
        KTN_OK(replace(in.get(), parts, [&] {
          file_ = Fd(::openat(in.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
          return file_.get() >= 0;
        }));
        ::fchmod(file_.get(), mode);
        mtime_s_ = entry.mtime_s;
        path_ = joined(parts);
        return Done{};
      }
      case EntryKind::symlink:
        return replace(in.get(), parts, [&] { return ::symlinkat(entry.link.c_str(), in.get(), name.c_str()) == 0; });
      case EntryKind::hardlink: {
        KTN_TRY(const auto to, parts_of(entry.link));
        if (to.empty()) return hostile(entry.path, "a link to a folder");
        KTN_TRY(const Fd there, walk(to, to.size() - 1));
        return replace(in.get(), parts, [&] { return ::linkat(there.get(), to.back().c_str(), in.get(), name.c_str(), 0) == 0; });
      }
      case EntryKind::other:
        break;
    }
    if (count_.passed_over.size() < most_told) count_.passed_over.push_back(entry.path);
    return Done{};
  }

  Status bytes(std::string_view bytes) override {
    count_.bytes += static_cast<std::int64_t>(bytes.size());
    if (file_.get() < 0) return Done{};  // of what is passed over
    while (!bytes.empty()) {
      const auto put = ::write(file_.get(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed("write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return Done{};
  }
  Status end() override {
    if (file_.get() >= 0) set_time(file_.get(), mtime_s_);
    file_ = Fd();
    return Done{};
  }

  const std::string folder_, name_;
  Fd root_, file_;
  std::string path_;
  std::int64_t mtime_s_ = 0;
  std::vector<Folder> folders_;
  TreeCount count_;
};

}  // namespace

Result<TreeCount> pack_tree(const std::string& path, const std::string& name, const std::function<Status(std::string_view)>& sink) {
  Packer packer(sink);
  KTN_OK(packer.add(path, name));
  KTN_OK(sink(tar_end()));
  return packer.count();
}

Result<TreeCount> unpack_tree(const std::string& folder, const std::string& name, const std::function<Result<std::string>()>& next) {
  Unpacker unpacker(folder, name);
  KTN_OK(unpacker.open());
  TarReader reader(unpacker);
  while (true) {
    KTN_TRY(const std::string piece, next());
    if (piece.empty()) break;
    KTN_OK(reader.take(piece));
  }
  KTN_OK(reader.finish());
  return unpacker.finish();
}

}  // namespace kontena::image
