#include "rocksdb_database.h"

#include <utility>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <future>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "rocksdb_status.h"

namespace kontena::store {
namespace {

// Keeps RocksDB from mending a full disk by itself, on a thread that watches it.
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* recover) override {
    *recover = false;
  }
};

// A server of a small cluster shares its machine: the memory is bounded at about
// 32 MB of cache and 24 MB of fresh writes, which is plenty for 100,000 records.
rocksdb::Options options(rocksdb::Env* env, std::shared_ptr<rocksdb::Logger> log) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(32u << 20, 2);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // most expectations are of keys that are absent
  table.cache_index_and_filter_blocks = true;
  table.format_version = 5;

  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = 8u << 20;
  options.db_write_buffer_size = 24u << 20;
  options.max_open_files = 256;
  options.max_background_jobs = 2;
  options.max_manifest_file_size = 4u << 20;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log = std::move(log);
  // Every write is synced before it is acknowledged, so a crash can only leave an
  // unfinished record at the very end, and that one was promised to nobody.
  // Anything else that is wrong in the log is damage to what was promised: we say
  // so rather than drop it in silence, as point-in-time recovery would.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // When to go on after a failure is for reopen() to say, in one place.
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<NoRecovery>());
  return options;
}

// Enough for what is in memory at most to be written out when it is opened anew.
constexpr std::size_t probe_bytes = 24u << 20;

Status probe(rocksdb::Env& env, const std::string& folder) {
  const std::string path = folder + "/probe";
  const auto written = rocksdb::WriteStringToFile(&env, std::string(probe_bytes, '\0'), path, true);
  env.DeleteFile(path).PermitUncheckedError();
  return written.ok() ? Status(Done{}) : Status(to_error(written, folder));
}

// A new database gets our mark; another must have one that we can read.
Status check_format(rocksdb::DB& db, const std::string& folder) {
  std::string stored;
  const auto got = db.Get({}, {format_key.data(), format_key.size()}, &stored);
  if (got.ok()) {
    const auto format = text::integer(stored);
    if (!format || *format < 1)
      return Error{Code::corrupt, "the database in '" + folder + "': key 'meta/format' is no number"};
    if (*format > database_format)
      return Error{Code::unsupported,
                   "the database in '" + folder + "' has format " + std::to_string(*format) +
                       ", this version of kontena reads up to " + std::to_string(database_format),
                   "install the version of kontena that wrote it, or a newer one"};
    return Done{};
  }
  if (!got.IsNotFound()) return to_error(got, folder);
  const std::unique_ptr<rocksdb::Iterator> any(db.NewIterator({}));
  any->SeekToFirst();
  if (!any->status().ok()) return to_error(any->status(), folder);
  if (any->Valid()) return Error{Code::failed_precondition, "the database in '" + folder + "' is not one of kontena's"};
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const auto put = db.Put(synced, {format_key.data(), format_key.size()}, std::to_string(database_format));
  return put.ok() ? Status(Done{}) : Status(to_error(put, folder));
}

Error with_damaged_file(Error error, RocksdbLog& log) {
  const auto file = log.damaged_file();
  if (error.code == Code::corrupt && !file.empty()) error.message += " in '" + file + "'";
  return error;
}

Result<std::unique_ptr<rocksdb::DB>> open_database(const std::string& folder, rocksdb::Env* env) {
  rocksdb::DB* db = nullptr;
  const auto log = std::make_shared<RocksdbLog>();
  const auto opened = rocksdb::DB::Open(options(env, log), folder, &db);
  if (!opened.ok()) return with_damaged_file(to_error(opened, folder), *log);
  std::unique_ptr<rocksdb::DB> owned(db);
  KTN_OK(check_format(*owned, folder));
  return owned;
}

}  // namespace

std::string with_revision(Revision revision, std::string_view value) {
  std::string stored;
  stored.reserve(revision_size + value.size());
  for (std::size_t i = 0; i < revision_size; ++i)
    stored += static_cast<char>(static_cast<std::uint64_t>(revision) >> (8 * i) & 0xff);
  stored += value;
  return stored;
}

std::optional<Revision> revision_in(std::string_view stored) {
  if (stored.size() < revision_size) return std::nullopt;
  std::uint64_t revision = 0;
  for (std::size_t i = revision_size; i > 0; --i) revision = revision << 8 | static_cast<unsigned char>(stored[i - 1]);
  return static_cast<Revision>(revision);
}

Result<Revision> newest_revision(rocksdb::DB& db, const rocksdb::ReadOptions& options, const std::string& folder) {
  std::string stored;
  const auto got = db.Get(options, slice(revision_key), &stored);
  if (got.IsNotFound()) return Revision(0);
  if (!got.ok()) return to_error(got, folder);
  const auto revision = revision_in(stored);
  if (!revision) return Error{Code::corrupt, "the database in '" + folder + "': key 'meta/revision' is too short"};
  return *revision;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& folder, rocksdb::Env* env) {
  KTN_OK(files::make_folder(folder, 0700));
  KTN_TRY(auto db, open_database(folder, env));
  std::unique_ptr<Database> database(new Database(folder, env));
  database->show(std::move(db));
  return database;
}

Result<std::unique_ptr<Database>> Database::open_to_read(const std::string& folder, rocksdb::Env* env) {
  if (!files::exists(folder + "/CURRENT"))
    return Error{Code::not_found, "there is no database in '" + folder + "'"};
  rocksdb::DB* db = nullptr;
  const auto log = std::make_shared<RocksdbLog>();
  const auto opened = rocksdb::DB::OpenForReadOnly(options(env, log), folder, &db);
  if (!opened.ok()) return with_damaged_file(to_error(opened, folder), *log);
  std::unique_ptr<rocksdb::DB> owned(db);
  KTN_OK(check_format(*owned, folder));
  std::unique_ptr<Database> database(new Database(folder, env));
  database->show(std::move(owned));
  return database;
}

void Database::show(std::unique_ptr<rocksdb::DB> db) {
  std::promise<void> closing;
  State next{.closed = closing.get_future()};
  next.db = std::shared_ptr<rocksdb::DB>(db.release(), [closing = std::move(closing), held = held_](rocksdb::DB* last) mutable {
    for (const rocksdb::Snapshot* one : held->with([](auto& all) { return std::exchange(all, {}); }))
      last->ReleaseSnapshot(one);
    delete last;
    closing.set_value();
  });
  state_.change([&](State& state) { state = std::move(next); });
}

std::shared_ptr<rocksdb::DB> Database::get() {
  return state_.wait_then(
      std::chrono::minutes(1), [](const State& state) { return !state.reopening; },
      [](const State& state) { return state.db; });
}

Status Database::reopen() {
  KTN_OK(probe(*env_, folder_));
  auto closed = state_.with([](State& state) {
    state.reopening = true;
    state.db.reset();
    return std::move(state.closed);
  });
  closed.wait();  // its files are free only then
  auto opened = open_database(folder_, env_);
  if (opened) {
    show(*std::move(opened));
    return Done{};
  }
  rocksdb::DB* reading = nullptr;
  if (!rocksdb::DB::OpenForReadOnly(options(env_, std::make_shared<RocksdbLog>()), folder_, &reading).ok())
    reading = nullptr;
  show(std::unique_ptr<rocksdb::DB>(reading));
  return std::move(opened).error();
}

}  // namespace kontena::store
