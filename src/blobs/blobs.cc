#include "kontena/blobs/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "disk.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"

namespace kontena::blobs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "sha256:";
constexpr std::string_view going = ".going";
constexpr Duration moment{60'000};

Time time_of(const struct stat& found) {
  return from_ms(static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000 + found.st_mtim.tv_nsec / 1'000'000);
}

}  // namespace

bool is_scope(std::string_view scope) {
  const auto parts = text::split(scope, '/');
  return parts.size() == 2 && std::ranges::all_of(parts, [](const auto& part) { return text::is_label(part); });
}

bool is_digest(std::string_view text) {
  if (!text.starts_with(prefix) || text.size() != prefix.size() + 64) return false;
  text.remove_prefix(prefix.size());
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string Blobs::path_of(const std::string& scope, const std::string& digest) const {
  return folder_ + '/' + scope + '/' + digest.substr(prefix.size());
}

Status Blobs::open() {
  if (folder_.empty() || !files::exists(folder_)) return Done{};
  std::error_code error;
  fs::remove_all(incoming_folder(folder_), error);
  if (error) return Error{Code::unavailable, "cannot clear '" + incoming_folder(folder_) + "': " + error.message()};
  // A removal that was not ended may have met a use of it: it has not been.
  for (auto at = fs::recursive_directory_iterator(folder_, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    const std::string path = at->path();
    if (!path.ends_with(going)) continue;
    if (::rename(path.c_str(), path.substr(0, path.size() - going.size()).c_str()) != 0)
      return failed("cannot rename", path, errno);
  }
  if (error) return Error{Code::unavailable, "cannot read '" + folder_ + "': " + error.message()};
  return Done{};
}

Result<Outgoing> Blobs::get(const std::string& scope, const std::string& digest) const {
  const Error absent{Code::not_found, "there is no blob '" + digest + "' in '" + scope + "'"};
  if (!is_digest(digest) || !is_scope(scope) || folder_.empty()) return absent;
  const std::string path = path_of(scope, digest);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return absent;
  if (fd < 0) return failed("cannot read", path, errno);
  struct stat found {};
  if (::fstat(fd, &found) != 0) {
    const int number = errno;
    ::close(fd);
    return failed("cannot read", path, number);
  }
  return Outgoing(fd, found.st_size);
}

Result<std::string> Blobs::text(const std::string& scope, const std::string& digest, std::size_t most) const {
  KTN_TRY(Outgoing blob, get(scope, digest));
  if (blob.size() > static_cast<std::int64_t>(most))
    return Error{Code::exhausted,
                 "the blob '" + digest + "' is larger than " + text::human_bytes(static_cast<std::int64_t>(most))};
  std::string all;
  while (true) {
    KTN_TRY(const std::string piece, blob.next());
    if (piece.empty()) return all;
    all += piece;
  }
}

bool Blobs::has(const std::string& scope, const std::string& digest) {
  if (!is_digest(digest) || !is_scope(scope) || folder_.empty()) return false;
  came(scope);
  return touch(path_of(scope, digest), clock_.now());
}

Result<std::vector<Blob>> Blobs::list() const {
  std::vector<Blob> all;
  if (folder_.empty() || !files::exists(folder_)) return all;
  std::error_code error;
  for (const auto& grid : fs::directory_iterator(folder_, error)) {
    if (!grid.is_directory(error)) continue;
    for (const auto& project : fs::directory_iterator(grid.path(), error)) {
      const std::string scope = grid.path().filename().string() + '/' + project.path().filename().string();
      if (!is_scope(scope) || !project.is_directory(error)) continue;
      for (const auto& entry : fs::directory_iterator(project.path(), error)) {
        const std::string digest = std::string(prefix) + entry.path().filename().string();
        struct stat found {};
        if (is_digest(digest) && ::lstat(entry.path().c_str(), &found) == 0 && S_ISREG(found.st_mode))
          all.push_back({scope, digest, found.st_size, time_of(found)});
      }
    }
  }
  if (error) return Error{Code::unavailable, "cannot read '" + folder_ + "': " + error.message()};
  return all;
}

void Blobs::came(const std::string& scope) {
  state_.with([&](State& state) { state.scopes[scope].last = clock_.steady(); });
}

bool Blobs::quiet(const std::string& scope) {
  return state_.with([&](State& state) {
    const auto found = state.scopes.find(scope);
    if (state.holds > 0) return false;
    if (found == state.scopes.end()) return true;
    return found->second.coming == 0 && clock_.steady() - found->second.last > moment;
  });
}

Blobs::Hold Blobs::keep_all() {
  state_.with([](State& state) { ++state.holds; });
  return {nullptr, [this](void*) { state_.with([](State& state) { --state.holds; }); }};
}

// Whoever uses it by its name either does so before the rename, and its time says so,
// or finds it absent.
Result<bool> Blobs::remove(const Blob& blob, Time since) {
  if (!quiet(blob.scope)) return false;
  const std::string path = path_of(blob.scope, blob.digest), aside = path + std::string(going);
  if (::rename(path.c_str(), aside.c_str()) != 0) {
    if (errno == ENOENT) return false;
    return failed("cannot remove", path, errno);
  }
  struct stat found {};
  if (::lstat(aside.c_str(), &found) != 0) return failed("cannot remove", path, errno);
  if (time_of(found) >= since || !quiet(blob.scope)) {
    if (::rename(aside.c_str(), path.c_str()) != 0) return failed("cannot keep", path, errno);
    return false;
  }
  KTN_OK(files::remove(aside));
  return true;
}

Status Blobs::check(const Blob& blob) const {
  KTN_TRY(Outgoing file, get(blob.scope, blob.digest));
  crypto::Sha256 sum;
  while (true) {
    KTN_TRY(const std::string piece, file.next());
    if (piece.empty()) break;
    sum.add(piece);
  }
  if (std::string(prefix) + sum.hex() == blob.digest) return Done{};
  return Error{Code::corrupt, "it does not hold what it is named by"};
}

}  // namespace kontena::blobs
