#include "rocksdb_store.h"

#include <exception>
#include <iterator>

#include "check.h"
#include "kontena/base/clock.h"
#include "kontena/base/log.h"
#include "rocksdb_group.h"
#include "rocksdb_snapshot.h"
#include "rocksdb_status.h"
#include "rocksdb_trail.h"

namespace kontena::store {
namespace {

constexpr std::size_t group_commits = 1000;
constexpr Duration retry{250};  // between two attempts to write again after a failure

std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Error closed(const std::string& folder) {
  return {Code::unavailable, "the database in '" + folder + "' could not be opened anew after a failed write",
          "the log says why; restart the server when that is mended"};
}

}  // namespace

RocksdbStore::RocksdbStore(std::unique_ptr<Database> database, Revision revision, crypto::Link trail, For what)
    : database_(std::move(database)),
      writes_(what == For::writing),
      feed_(revision),
      revision_(revision),
      trail_(std::move(trail)),
      committer_("committer", std::chrono::hours(1), [this] { write_queue(); }) {
  if (writes_) committer_.start();
}

RocksdbStore::~RocksdbStore() { committer_.stop(); }

Result<std::optional<Entry>> RocksdbStore::get(std::string_view key) {
  if (key.starts_with('\0')) return std::optional<Entry>();
  const auto db = database_->get();
  if (!db) return closed(database_->folder());
  rocksdb::PinnableSlice stored;
  const auto got = db->Get({}, db->DefaultColumnFamily(), slice(key), &stored);
  if (got.IsNotFound()) return std::optional<Entry>();
  if (!got.ok()) return to_error(got, database_->folder());
  KTN_TRY(Entry found, entry(key, view(stored), database_->folder()));
  return std::optional(std::move(found));
}

Result<Listing> RocksdbStore::list(std::string_view prefix) {
  const auto db = database_->get();
  if (!db) return closed(database_->folder());
  const std::string start = prefix.empty() ? std::string(1, '\x01') : std::string(prefix);
  const std::string end = end_of(prefix);
  const rocksdb::Slice upper = slice(end);
  // The revision is read as of the same moment as the entries: each batch writes both.
  rocksdb::ManagedSnapshot snapshot(db.get());
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.snapshot();
  if (!end.empty()) options.iterate_upper_bound = &upper;

  Listing listing;
  KTN_TRY(listing.revision, newest_revision(*db, options, database_->folder()));
  if (prefix.starts_with('\0')) return listing;
  const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(options));
  for (at->Seek(start); at->Valid(); at->Next())
    listing.entries.push_back(listed_entry(view(at->key()), view(at->value())));
  if (!at->status().ok()) return to_error(at->status(), database_->folder());
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

  const auto db = database_->get();
  if (!db) return closed(database_->folder());
  const rocksdb::Slice lower = slice(low), upper = slice(high);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  if (!high.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(options));
  for (backward ? at->SeekToLast() : at->SeekToFirst(); at->Valid() && found.size() < limit;
       backward ? at->Prev() : at->Next())
    found.push_back(listed_entry(view(at->key()), view(at->value())));
  if (!at->status().ok()) return to_error(at->status(), database_->folder());
  return found;
}

Result<std::vector<Changed>> RocksdbStore::changes(Revision after, std::size_t limit, Duration timeout) {
  // What a listing has shown may reach the feed a moment later: that is waited for.
  if (after > feed_.last()) {
    const auto db = database_->get();
    if (!db) return closed(database_->folder());
    KTN_TRY(const Revision newest, newest_revision(*db, {}, database_->folder()));
    if (after > newest) return ahead(after, newest);
  }
  return feed_.after(after, limit, timeout);
}

Result<std::unique_ptr<Snapshot>> RocksdbStore::snapshot() { return take_snapshot(*database_); }

Result<Revision> RocksdbStore::commit(const Commit& commit) {
  if (!writes_)
    return Error{Code::failed_precondition, "the database in '" + database_->folder() + "' is open for reading only"};
  KTN_OK(check(commit));
  Waiting waiting{&commit, {}};
  auto answer = waiting.answer.get_future();
  queue_.with([&](auto& queue) { queue.push_back(std::move(waiting)); });
  committer_.wake();
  return answer.get();
}

Result<crypto::Link> RocksdbStore::trail() {
  const auto db = database_->get();
  if (!db) return closed(database_->folder());
  return newest_link(*db, database_->folder());
}

Status RocksdbStore::health() {
  const auto trouble = trouble_.with([](const auto& now) { return now; });
  return trouble ? Status(*trouble) : Status(Done{});
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
  std::vector<Result<Revision>> answers;
  answers.reserve(waiting.size());
  try {
    if (auto recovered = recover(); !recovered) return refuse(recovered.error());
    const auto db = database_->get();
    Group group(*db, database_->folder(), revision_, trail_);
    for (const Waiting& one : waiting) answers.push_back(group.add(*one.commit));
    if (const auto written = group.write(); !written.ok()) {
      broken_ = to_error(written, database_->folder());
      if (broken_->code == Code::unavailable) broken_->hint = "it may have been kept: look before trying again";
      log::error("the store cannot write", {{"reason", broken_->message}, {"said", written.ToString()}});
      trouble_.with([&](auto& trouble) { trouble = broken_; });
      // Refuses all, also those that did not hold: they were held against commits
      // that have not been written now.
      return refuse(*broken_);
    }
    revision_ = group.revision();
    trail_ = group.trail();
    feed_.push(group.take_changes());
  } catch (const std::exception& e) {
    return refuse(Error{Code::unavailable, "the database in '" + database_->folder() + "': " + e.what()});
  }
  for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i].answer.set_value(std::move(answers[i]));
}

Status RocksdbStore::recover() {
  if (!broken_) return Done{};
  const Duration now = SystemClock().steady();
  if (now - tried_ < retry) return *broken_;
  tried_ = now;
  crypto::Link trail;
  const auto again = [&]() -> Result<Revision> {
    KTN_OK(database_->reopen());
    KTN_TRY(trail, newest_link(*database_->get(), database_->folder()));
    return newest_revision(*database_->get(), {}, database_->folder());
  };
  const auto revision = again();
  if (!revision || *revision < revision_) {
    broken_ = revision ? Error{Code::corrupt, "the database in '" + database_->folder() + "' has lost what was written",
                               "put a backup in its place: kontena server restore FILE"}
                       : revision.error();
    trouble_.with([&](auto& trouble) { trouble = broken_; });
    return *broken_;
  }
  // Where the failed group was in the log after all, its revisions are taken. The
  // followers of the feed, which has not told of them, list anew.
  if (*revision > revision_) feed_.restart(*revision);
  revision_ = *revision;
  trail_ = std::move(trail);
  broken_.reset();
  trouble_.with([](auto& trouble) { trouble.reset(); });
  log::info("the store writes again", {{"folder", database_->folder()}, {"revision", revision_}});
  return Done{};
}

}  // namespace kontena::store
