// The ways to open a database; see store/open.h.
#include <exception>

#include "kontena/base/files.h"
#include "kontena/store/open.h"
#include "rocksdb_status.h"
#include "rocksdb_store.h"
#include "rocksdb_trail.h"

namespace kontena::store {
namespace {

using Opened = Result<std::unique_ptr<Store>>;

// No memory, no threads: what RocksDB and the threads of the standard library throw.
Opened guarded(const std::string& folder, auto&& open) {
  try {
    return open();
  } catch (const std::exception& e) {
    return Error{Code::unavailable, "the database in '" + folder + "': " + e.what()};
  }
}

}  // namespace

Opened open_rocksdb_in(const std::string& folder, rocksdb::Env* env) {
  return guarded(folder, [&]() -> Opened {
    KTN_TRY(auto database, Database::open(folder, env));
    KTN_TRY(const Revision revision, newest_revision(*database->get(), {}, folder));
    KTN_TRY(crypto::Link trail, newest_link(*database->get(), folder));
    check_trail_end(*database->get(), trail, folder);
    return std::unique_ptr<Store>(std::make_unique<RocksdbStore>(std::move(database), revision, std::move(trail)));
  });
}

Opened open_rocksdb(const std::string& folder) { return open_rocksdb_in(folder, rocksdb::Env::Default()); }

Opened make_rocksdb(const std::string& folder, Revision start) {
  if (files::exists(folder)) return Error{Code::failed_precondition, "'" + folder + "' is there already"};
  return guarded(folder, [&]() -> Opened {
    KTN_TRY(auto database, Database::open(folder, rocksdb::Env::Default()));
    rocksdb::WriteOptions synced;
    synced.sync = true;
    if (const auto put = database->get()->Put(synced, slice(revision_key), with_revision(start, "")); !put.ok())
      return to_error(put, folder);
    return std::unique_ptr<Store>(std::make_unique<RocksdbStore>(std::move(database), start, crypto::Link{}));
  });
}

Opened open_rocksdb_to_read(const std::string& folder) {
  return guarded(folder, [&]() -> Opened {
    KTN_TRY(auto database, Database::open_to_read(folder, rocksdb::Env::Default()));
    KTN_TRY(const Revision revision, newest_revision(*database->get(), {}, folder));
    return std::unique_ptr<Store>(
        std::make_unique<RocksdbStore>(std::move(database), revision, crypto::Link{}, RocksdbStore::For::reading));
  });
}

Status check_rocksdb_files(const std::string& folder) {
  KTN_TRY(const auto database, Database::open_to_read(folder, rocksdb::Env::Default()));
  const auto checked = database->get()->VerifyChecksum();
  return checked.ok() ? Status(Done{}) : Status(to_error(checked, folder));
}

}  // namespace kontena::store
