#include "rocksdb_snapshot.h"

#include "rocksdb_group.h"
#include "rocksdb_status.h"

namespace kontena::store {
namespace {

class RocksdbSnapshot final : public Snapshot {
 public:
  RocksdbSnapshot(std::weak_ptr<rocksdb::DB> db, std::shared_ptr<Database::Held> all, const rocksdb::Snapshot* held,
                  Revision revision, std::string folder)
      : db_(std::move(db)), all_(std::move(all)), held_(held), revision_(revision), folder_(std::move(folder)) {
    all_->with([&](auto& snapshots) { snapshots.insert(held_); });
  }
  ~RocksdbSnapshot() override {
    const auto db = db_.lock();
    if (!db) return;  // given back when that was closed
    all_->with([&](auto& snapshots) { snapshots.erase(held_); });
    db->ReleaseSnapshot(held_);
  }

  Revision revision() const override { return revision_; }

  // An iterator for each piece: one that is kept would keep files and memory from
  // being given back for as long as a slow reader takes.
  Result<std::vector<Entry>> next(std::size_t bytes) override {
    std::vector<Entry> found;
    const auto db = db_.lock();
    if (!db)
      return Error{Code::unavailable, "the database in '" + folder_ + "' was opened anew meanwhile", "begin anew"};
    rocksdb::ReadOptions options;
    options.snapshot = held_;
    options.fill_cache = false;  // a copy of all would throw out what is in use
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(options));
    std::size_t size = 0;
    for (at->Seek(slice(from_)); at->Valid() && (found.empty() || size < bytes); at->Next()) {
      Entry one = listed_entry(at->key().ToStringView(), at->value().ToStringView());
      size += one.key.size() + one.value.size();
      found.push_back(std::move(one));
    }
    if (!at->status().ok()) return to_error(at->status(), folder_);
    if (!found.empty()) from_ = found.back().key + '\0';
    return found;
  }

 private:
  const std::weak_ptr<rocksdb::DB> db_;
  const std::shared_ptr<Database::Held> all_;
  const rocksdb::Snapshot* const held_;
  const Revision revision_;
  const std::string folder_;
  std::string from_{'\x01'};  // the store's own keys start with a zero byte
};

}  // namespace

Result<std::unique_ptr<Snapshot>> take_snapshot(Database& database) {
  const auto db = database.get();
  if (!db) return Error{Code::unavailable, "the database in '" + database.folder() + "' is closed"};
  const rocksdb::Snapshot* held = db->GetSnapshot();
  rocksdb::ReadOptions options;
  options.snapshot = held;
  auto revision = newest_revision(*db, options, database.folder());
  auto taken = std::make_unique<RocksdbSnapshot>(db, database.held(), held, revision ? *revision : 0, database.folder());
  if (!revision) return std::move(revision).error();
  return std::unique_ptr<Snapshot>(std::move(taken));
}

}  // namespace kontena::store
