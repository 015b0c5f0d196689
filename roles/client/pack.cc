#include "pack.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "kontena/base/text.h"
#include "kontena/image/parts.h"
#include "kontena/image/tar.h"

namespace kontena::client {
namespace {

namespace fs = std::filesystem;

Error cannot(const std::string& shown, int number) {
  const Code code = number == ENOENT || number == ENOTDIR ? Code::not_found
                    : number == EACCES                    ? Code::permission_denied
                                                          : Code::unavailable;
  return {code, "cannot read '" + shown + "': " + std::strerror(number)};
}

class Packing {
 public:
  Packing(std::string root, std::string shown, std::int64_t most)
      : root_(std::move(root)), shown_(std::move(shown)), most_(most) {}

  Result<Packed> run() {
    struct stat found {};
    // The path itself may be a link, as Docker would follow it.
    if (::stat(root_.c_str(), &found) != 0) return cannot(shown_, errno);
    packed_.folder = S_ISDIR(found.st_mode);
    const Status done = packed_.folder ? folder("", found) : file("", found);
    if (!done) return done.error();
    packed_.bytes += image::tar_end();
    packed_.digest = image::digest_of(packed_.bytes);
    return std::move(packed_);
  }

 private:
  std::string at(const std::string& inner) const { return inner.empty() ? root_ : root_ + '/' + inner; }
  std::string shown(const std::string& inner) const { return inner.empty() ? shown_ : shown_ + '/' + inner; }

  Status add(const std::string& inner, image::EntryKind kind, const struct stat& found, std::string_view bytes,
             const std::string& link = {}) {
    image::TarEntry entry{.path = inner.empty() ? "content" : "content/" + inner,
                          .kind = kind,
                          .size = static_cast<std::int64_t>(bytes.size()),
                          .mode = static_cast<std::int64_t>(found.st_mode & 07777),
                          .link = link};
    packed_.bytes += image::tar_header(entry);
    packed_.bytes += bytes;
    packed_.bytes += image::tar_padding(entry.size);
    ++packed_.files;
    if (static_cast<std::int64_t>(packed_.bytes.size()) <= most_) return Done{};
    return too_large();
  }
  Error too_large() const {
    return {Code::exhausted, "'" + shown_ + "' and what else comes along is larger than " + text::human_bytes(most_),
            "--pack-limit sets how much may; large data belongs in a named volume or in the image"};
  }

  Status file(const std::string& inner, const struct stat& found) {
    if (!S_ISREG(found.st_mode))
      return Error{Code::invalid_argument,
                   "'" + shown(inner) + "' is a " + kind_of(found) + ", which cannot be copied to a node",
                   "name it by an absolute path, if every node has one there"};
    if (found.st_size > most_) return too_large();
    std::ifstream in(at(inner), std::ios::binary);
    if (!in) return cannot(shown(inner), errno);
    std::string bytes(static_cast<std::size_t>(found.st_size), '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    return add(inner, image::EntryKind::file, found, bytes);
  }

  Status folder(const std::string& inner, const struct stat& found) {
    KTN_OK(add(inner, image::EntryKind::folder, found, ""));
    std::error_code failed;
    std::vector<std::string> names;
    for (fs::directory_iterator entry(at(inner), failed), end; !failed && entry != end; entry.increment(failed))
      names.push_back(entry->path().filename().string());
    if (failed) return cannot(shown(inner), failed.value());
    std::ranges::sort(names);
    for (const std::string& name : names) {
      const std::string one = inner.empty() ? name : inner + '/' + name;
      struct stat what {};
      if (::lstat(at(one).c_str(), &what) != 0) return cannot(shown(one), errno);
      const Status done = S_ISDIR(what.st_mode)   ? folder(one, what)
                          : S_ISLNK(what.st_mode) ? link(one, what)
                                                  : file(one, what);
      if (!done) return done;
    }
    return Done{};
  }

  Status link(const std::string& inner, struct stat found) {
    std::error_code failed;
    const fs::path to = fs::read_symlink(at(inner), failed);
    if (failed) return cannot(shown(inner), failed.value());
    const fs::path leads = (fs::path(inner).parent_path() / to).lexically_normal();
    if (to.is_absolute() || leads.empty() || *leads.begin() == "..")
      return Error{Code::invalid_argument,
                   "'" + shown(inner) + "' is a link to '" + to.string() + "', out of '" + shown_ + "'",
                   "what it leads to would not come along: put it inside, or make it a file"};
    found.st_mode = 0777;
    return add(inner, image::EntryKind::symlink, found, "", to.string());
  }

  static std::string kind_of(const struct stat& found) {
    return S_ISSOCK(found.st_mode) ? "socket" : S_ISFIFO(found.st_mode) ? "pipe" : "device";
  }

  const std::string root_;
  const std::string shown_;
  const std::int64_t most_;
  Packed packed_;
};

}  // namespace

Result<Packed> pack(const std::string& path, const std::string& shown, std::int64_t most) {
  return Packing(path, shown, most).run();
}

}  // namespace kontena::client
