#include "content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/image/parts.h"
#include "kontena/image/unpack.h"

namespace kontena::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view uses = "uses-";  // in an instance's folder, an empty file for each content
constexpr Duration longest_turn{600'000};

std::string hex_of(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

Error failed(const std::string& doing, const std::string& path, int number) {
  return {number == ENOSPC ? Code::exhausted : Code::failed_precondition,
          "cannot " + doing + " '" + path + "': " + std::strerror(number)};
}

// All of it is on the disk before it has its name.
Status sync_disk(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::syncfs(fd) == 0;
  const int number = errno;
  if (fd >= 0) ::close(fd);
  return synced ? Status(Done{}) : failed("sync", folder, number);
}

Status remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return failed("remove", path, error.value());
  return Done{};
}

std::function<Result<std::string>()> pieces_of(const std::string& path) {
  return [file = std::make_shared<std::ifstream>(path, std::ios::binary), path]() -> Result<std::string> {
    if (!file->is_open() || file->bad()) return Error{Code::failed_precondition, "cannot read '" + path + "'"};
    std::string piece(256u << 10, '\0');
    file->read(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.resize(static_cast<std::size_t>(file->gcount()));
    return piece;
  };
}

Status give(const std::string& path, const model::FileUse& use) {
  const auto id = [](const std::string& text) { return static_cast<unsigned>(text::integer(text).value_or(0)); };
  if (::chown(path.c_str(), id(use.uid), id(use.gid)) != 0) return failed("set the owner of", path, errno);
  if (::chmod(path.c_str(), static_cast<mode_t>(use.mode & 07777)) != 0) return failed("set the mode of", path, errno);
  return Done{};
}

}  // namespace

// One at a time, and no I/O while the lock is held.
class Content::Turn {
 public:
  explicit Turn(Synced<bool>& taken, Duration limit = longest_turn) : taken_(taken) {
    mine_ = taken_.wait_then(
        limit, [](bool t) { return !t; }, [](bool& t) { return !std::exchange(t, true); });
  }
  ~Turn() {
    if (mine_) taken_.change([](bool& t) { t = false; });
  }
  Turn(const Turn&) = delete;
  Status got() const {
    if (mine_) return Done{};
    return Error{Code::deadline_exceeded, "the content of another instance is still being brought"};
  }

 private:
  Synced<bool>& taken_;
  bool mine_ = false;
};

std::string Content::content_path(const std::string& digest) const { return folders_.content + '/' + hex_of(digest); }
std::string Content::copy_path(const model::Assignment& a, std::size_t index) const {
  return folders_.instances + '/' + *a.id + "/copy-" + std::to_string(index);
}
std::string Content::file_path(const model::Assignment& a, std::size_t index) const {
  const model::FileUse& use = a.spec.files[index];
  return (use.secret ? folders_.memory : folders_.instances) + '/' + *a.id + (use.secret ? "/secret-" : "/config-") +
         std::to_string(index);
}

std::string Content::lacking(const model::Assignment& a) const {
  for (std::size_t i = 0; i < a.spec.files.size(); ++i)
    if (!files::exists(file_path(a, i))) return a.spec.files[i].secret ? "its secrets" : "its configs";
  for (std::size_t i = 0; i < a.spec.mounts.size(); ++i) {
    const model::Mount& mount = a.spec.mounts[i];
    if (mount.kind == model::MountKind::content &&
        !files::exists(mount.read_only ? content_path(mount.digest) : copy_path(a, i)))
      return "its files";
  }
  return "";
}

Status Content::fetch(const std::string& digest, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file) return failed("write", path, errno);
  crypto::Sha256 sum;
  int number = 0;  // of the first failure, as whoever ends the transfer may have others
  const Status came = source_.blob(digest, [&](std::string_view bytes) {
    sum.add(bytes);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file) number = errno;
    return number == 0;
  });
  file.close();
  if (!file && number == 0) number = errno;
  if (number != 0) return failed("write", path, number);
  KTN_OK(came);
  if ("sha256:" + sum.hex() != digest) return Error{Code::corrupt, "the server gave something else for " + digest};
  return Done{};
}

// REQUIRES: it is our turn.
Status Content::fetch_content(const std::string& digest) {
  const std::string path = content_path(digest);
  if (files::exists(path)) return Done{};
  KTN_OK(files::make_folder(folders_.content, 0700));
  const std::string archive = folders_.content + "/.archive", coming = folders_.content + "/.coming";
  KTN_OK(remove_tree(coming));
  Status done = fetch(digest, archive);
  if (done) done = image::unpack_content(coming, pieces_of(archive));
  ::unlink(archive.c_str());
  if (done) done = sync_disk(folders_.content);
  if (done && ::rename(coming.c_str(), path.c_str()) != 0) done = failed("keep", path, errno);
  // Half of it would keep a full disk full.
  if (!done) std::ignore = remove_tree(coming);
  return done;
}

Status Content::ensure_copy(const model::Assignment& a, std::size_t index) {
  const model::Mount& mount = a.spec.mounts[index];
  if (mount.read_only) return fetch_content(mount.digest);
  const std::string path = copy_path(a, index), coming = path + ".coming";
  if (files::exists(path)) return Done{};
  KTN_OK(fetch_content(mount.digest));
  KTN_OK(remove_tree(coming));
  std::error_code error;
  fs::copy(content_path(mount.digest), coming, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  if (error) {
    std::ignore = remove_tree(coming);
    return failed("copy to", path, error.value());
  }
  if (::rename(coming.c_str(), path.c_str()) != 0) return failed("keep", path, errno);
  return Done{};
}

Status Content::ensure_file(const model::Assignment& a, std::size_t index) {
  const model::FileUse& use = a.spec.files[index];
  const std::string path = file_path(a, index);
  if (files::exists(path)) return Done{};
  const std::string coming = path + ".coming";
  if (use.secret) {
    KTN_OK(files::make_folder(folders_.memory + '/' + *a.id, 0700));
    KTN_TRY(const Redacted text, source_.secret(use.digest));
    KTN_OK(files::write(coming, text.reveal(), 0600));
  } else {
    KTN_OK(fetch(use.digest, coming));
  }
  KTN_OK(give(coming, use));
  if (!use.secret) KTN_OK(sync_disk(folders_.instances));
  if (::rename(coming.c_str(), path.c_str()) != 0) return failed("keep", path, errno);
  return Done{};
}

Status Content::ensure(const model::Assignment& a) {
  const auto is_content = [](const model::Mount& mount) { return mount.kind == model::MountKind::content; };
  if (a.spec.files.empty() && std::ranges::none_of(a.spec.mounts, is_content)) return Done{};
  const std::string own = folders_.instances + '/' + *a.id;
  KTN_OK(files::make_folder(own, 0700));
  const Turn turn(turn_);
  KTN_OK(turn.got());
  for (std::size_t i = 0; i < a.spec.mounts.size(); ++i) {
    if (!is_content(a.spec.mounts[i])) continue;
    KTN_OK(files::write(own + '/' + std::string(uses) + hex_of(a.spec.mounts[i].digest), "", 0600));
    KTN_OK(ensure_copy(a, i));
  }
  for (std::size_t i = 0; i < a.spec.files.size(); ++i) KTN_OK(ensure_file(a, i));
  return Done{};
}

Status Content::fetch_variables(const model::Assignment& a) {
  if (a.spec.env_secrets.empty()) return Done{};
  std::map<std::string, Redacted> values;
  for (const model::SecretVariable& one : a.spec.env_secrets) {
    KTN_TRY(values[one.variable], source_.secret(one.digest));
  }
  variables_.with([&](auto& all) { all[*a.id] = std::move(values); });
  return Done{};
}

std::map<std::string, Redacted> Content::variables(const model::Assignment& a) {
  return variables_.with([&](auto& all) { return all[*a.id]; });
}

void Content::forget_variables(const std::string& instance) {
  variables_.with([&](auto& all) { all.erase(instance); });
}

void Content::mount(const model::Assignment& a, model::ServiceSpec& spec) const {
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
    model::Mount& mount = spec.mounts[i];
    if (mount.kind != model::MountKind::content) continue;
    mount.kind = model::MountKind::bind;
    mount.source = mount.read_only ? content_path(mount.digest) : copy_path(a, i);
    mount.must_exist = mount.selinux.empty();  // the engine has no word for both
    mount.digest.clear();
  }
  for (std::size_t i = 0; i < a.spec.files.size(); ++i)
    spec.mounts.push_back({.kind = model::MountKind::bind,
                           .source = file_path(a, i),
                           .target = a.spec.files[i].target,
                           .read_only = true,
                           .must_exist = true});
  spec.files.clear();
}

Status Content::make_volume(engine::Engine& engine, const std::string& name, const model::VolumeSpec& spec,
                            const model::StringMap& labels) {
  const Turn turn(turn_);
  KTN_OK(turn.got());
  const std::string mark = folders_.filling + '/' + name;
  const auto there = engine.volume_path(name);
  if (there && !files::exists(mark)) return Done{};
  if (!there && there.error().code != Code::not_found) return there.error();
  KTN_OK(fetch_content(spec.seed));
  KTN_OK(files::make_folder(folders_.filling, 0700));
  KTN_OK(files::write(mark, spec.seed, 0600));
  KTN_OK(engine.ensure_volume(name, spec, labels));
  KTN_TRY(const std::string path, engine.volume_path(name));
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
    KTN_OK(remove_tree(entry->path().string()));
  if (!error)
    fs::copy(content_path(spec.seed), path, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  if (error) return failed("fill the volume in", path, error.value());
  struct stat of_seed {};
  if (::stat(content_path(spec.seed).c_str(), &of_seed) != 0 || ::chmod(path.c_str(), of_seed.st_mode & 07777) != 0)
    return failed("set the mode of", path, errno);
  KTN_OK(sync_disk(path));
  log::info("a volume is filled with what came with the deploy", {{"volume", name}});
  return files::remove(mark);
}

void Content::forget(const std::string& instance) {
  forget_variables(instance);
  for (const std::string& folder : {folders_.memory, folders_.instances})
    if (const Status gone = remove_tree(folder + '/' + instance); !gone)
      log::warn("files of an instance are left", {{"instance", instance}, {"reason", gone.error().message}});
}

bool Content::keep_only(const std::set<std::string>& instances) {
  const Turn turn(turn_, Duration(0));
  if (!turn.got()) return false;
  std::error_code error;
  std::set<std::string> used;
  for (const std::string& folder : {folders_.memory, folders_.instances})
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
      if (const std::string name = at->path().filename(); !instances.contains(name)) forget(name);
  for (fs::directory_iterator at(folders_.instances, error), end; !error && at != end; at.increment(error))
    for (fs::directory_iterator in(at->path(), error); !error && in != end; in.increment(error))
      if (const std::string name = in->path().filename(); name.starts_with(uses)) used.insert(name.substr(uses.size()));
  for (fs::directory_iterator at(folders_.content, error), end; !error && at != end; at.increment(error))
    if (const std::string name = at->path().filename(); !used.contains(name))
      if (const Status gone = remove_tree(at->path().string()); !gone)
        log::warn("content that nobody uses is left", {{"reason", gone.error().message}});
  return true;
}

}  // namespace kontena::agent
