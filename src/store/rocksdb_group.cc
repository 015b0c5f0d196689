#include "rocksdb_group.h"

#include "check.h"
#include "kontena/store/trail.h"
#include "rocksdb_status.h"
#include "rocksdb_trail.h"

namespace kontena::store {

Result<Entry> entry(std::string_view key, std::string_view stored, const std::string& folder) {
  const auto revision = revision_in(stored);
  if (!revision)
    return Error{Code::corrupt, "the database in '" + folder + "': key '" + std::string(key) + "' has no revision"};
  return Entry{std::string(key), std::string(stored.substr(revision_size)), *revision};
}

Entry listed_entry(std::string_view key, std::string_view stored) {
  const auto revision = revision_in(stored);
  if (!revision) return {std::string(key), "", 0};
  return {std::string(key), std::string(stored.substr(revision_size)), *revision};
}

Result<Revision> Group::add(const Commit& commit) {
  for (const auto& expected : commit.unchanged) {
    KTN_TRY(const Revision found, revision_of(expected.key));
    if (found != expected.revision) return conflict(expected, found);
  }
  if (commit.empty()) return revision_;
  Changed changed{++revision_, {}, commit.deletes};
  changed.put.reserve(commit.puts.size());
  const auto put = [&](const std::string& key, std::string value) {
    batch_.Put(key, with_revision(revision_, value));
    written_[key] = revision_;
    changed.put.push_back({key, std::move(value), revision_});
  };
  for (const auto& each : commit.puts) put(each.key, each.value);
  for (const std::string& text : commit.trail) {
    trail_ = crypto::link(trail_, text);
    put(trail_key(trail_.number), trail_value(trail_, text));
  }
  for (const auto& key : commit.deletes) {
    batch_.Delete(key);
    written_[key] = 0;
  }
  changes_.push_back(std::move(changed));
  return revision_;
}

rocksdb::Status Group::write() {
  if (changes_.empty()) return rocksdb::Status::OK();
  batch_.Put(slice(revision_key), with_revision(revision_, ""));
  if (trail_.number != begun_) batch_.Put(slice(trail_end_key), with_revision(revision_, trail_end(trail_)));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return db_.Write(synced, &batch_);
}

Result<Revision> Group::revision_of(const std::string& key) {
  const auto own = written_.find(key);
  if (own != written_.end()) return own->second;
  rocksdb::PinnableSlice stored;
  const auto got = db_.Get({}, db_.DefaultColumnFamily(), key, &stored);
  if (got.IsNotFound()) return Revision(0);
  if (!got.ok()) return to_error(got, folder_);
  const auto revision = revision_in({stored.data(), stored.size()});
  if (!revision) return Error{Code::corrupt, "the database in '" + folder_ + "': key '" + key + "' has no revision"};
  return *revision;
}

}  // namespace kontena::store
