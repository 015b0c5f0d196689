#pragma once

#include <rocksdb/db.h>

#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "kontena/base/result.h"
#include "kontena/base/synced.h"
#include "kontena/store/store.h"

namespace kontena::store {

// The database's own format: how keys and values are laid out in RocksDB. That
// of the records inside is store/table.h's.
inline constexpr int database_format = 1;

// Keys of the store itself. No commit can write them, no prefix lists them.
inline constexpr std::string_view format_key{"\0meta/format", 12};      // a decimal number
inline constexpr std::string_view revision_key{"\0meta/revision", 14};  // of the newest commit

inline constexpr std::string_view trail_end_key{"\0meta/trail", 11};    // "NUMBER HASH" of the audit trail's end

// A stored value is the revision that wrote it, 8 bytes, least first, and then
// the caller's bytes.
inline constexpr std::size_t revision_size = 8;
std::string with_revision(Revision, std::string_view value);
std::optional<Revision> revision_in(std::string_view stored);

inline rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

// An open RocksDB, and its opening anew: once a write has failed RocksDB wants no
// more of them, and what stands in its log is uncertain. So it is closed and
// opened as after a crash, which is the path that is tried most.
class Database {
 public:
  // Snapshots that somebody holds. Those that are left when the database closes are given back then.
  using Held = Synced<std::set<const rocksdb::Snapshot*>>;
  const std::shared_ptr<Held>& held() const { return held_; }

  // Opens, or makes, the database in `folder` through `env`: tests give one that fails.
  static Result<std::unique_ptr<Database>> open(const std::string& folder, rocksdb::Env* env);

  // Opens one that must be there, for reading only, and takes no lock.
  static Result<std::unique_ptr<Database>> open_to_read(const std::string& folder, rocksdb::Env* env);

  // From any thread. To be let go soon, as reopen() waits for it; and so waits
  // this for a reopen() under way. Empty where not even reading is possible.
  std::shared_ptr<rocksdb::DB> get();

  // By one thread at a time, which holds nothing of get(). Does nothing but fail
  // where nothing can be written to the disk. Where the database can't be opened
  // for writing, it is opened for reading.
  Status reopen();

  const std::string& folder() const { return folder_; }

 private:
  Database(std::string folder, rocksdb::Env* env) : folder_(std::move(folder)), env_(env) {}

  struct State {
    std::shared_ptr<rocksdb::DB> db;
    std::future<void> closed;  // comes when the last one who holds `db` has let it go
    bool reopening = false;
  };
  void show(std::unique_ptr<rocksdb::DB>);

  const std::string folder_;
  const std::shared_ptr<Held> held_ = std::make_shared<Held>();
  rocksdb::Env* const env_;
  Synced<State> state_;
};

// 0 for a database without a commit.
Result<Revision> newest_revision(rocksdb::DB&, const rocksdb::ReadOptions&, const std::string& folder);

}  // namespace kontena::store
