#include "kontena/image/unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "kontena/base/text.h"
#include "kontena/image/tar.h"

namespace kontena::image {
namespace {

namespace fs = std::filesystem;

Error hostile(const std::string& path, const std::string& what) {
  return {Code::corrupt, "the archive has '" + path.substr(0, 200) + "', " + what};
}

class Unpacker final : public TarReader::Sink {
 public:
  explicit Unpacker(std::string root) : root_(std::move(root)) {}
  ~Unpacker() override {
    if (fd_ >= 0) ::close(fd_);
  }

  // Links come last, so that nothing is made through one; and modes of folders, so that they can be filled.
  Status finish() {
    if (!any_) return Error{Code::corrupt, "the archive is empty"};
    for (const auto& [path, to] : links_)
      if (::symlink(to.c_str(), path.c_str()) != 0) return failed("make the link", path);
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder)
      if (::chmod(folder->first.c_str(), folder->second) != 0) return failed("set the mode of", folder->first);
    return Done{};
  }

 private:
  Error failed(const std::string& doing, const std::string& path) const {
    const int number = errno;
    const bool full = number == ENOSPC || number == EDQUOT;
    return {full ? Code::exhausted : Code::failed_precondition,
            "cannot " + doing + " '" + path + "': " + std::strerror(number)};
  }

  // Of the root "", of what is in it "a/b"; otherwise it leads out.
  static Result<std::string> inner(const std::string& path) {
    if (path == content_name) return std::string();
    const std::string prefix = std::string(content_name) + '/';
    if (!path.starts_with(prefix)) return hostile(path, "which is not under '" + std::string(content_name) + "'");
    const std::string in = path.substr(prefix.size());
    for (const std::string& part : text::split(in, '/'))
      if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos)
        return hostile(path, "a name that may lead elsewhere");
    return in;
  }

  Status begin(const TarEntry& entry) override {
    KTN_TRY(const std::string in, inner(entry.path));
    const std::string path = in.empty() ? root_ : root_ + '/' + in;
    any_ = true;
    const auto mode = static_cast<mode_t>(entry.mode & 07777);
    switch (entry.kind) {
      case EntryKind::folder: {
        if (::mkdir(path.c_str(), 0700) != 0) {
          struct stat found {};
          const bool there =
              errno == EEXIST && in.empty() && ::lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
          if (!there) return errno == EEXIST ? hostile(entry.path, "twice") : failed("make", path);
        }
        folders_.emplace_back(path, mode);
        return Done{};
      }
      case EntryKind::file: {
        fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd_ < 0) return errno == EEXIST ? hostile(entry.path, "twice") : failed("make", path);
        if (::fchmod(fd_, mode) != 0) return failed("set the mode of", path);
        path_ = path;
        return Done{};
      }
      case EntryKind::symlink: {
        const fs::path to(entry.link);
        const fs::path leads = (fs::path(in).parent_path() / to).lexically_normal();
        if (in.empty() || entry.link.empty() || to.is_absolute() || leads.empty() || *leads.begin() == "..")
          return hostile(entry.path, "a link out of it, to '" + entry.link.substr(0, 200) + "'");
        links_.emplace_back(path, entry.link);
        return Done{};
      }
      case EntryKind::hardlink:
      case EntryKind::other:
        break;
    }
    return hostile(entry.path, "which is neither file, folder nor link");
  }

  Status bytes(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto put = ::write(fd_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed("write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return Done{};
  }
  Status end() override {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    return Done{};
  }

  const std::string root_;
  bool any_ = false;
  int fd_ = -1;
  std::string path_;
  std::vector<std::pair<std::string, std::string>> links_;
  std::vector<std::pair<std::string, mode_t>> folders_;
};

}  // namespace

Status unpack_content(const std::string& path, const std::function<Result<std::string>()>& next) {
  Unpacker unpacker(path);
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
