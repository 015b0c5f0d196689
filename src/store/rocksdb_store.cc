#include "rocksdb_store.h"

#include <rocksdb/write_batch.h>

#include <exception>
#include <iterator>
#include <unordered_map>

#include "check.h"
#include "kontena/base/clock.h"
#include "kontena/base/log.h"
#include "rocksdb_status.h"

namespace kontena::store {
namespace {

constexpr std::size_t prefix_size = 8;
constexpr std::size_t group_commits = 1000;
constexpr Duration retry{100};  // between two attempts to write again after a failure

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

rocksdb::WriteOptions synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

Result<Entry> entry(std::string_view key, std::string_view stored, const std::string& folder) {
  const auto revision = revision_in(stored);
  if (!revision)
    return Error{Code::corrupt, "the database in '" + folder + "': key '" + std::string(key) + "' is too short"};
  return Entry{std::string(key), std::string(stored.substr(prefix_size)), *revision};
}

}  // namespace

std::string with_revision(Revision revision, std::string_view value) {
  std::string stored;
  stored.reserve(prefix_size + value.size());
  for (std::size_t i = 0; i < prefix_size; ++i)
    stored += static_cast<char>(static_cast<std::uint64_t>(revision) >> (8 * i) & 0xff);
  stored += value;
  return stored;
}

std::optional<Revision> revision_in(std::string_view stored) {
  if (stored.size() < prefix_size) return std::nullopt;
  std::uint64_t revision = 0;
  for (std::size_t i = prefix_size; i > 0; --i) revision = revision << 8 | static_cast<unsigned char>(stored[i - 1]);
  return static_cast<Revision>(revision);
}

// The commits that go into one batch. Each is checked against the database and
// the commits before it in the group.
class RocksdbStore::Group {
 public:
  Group(rocksdb::DB& db, const std::string& folder, Revision revision)
      : db_(db), folder_(folder), revision_(revision) {}

  Result<Revision> add(const Commit& commit) {
    for (const auto& expected : commit.unchanged) {
      KTN_TRY(const Revision found, revision_of(expected.key));
      if (found != expected.revision) return conflict(expected, found);
    }
    if (commit.empty()) return revision_;
    Changed changed{++revision_, {}, commit.deletes};
    changed.put.reserve(commit.puts.size());
    for (const auto& put : commit.puts) {
      batch_.Put(put.key, with_revision(revision_, put.value));
      written_[put.key] = revision_;
      changed.put.push_back({put.key, put.value, revision_});
    }
    for (const auto& key : commit.deletes) {
      batch_.Delete(key);
      written_[key] = 0;
    }
    changes_.push_back(std::move(changed));
    return revision_;
  }

  // All of it is durable afterwards, or none of it can be seen.
  rocksdb::Status write() {
    if (changes_.empty()) return rocksdb::Status::OK();
    batch_.Put(slice(store::revision_key), with_revision(revision_, ""));
    return db_.Write(synced(), &batch_);
  }

  Revision revision() const { return revision_; }
  std::vector<Changed> take_changes() { return std::move(changes_); }

 private:
  Result<Revision> revision_of(const std::string& key) {
    const auto own = written_.find(key);
    if (own != written_.end()) return own->second;
    rocksdb::PinnableSlice stored;
    const auto got = db_.Get({}, db_.DefaultColumnFamily(), key, &stored);
    if (got.IsNotFound()) return Revision(0);
    if (!got.ok()) return to_error(got, folder_);
    KTN_TRY(const Entry found, entry(key, view(stored), folder_));
    return found.revision;
  }

  rocksdb::DB& db_;
  const std::string& folder_;
  Revision revision_;
  rocksdb::WriteBatch batch_;
  std::unordered_map<std::string, Revision> written_;  // 0: deleted
  std::vector<Changed> changes_;
};

RocksdbStore::RocksdbStore(std::string folder, std::unique_ptr<rocksdb::DB> db, Revision revision)
    : folder_(std::move(folder)),
      db_(std::move(db)),
      feed_(revision),
      revision_(revision),
      committer_("committer", std::chrono::hours(1), [this] { write_queue(); }) {
  committer_.start();
}

RocksdbStore::~RocksdbStore() {
  committer_.stop();
  write_queue();  // what came in after the last round
}

Result<std::optional<Entry>> RocksdbStore::get(std::string_view key) {
  if (key.starts_with('\0')) return std::optional<Entry>();
  rocksdb::PinnableSlice stored;
  const auto got = db_->Get({}, db_->DefaultColumnFamily(), slice(key), &stored);
  if (got.IsNotFound()) return std::optional<Entry>();
  if (!got.ok()) return to_error(got, folder_);
  KTN_TRY(Entry found, entry(key, view(stored), folder_));
  return std::optional(std::move(found));
}

Result<Listing> RocksdbStore::list(std::string_view prefix) {
  // The revision is read as of the same moment as the entries: each batch writes both.
  rocksdb::ManagedSnapshot snapshot(db_.get());
  const std::string start = prefix.empty() ? std::string(1, '\x01') : std::string(prefix);
  const std::string end = end_of(prefix);
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.snapshot();
  if (!end.empty()) options.iterate_upper_bound = &upper;

  Listing listing;
  std::string newest;
  const auto got = db_->Get(options, slice(store::revision_key), &newest);
  if (!got.ok() && !got.IsNotFound()) return to_error(got, folder_);
  if (got.ok()) listing.revision = revision_in(newest).value_or(0);
  if (prefix.starts_with('\0')) return listing;
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options));
  for (at->Seek(start); at->Valid(); at->Next()) {
    KTN_TRY(Entry found, entry(view(at->key()), view(at->value()), folder_));
    listing.entries.push_back(std::move(found));
  }
  if (!at->status().ok()) return to_error(at->status(), folder_);
  return listing;
}

Result<std::vector<Entry>> RocksdbStore::page(std::string_view prefix, std::string_view after, std::size_t limit,
                                              bool backward) {
  std::vector<Entry> found;
  if (prefix.starts_with('\0')) return found;
  std::string low = prefix.empty() ? std::string(1, '\x01') : std::string(prefix);
  std::string high = end_of(prefix);
  if (!after.empty() && !backward && after >= low) low = std::string(after) + '\0';
  if (!after.empty() && backward && (high.empty() || after < high)) high = after;
  if (!high.empty() && high <= low) return found;
  const rocksdb::Slice lower = slice(low), upper = slice(high);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  if (!high.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options));
  for (backward ? at->SeekToLast() : at->SeekToFirst(); at->Valid() && found.size() < limit;
       backward ? at->Prev() : at->Next()) {
    KTN_TRY(Entry one, entry(view(at->key()), view(at->value()), folder_));
    found.push_back(std::move(one));
  }
  if (!at->status().ok()) return to_error(at->status(), folder_);
  return found;
}

Result<Revision> RocksdbStore::commit(const Commit& commit) {
  KTN_OK(check(commit));
  Waiting waiting{&commit, {}};
  auto answer = waiting.answer.get_future();
  queue_.with([&](auto& queue) { queue.push_back(std::move(waiting)); });
  committer_.wake();
  return answer.get();
}

Result<std::vector<Changed>> RocksdbStore::changes(Revision after, std::size_t limit, Duration timeout) {
  // What a listing has shown may reach the feed a moment later: that is waited for.
  if (after > feed_.last()) {
    KTN_TRY(const Listing newest, list(std::string_view("\0", 1)));
    if (after > newest.revision) return ahead(after, newest.revision);
  }
  return feed_.after(after, limit, timeout);
}

void RocksdbStore::write_queue() {
  while (true) {
    auto group = queue_.with([](auto& queue) {
      const auto count = static_cast<std::ptrdiff_t>(std::min(queue.size(), group_commits));
      std::vector<Waiting> group(std::make_move_iterator(queue.begin()),
                                 std::make_move_iterator(queue.begin() + count));
      queue.erase(queue.begin(), queue.begin() + count);
      return group;
    });
    if (group.empty()) return;
    write_group(std::move(group));
  }
}

void RocksdbStore::write_group(std::vector<Waiting> waiting) {
  const auto refuse = [&](const Error& error) {
    for (Waiting& one : waiting) one.answer.set_value(error);
  };
  if (broken_) {
    if (auto recovered = recover(); !recovered) return refuse(*broken_);
  }
  std::vector<Result<Revision>> answers;
  answers.reserve(waiting.size());
  try {
    Group group(*db_, folder_, revision_);
    for (const Waiting& one : waiting) answers.push_back(group.add(*one.commit));
    if (const auto written = group.write(); !written.ok()) {
      // Refuses all, also those that did not hold: they were held against commits
      // that have not been written now.
      broken_ = to_error(written, folder_);
      log::error("the store cannot write", {{"reason", broken_->message}, {"said", written.ToString()}});
      return refuse(*broken_);
    }
    revision_ = group.revision();
    feed_.push(group.take_changes());
  } catch (const std::exception& e) {
    return refuse(Error{Code::unavailable, "the database in '" + folder_ + "': " + e.what()});
  }
  for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i].answer.set_value(std::move(answers[i]));
}

// What failed may stand in the log file in part, or whole but unsynced. Writing
// on behind it would lose what follows, or bring it back at the next start. So
// all that is held in memory is flushed, and with it a mark that stands in no
// log, so that there is something to flush: then RocksDB starts a new log and
// forgets the old one.
Status RocksdbStore::recover() {
  const Duration now = SystemClock().steady();
  if (now - tried_ < retry) return *broken_;
  tried_ = now;
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  auto status = db_->Resume();
  if (status.ok()) status = db_->Put(unlogged, slice(store::revision_key), with_revision(revision_, ""));
  if (status.ok()) status = db_->Flush({});
  if (!status.ok()) {
    broken_ = to_error(status, folder_);
    return *broken_;
  }
  broken_.reset();
  log::info("the store writes again", {{"folder", folder_}});
  return Done{};
}

}  // namespace kontena::store
