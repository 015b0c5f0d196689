#pragma once

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
#include "rocksdb_database.h"

namespace kontena::store {

// As store::open_rocksdb, with the files of `env`.
Result<std::unique_ptr<Store>> open_rocksdb_in(const std::string& folder, rocksdb::Env* env);

// Readers go straight to RocksDB. Commits queue up for one thread, which checks
// them in turn, writes those that hold as one synced batch, and only then tells
// the feed and the callers.
class RocksdbStore final : public Store {
 public:
  enum class For { writing, reading };
  RocksdbStore(std::unique_ptr<Database> database, Revision revision, crypto::Link trail, For what = For::writing);
  ~RocksdbStore() override;

  Result<std::optional<Entry>> get(std::string_view key) override;
  Result<Listing> list(std::string_view prefix) override;
  Result<std::vector<Entry>> page(std::string_view prefix, std::string_view after, std::size_t limit,
                                  bool backward) override;
  Result<std::unique_ptr<Snapshot>> snapshot() override;
  Result<Revision> commit(const Commit&) override;
  Result<std::vector<Changed>> changes(Revision after, std::size_t limit, Duration timeout) override;
  Result<crypto::Link> trail() override;
  Status health() override;
  void close() override { feed_.close(); }

 private:
  struct Waiting {
    const Commit* commit;  // its owner waits for the answer
    std::promise<Result<Revision>> answer;
  };

  void write_queue();
  void write_group(std::vector<Waiting>);
  Status recover();

  const std::unique_ptr<Database> database_;
  const bool writes_;
  Feed feed_;
  Synced<std::deque<Waiting>> queue_;
  Synced<std::optional<Error>> trouble_;  // broken_, for others to see

  // The committer's alone.
  Revision revision_;            // of the newest durable commit
  crypto::Link trail_;           // likewise
  std::optional<Error> broken_;  // why the last group could not be written; no more are tried before recover() worked
  Duration tried_{};             // when recover() was last tried
  Loop committer_;               // last: it ends before what it uses
};

}  // namespace kontena::store
