#include "kontena/image/context.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "kontena/crypto/digest.h"

namespace kontena::image {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_size = 256u << 10;

Error unreadable(const std::string& path, int number) {
  return {Code::failed_precondition, "cannot read " + path + ": " + std::strerror(number)};
}

struct Walk {
  const std::string& folder;
  const Ignore& ignore;
  const std::vector<std::string>& always;
  std::vector<TarEntry>& entries;

  bool wanted(const std::string& path) const {
    return !ignore.excludes(path) || std::ranges::find(always, path) != always.end();
  }
  bool to_look_into(const std::string& path) const {
    if (!ignore.excludes(path) || ignore.may_take_back_inside(path)) return true;
    return std::ranges::any_of(always, [&](const std::string& one) { return one.starts_with(path + '/'); });
  }

  // What is in a folder; where the folder itself is left out, it comes only with what is taken back.
  Status look(const std::string& inside) {
    std::error_code failed;
    std::vector<std::string> names;
    const std::string here = inside.empty() ? folder : folder + '/' + inside;
    for (fs::directory_iterator at(here, failed), end; !failed && at != end; at.increment(failed))
      names.push_back(at->path().filename().string());
    if (failed) return unreadable(here, failed.value());
    for (const std::string& name : names) KTN_OK(take(inside.empty() ? name : inside + '/' + name));
    return Done{};
  }

  Status take(const std::string& path) {
    struct stat found {};
    const std::string full = folder + '/' + path;
    if (::lstat(full.c_str(), &found) != 0) return unreadable(full, errno);
    const bool is_folder = S_ISDIR(found.st_mode);
    if (!wanted(path) && !(is_folder && to_look_into(path))) return Done{};
    TarEntry entry{.path = path, .mode = found.st_mode & 07777, .mtime_s = found.st_mtime};
    if (is_folder) {
      entry.kind = EntryKind::folder;
      const std::size_t place = entries.size();
      entries.push_back(std::move(entry));
      KTN_OK(look(path));
      if (!wanted(path) && entries.size() == place + 1) entries.pop_back();
      return Done{};
    }
    if (S_ISLNK(found.st_mode)) {
      std::error_code failed;
      entry.kind = EntryKind::symlink;
      entry.mode = 0777;
      entry.link = fs::read_symlink(full, failed).string();
      if (failed) return unreadable(full, failed.value());
    } else if (S_ISREG(found.st_mode)) {
      entry.size = found.st_size;
    } else {
      return Done{};
    }
    entries.push_back(std::move(entry));
    return Done{};
  }
};

}  // namespace

Result<Context> list_context(const std::string& folder, const Ignore& ignore, const std::vector<std::string>& always,
                             std::vector<Extra> extras) {
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0) return unreadable(folder, errno);
  if (!S_ISDIR(found.st_mode)) return Error{Code::failed_precondition, folder + " is no folder"};
  Context context{.folder = folder, .entries = {}, .extras = std::move(extras)};
  KTN_OK((Walk{folder, ignore, always, context.entries}.look("")));
  for (const Extra& extra : context.extras) {
    std::erase_if(context.entries, [&](const TarEntry& entry) { return entry.path == extra.path; });
    context.entries.push_back({.path = extra.path, .size = static_cast<std::int64_t>(extra.content.size())});
  }
  std::ranges::sort(context.entries, {}, &TarEntry::path);
  return context;
}

Result<std::string> Packer::next() {
  if (ended_) return std::string();
  const auto changed = [&](const std::string& path) {
    return Error{Code::failed_precondition, context_.folder + '/' + path + " changed while it was read", "build again"};
  };
  if (left_ > 0) {
    const TarEntry& entry = context_.entries[at_ - 1];
    std::string piece(static_cast<std::size_t>(std::min<std::int64_t>(left_, piece_size)), '\0');
    if (!file_.read(piece.data(), static_cast<std::streamsize>(piece.size()))) return changed(entry.path);
    left_ -= static_cast<std::int64_t>(piece.size());
    if (left_ > 0) return piece;
    if (file_.peek() != std::ifstream::traits_type::eof()) return changed(entry.path);
    file_.close();
    return piece + tar_padding(entry.size);
  }
  std::string piece;
  while (at_ < context_.entries.size() && piece.size() < piece_size && left_ == 0) {
    TarEntry entry = context_.entries[at_++];
    if (!with_times_) entry.mtime_s = 0;
    piece += tar_header(entry);
    const auto extra = std::ranges::find(context_.extras, entry.path, &Extra::path);
    if (extra != context_.extras.end()) {
      piece += extra->content + tar_padding(entry.size);
    } else if (entry.kind == EntryKind::file && entry.size > 0) {
      const std::string full = context_.folder + '/' + entry.path;
      file_.clear();
      file_.open(full, std::ios::binary);
      if (!file_) return unreadable(full, errno);
      left_ = entry.size;
    }
  }
  if (at_ == context_.entries.size() && left_ == 0) {
    ended_ = true;
    piece += tar_end();
  }
  return piece;
}

Result<std::string> digest_of(const Context& context) {
  crypto::Sha256 sum;
  Packer packer(context, false);
  while (true) {
    KTN_TRY(const std::string piece, packer.next());
    if (piece.empty()) return sum.hex();
    sum.add(piece);
  }
}

}  // namespace kontena::image
