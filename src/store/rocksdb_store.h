#pragma once

#include <rocksdb/db.h>

#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feed.h"
#include "kontena/base/loop.h"
#include "kontena/base/synced.h"
#include "kontena/store/store.h"

namespace kontena::store {

// The database's own format: how keys and values are laid out in RocksDB. That
// of the records inside is store/table.h's.
inline constexpr int database_format = 1;

// Keys of the store itself. No commit can write them, no prefix lists them.
inline constexpr std::string_view format_key{"\0meta/format", 12};      // a decimal number
inline constexpr std::string_view revision_key{"\0meta/revision", 14};  // of the newest commit

// A stored value is the revision that wrote it, 8 bytes, least first, and then
// the caller's bytes.
std::string with_revision(Revision, std::string_view value);
std::optional<Revision> revision_in(std::string_view stored);

// Opens, or makes, the database in `folder` through `env`: tests give one that fails.
Result<std::unique_ptr<rocksdb::DB>> open_database(const std::string& folder, rocksdb::Env* env);

// As store::open_rocksdb.
Result<std::unique_ptr<Store>> open_rocksdb_in(const std::string& folder, rocksdb::Env* env);

// Readers go straight to RocksDB. Commits queue up for one thread, which checks
// them in turn, writes those that hold as one synced batch, and only then tells
// the feed and the callers.
class RocksdbStore final : public Store {
 public:
  RocksdbStore(std::string folder, std::unique_ptr<rocksdb::DB> db, Revision revision);
  ~RocksdbStore() override;

  Result<std::optional<Entry>> get(std::string_view key) override;
  Result<Listing> list(std::string_view prefix) override;
  Result<std::vector<Entry>> page(std::string_view prefix, std::string_view after, std::size_t limit,
                                  bool backward) override;
  Result<Revision> commit(const Commit&) override;
  Result<std::vector<Changed>> changes(Revision after, std::size_t limit, Duration timeout) override;
  void close() override { feed_.close(); }

 private:
  struct Waiting {
    const Commit* commit;  // its owner waits for the answer
    std::promise<Result<Revision>> answer;
  };
  class Group;

  void write_queue();
  void write_group(std::vector<Waiting>);
  Status recover();

  const std::string folder_;
  const std::unique_ptr<rocksdb::DB> db_;
  Feed feed_;
  Synced<std::deque<Waiting>> queue_;

  // The committer's alone.
  Revision revision_;            // of the newest durable commit
  std::optional<Error> broken_;  // why the last group could not be written; no more are tried before recover() worked
  Duration tried_{};             // when recover() was last tried
  Loop committer_;               // last: it ends before what it uses
};

}  // namespace kontena::store
