#include "restore.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>

#include "backup_files.h"
#include "bootstrap.h"
#include "kontena/api/backup.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/blobs/blobs.h"
#include "kontena/pki/authority.h"
#include "kontena/store/open.h"
#include "kontena/store/trail.h"
#include "offline.h"
#include "restores.h"

namespace kontena::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view marker = "restoring";
constexpr std::size_t batch_bytes = 1u << 20;
constexpr std::size_t batch_records = 1'000;
constexpr std::size_t read_bytes = 256u << 10;

std::string at(const std::string& folder, std::string_view name) { return folder + '/' + std::string(name); }

// What a restore may find: nothing, or what another one left.
Status check_empty(const std::string& data_dir) {
  if (restore_unfinished(data_dir)) return Done{};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(data_dir, error)) {
    const std::string name = entry.path().filename();
    if (name == "lock" || name == "lost+found") continue;
    return Error{Code::already_exists, "the data directory '" + data_dir + "' is in use: it has '" + name + "'",
                 "give an empty or absent one by --data-dir, or move what is there away"};
  }
  if (error) return Error{Code::unavailable, "cannot read '" + data_dir + "': " + error.message()};
  return Done{};
}

// All but the lock, the marker last: a directory without it is empty.
Status clear(const std::string& data_dir) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(data_dir, error)) {
    const std::string name = entry.path().filename();
    if (name != "lock" && name != "lost+found" && name != marker) fs::remove_all(entry.path(), error);
    if (error) break;
  }
  if (!error) fs::remove(at(data_dir, marker), error);
  if (error) return Error{Code::unavailable, "cannot empty '" + data_dir + "': " + error.message()};
  return Done{};
}

// One backup on its way into one directory.
class Restore {
 public:
  Restore(const std::string& data_dir, Time now) : data_dir_(data_dir), now_(now) {}

  Status from(const Pieces& next) {
    api::BackupReader reader({.head = [this](const api::BackupHead& head) { return take_head(head); },
                              .file = [this](auto name, auto content) { return take_file(name, content); },
                              .record = [this](auto key, auto value) { return take_record(key, value); },
                              .blob = [this](auto name, auto) { return take_blob(name); },
                              .bytes = [this](auto bytes) { return blob_ ? blob_->add(bytes) : Status(Done{}); },
                              .blob_end = [this] { return keep_blob(); }});
    while (true) {
      KTN_TRY(const std::string piece, next());
      if (piece.empty()) break;
      KTN_OK(reader.feed(piece));
    }
    KTN_OK(reader.finish());
    done_.records = reader.records();
    return Done{};
  }

  // What is not of the backup: that this is another future than the one that was.
  Status finish(IdSource& ids) {
    if (!files_.contains(std::string(authority_certificate.name)) || !files_.contains(std::string(authority_key.name)))
      return Error{Code::corrupt, "the backup has no authority in it", "take another one"};
    const pki::KeyPair pair{files_[std::string(authority_certificate.name)],
                            Redacted(files_[std::string(authority_key.name)])};
    KTN_TRY(const pki::Authority authority, pki::Authority::load(pair));
    if (authority.fingerprint() != head_.authority)
      return Error{Code::corrupt, "the authority in the backup is not the one it names", "take another one"};
    KTN_OK(write());
    KTN_TRY(const auto known, store_->get(restores_key));
    KTN_TRY(Restores restores, read_restores(known ? known->value : std::string()));
    restores.push_back({head_.made_ms, to_ms(now_)});
    const std::string request = ids.id();
    const model::AuditRecord record{.at_ms = to_ms(now_),
                                    .who = "kontena server restore",
                                    .verb = "server.restore",
                                    .resource = "backup of " + text::rfc3339(from_ms(head_.made_ms)),
                                    .outcome = "ok",
                                    .request = request};
    batch_.puts.push_back({std::string(restores_key), write_restores(restores)});
    // Opened anew it knows where the trail, which came as records like others, ends.
    store_.reset();
    KTN_TRY(store_, store::open_rocksdb(at(data_dir_, "db")));
    KTN_OK(store::chain_old_records(*store_));
    batch_.trail.push_back(store::audit_text(record));
    KTN_OK(write());
    KTN_TRY(const store::Listing listing, store_->list(restores_key));
    done_.revision = listing.revision;
    store_.reset();
    for (const BackupFile& file : backup_files) KTN_OK(keep(file));
    KTN_OK(keep(authority_key));
    return keep(authority_certificate);
  }

  Restored done() const { return done_; }

 private:
  Status take_head(const api::BackupHead& head) {
    head_ = head;
    done_.made_ms = head.made_ms;
    KTN_TRY(store_, store::make_rocksdb(at(data_dir_, "db"), revision_after_restore(head.revision, now_)));
    return Done{};
  }
  Status take_file(std::string_view name, std::string_view content) {
    files_[std::string(name)] = content;
    return Done{};
  }
  Status take_blob(std::string_view name) {
    const auto slash = name.rfind('/');
    if (slash == std::string_view::npos) return Error{Code::corrupt, "the backup is damaged: a blob has no name"};
    blob_name_ = name;
    KTN_TRY(auto incoming, blobs_.put(std::string(name.substr(0, slash)), std::string(name.substr(slash + 1)),
                                      std::numeric_limits<std::int64_t>::max()));
    blob_.emplace(std::move(incoming));
    return Done{};
  }
  // One that was damaged already where it came from takes nothing else with it.
  Status keep_blob() {
    const Status kept = blob_->keep();
    blob_.reset();
    if (kept || kept.error().code != Code::invalid_argument) return kept;
    log::warn("a blob in the backup is damaged, and left out", {{"blob", blob_name_}});
    return Done{};
  }
  Status take_record(std::string_view key, std::string_view value) {
    batch_.puts.push_back({std::string(key), std::string(value)});
    bytes_ += key.size() + value.size();
    return bytes_ < batch_bytes && batch_.puts.size() < batch_records ? Status(Done{}) : write();
  }
  Status write() {
    KTN_OK(store_->commit(batch_));
    batch_ = {};
    bytes_ = 0;
    return Done{};
  }
  Status keep(const BackupFile& file) {
    const auto found = files_.find(std::string(file.name));
    if (found == files_.end()) return Done{};
    return files::write(at(data_dir_, file.name), found->second, file.mode);
  }

  const std::string& data_dir_;
  const Time now_;
  api::BackupHead head_;
  std::map<std::string, std::string> files_;
  const SystemClock clock_;
  blobs::Blobs blobs_{at(data_dir_, "blobs"), clock_};
  std::optional<blobs::Incoming> blob_;
  std::string blob_name_;
  std::unique_ptr<store::Store> store_;
  store::Commit batch_;
  std::size_t bytes_ = 0;
  Restored done_;
};

// The bytes of a file, or of standard input.
class Source {
 public:
  static Result<Source> open(const std::string& path) {
    if (path == "-") return Source(STDIN_FILENO);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0) return Source(fd);
    return Error{errno == ENOENT ? Code::not_found : Code::permission_denied,
                 "cannot read '" + path + "': " + std::strerror(errno)};
  }
  Source(Source&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Source() {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  Result<std::string> next() {
    std::string bytes(read_bytes, '\0');
    ssize_t got = -1;
    do got = ::read(fd_, bytes.data(), bytes.size());
    while (got < 0 && errno == EINTR);
    if (got < 0) return Error{Code::unavailable, std::string("cannot read the backup: ") + std::strerror(errno)};
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
  }

 private:
  explicit Source(int fd) : fd_(fd) {}
  int fd_;
};

constexpr const char* usage_text =
    "usage: kontena server restore FILE [--data-dir DIR]\n\n"
    "Makes a server's data directory of a backup, the work of `kontena client backup`\n"
    "(- = standard input). The directory must be empty or absent. Afterwards start the\n"
    "server: nodes and tokens of the backup are known to it; nodes that joined later are\n"
    "not, and their containers are left alone.\n\n"
    "Options:\n"
    "  --data-dir DIR  where to (default: /var/lib/kontena-server; KONTENA_DATA_DIR)\n\n"
    "Examples:\n"
    "  kontena server restore kontena.backup\n"
    "  age -d -i KEY kontena.backup.age | kontena server restore - --data-dir /srv/kontena\n\n"
    "Exit status: 0 done, 1 the backup is damaged or cannot be read, 2 wrong options,\n"
    "4 no such file, 5 the directory is in use.\n";

}  // namespace

store::Revision revision_after_restore(store::Revision of_backup, Time now) {
  constexpr store::Revision leap = 1'000'000'000;
  return std::max(of_backup + leap, to_ms(now) * 1000);
}

bool restore_unfinished(const std::string& data_dir) { return files::exists(at(data_dir, marker)); }

Result<Restored> restore(const std::string& data_dir, const Pieces& next, IdSource& ids, Time now) {
  KTN_OK(make_data_dir(data_dir));
  KTN_TRY(const files::Lock lock, lock_data_dir(data_dir));
  KTN_OK(check_empty(data_dir));
  // From here on no server starts on it, however this ends.
  KTN_OK(files::write(at(data_dir, marker), "a restore into this folder has not come to its end\n", 0600));
  const auto attempt = [&]() -> Result<Restored> {
    std::error_code ignored;
    fs::remove_all(at(data_dir, "db"), ignored);
    fs::remove_all(at(data_dir, "blobs"), ignored);
    Restore work(data_dir, now);
    KTN_OK(work.from(next));
    KTN_OK(work.finish(ids));
    return work.done();
  };
  auto done = attempt();
  if (!done) {
    if (const Status cleared = clear(data_dir); !cleared)
      log::warn("what was restored so far is left", {{"reason", cleared.error().message}});
    return done;
  }
  KTN_OK(files::remove(at(data_dir, marker)));
  return done;
}

int run_restore(std::span<const std::string> arguments) {
  const auto words = read_offline("restore", arguments, settings::process_environment(), usage_text, 1);
  if (const int* status = std::get_if<int>(&words)) return *status;
  const auto& [data_dir, files] = std::get<Offline>(words);
  auto source = Source::open(files[0]);
  if (!source) return complain_offline("restore", source.error());
  log::set_level(log::Level::warn);
  SystemIds ids;
  const auto done = restore(data_dir, [&] { return source->next(); }, ids, SystemClock().now());
  if (!done) return complain_offline("restore", done.error());
  std::printf("restored %lld records of %s into %s\n", static_cast<long long>(done->records),
              text::rfc3339(from_ms(done->made_ms)).c_str(), data_dir.c_str());
  std::printf("next: kontena server --data-dir %s\n", data_dir.c_str());
  return 0;
}

}  // namespace kontena::server
