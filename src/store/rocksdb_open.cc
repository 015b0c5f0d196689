#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <exception>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/store/open.h"
#include "rocksdb_status.h"
#include "rocksdb_store.h"

namespace kontena::store {
namespace {

// A server of a small cluster shares its machine: the memory is bounded at about
// 32 MB of cache and 24 MB of fresh writes, which is plenty for 100,000 records.
rocksdb::Options options(rocksdb::Env* env) {
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
  options.info_log = rocksdb_log();
  // Every write is synced before it is acknowledged, so a crash can only leave an
  // unfinished record at the very end, and that one was promised to nobody.
  // Anything else that is wrong in the log is damage to what was promised: we say
  // so rather than drop it in silence, as point-in-time recovery would.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // When to go on after a failure is decided by recover(), in one place.
  options.max_bgerror_resume_count = 0;
  return options;
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

Result<Revision> newest_revision(rocksdb::DB& db, const std::string& folder) {
  std::string stored;
  const auto got = db.Get({}, {revision_key.data(), revision_key.size()}, &stored);
  if (got.IsNotFound()) return Revision(0);
  if (!got.ok()) return to_error(got, folder);
  const auto revision = revision_in(stored);
  if (!revision) return Error{Code::corrupt, "the database in '" + folder + "': key 'meta/revision' is too short"};
  return *revision;
}

}  // namespace

Result<std::unique_ptr<rocksdb::DB>> open_database(const std::string& folder, rocksdb::Env* env) {
  KTN_OK(files::make_folder(folder, 0700));
  rocksdb::DB* db = nullptr;
  const auto opened = rocksdb::DB::Open(options(env), folder, &db);
  if (!opened.ok()) return to_error(opened, folder);
  return std::unique_ptr<rocksdb::DB>(db);
}

Result<std::unique_ptr<Store>> open_rocksdb_in(const std::string& folder, rocksdb::Env* env) {
  try {
    KTN_TRY(auto db, open_database(folder, env));
    KTN_OK(check_format(*db, folder));
    KTN_TRY(const Revision revision, newest_revision(*db, folder));
    return std::unique_ptr<Store>(std::make_unique<RocksdbStore>(folder, std::move(db), revision));
  } catch (const std::exception& e) {  // no memory, no threads
    return Error{Code::unavailable, "the database in '" + folder + "': " + e.what()};
  }
}

Result<std::unique_ptr<Store>> open_rocksdb(const std::string& folder) {
  return open_rocksdb_in(folder, rocksdb::Env::Default());
}

}  // namespace kontena::store
