#include "input.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "kontena/base/text.h"

namespace kontena::logs {
namespace {

constexpr std::size_t chunk = 64u << 10;

Error failed(const std::string& path, const std::string& what) {
  return {errno == ENOENT ? Code::not_found : Code::unavailable, path + ": " + what + ": " + std::strerror(errno)};
}

class Plain final : public Input {
 public:
  Plain(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~Plain() override { ::close(fd_); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  Result<std::size_t> read(std::string& to, std::size_t most) override {
    const std::size_t before = to.size();
    to.resize(before + most);
    ssize_t got = 0;
    do got = ::pread(fd_, to.data() + before, most, static_cast<off_t>(at_));
    while (got < 0 && errno == EINTR);
    to.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) return failed(path_, "cannot be read");
    at_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  Result<bool> skip_to(std::uint64_t offset) override {
    struct stat found {};
    if (::fstat(fd_, &found) != 0) return failed(path_, "cannot be looked at");
    at_ = offset;
    return static_cast<std::uint64_t>(found.st_size) >= offset;
  }
  int descriptor() const override { return fd_; }

 private:
  const int fd_;
  const std::string path_;
  std::uint64_t at_ = 0;
};

// What is damaged in it, or cut off, is its end.
class Gzip final : public Input {
 public:
  Gzip(int fd, std::string path) : file_(fd, std::move(path)) {
    ok_ = ::inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK;
  }
  ~Gzip() override { ::inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Result<std::size_t> read(std::string& to, std::size_t most) override {
    const std::size_t before = to.size();
    to.resize(before + most);
    stream_.next_out = reinterpret_cast<Bytef*>(to.data() + before);
    stream_.avail_out = static_cast<uInt>(most);
    while (ok_ && stream_.avail_out > 0) {
      if (stream_.avail_in == 0) {
        in_.clear();
        const auto got = file_.read(in_, chunk);
        if (!got) {
          to.resize(before);
          return got.error();
        }
        if (*got == 0) break;
        stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
        stream_.avail_in = static_cast<uInt>(*got);
      }
      ok_ = ::inflate(&stream_, Z_NO_FLUSH) == Z_OK;  // the end of the stream too is no more
    }
    const std::size_t got = most - stream_.avail_out;
    to.resize(before + got);
    at_ += got;
    return got;
  }
  Result<bool> skip_to(std::uint64_t offset) override {
    std::string over;
    while (at_ < offset) {
      over.clear();
      KTN_TRY(const std::size_t got, read(over, static_cast<std::size_t>(std::min<std::uint64_t>(offset - at_, chunk))));
      if (got == 0) return false;
    }
    return true;
  }
  int descriptor() const override { return file_.descriptor(); }

 private:
  Plain file_;
  z_stream stream_{};
  bool ok_ = false;
  std::string in_;
  std::uint64_t at_ = 0;
};

}  // namespace

// FNV-1a: told apart are files, not people.
std::uint64_t mark_of(std::string_view head, std::string_view tail) {
  std::uint64_t value = 0xcbf29ce484222325u;
  const auto add = [&](std::string_view bytes) {
    for (const char c : bytes) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  };
  add(head);
  add(tail);
  return value;
}

std::vector<LogFile> log_files(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  std::map<std::uint64_t, LogFile, std::greater<>> found;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const std::string entry = at->path().filename().string();
    if (!entry.starts_with(name)) continue;
    LogFile file{.path = folder + '/' + entry};
    std::string_view rest = std::string_view(entry).substr(name.size());
    if (!rest.empty()) {
      if (rest.front() != '.') continue;
      rest.remove_prefix(1);
      if (rest.ends_with(".gz")) {
        file.compressed = true;
        rest.remove_suffix(3);
      }
      const auto generation = text::integer(rest);
      if (!generation || *generation < 1) continue;
      file.generation = static_cast<std::uint64_t>(*generation);
    }
    struct stat is {};
    if (::stat(file.path.c_str(), &is) != 0 || !S_ISREG(is.st_mode)) continue;
    file.device = is.st_dev;
    file.inode = is.st_ino;
    file.size = static_cast<std::uint64_t>(is.st_size);
    const auto there = found.find(file.generation);
    if (there == found.end() || there->second.compressed) found.insert_or_assign(file.generation, std::move(file));
  }
  std::vector<LogFile> files;
  for (auto& [generation, file] : found) files.push_back(std::move(file));
  return files;
}

Result<std::unique_ptr<Input>> open_source(const LogFile& file) {
  const int fd = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return failed(file.path, "cannot be opened");
  if (file.compressed) return std::unique_ptr<Input>(std::make_unique<Gzip>(fd, file.path));
  return std::unique_ptr<Input>(std::make_unique<Plain>(fd, file.path));
}

Result<bool> has_place(const LogFile& file, const Place& place) {
  if (!file.compressed && file.size < place.offset) return false;
  KTN_TRY(const auto source, open_source(file));
  const std::uint64_t head_size = std::min<std::uint64_t>(head_bytes, place.offset);
  const std::uint64_t tail_size = std::min<std::uint64_t>(tail_bytes, place.offset);
  std::string all;
  const auto fill = [&](std::uint64_t wanted) -> Result<bool> {
    while (all.size() < wanted) {
      KTN_TRY(const std::size_t got, source->read(all, static_cast<std::size_t>(wanted) - all.size()));
      if (got == 0) return false;
    }
    return true;
  };
  if (place.offset <= head_bytes + tail_bytes) {
    KTN_TRY(const bool whole, fill(place.offset));
    return whole && mark_of(std::string_view(all).substr(0, head_size), std::string_view(all).substr(all.size() - tail_size)) == place.mark;
  }
  KTN_TRY(const bool whole, fill(head_size));
  if (!whole) return false;
  const std::string head = std::move(all);
  all.clear();
  KTN_TRY(const bool there, source->skip_to(place.offset - tail_size));
  if (!there) return false;
  KTN_TRY(const bool end, fill(tail_size));
  return end && mark_of(head, all) == place.mark;
}

}  // namespace kontena::logs
