#pragma once

#include <rocksdb/write_batch.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "rocksdb_database.h"

namespace kontena::store {

// The entry that is stored under a key; Code::corrupt where it has no revision.
Result<Entry> entry(std::string_view key, std::string_view stored, const std::string& folder);

// As it is shown among others, which it must not keep from being read: one without a
// revision is empty, which no record is, and of revision 0.
Entry listed_entry(std::string_view key, std::string_view stored);

// The commits that go into one batch. Each is checked against the database and
// the commits before it in the group.
class Group {
 public:
  Group(rocksdb::DB& db, const std::string& folder, Revision revision, crypto::Link trail)
      : db_(db), folder_(folder), revision_(revision), begun_(trail.number), trail_(std::move(trail)) {}

  // Takes the commit in and gives its revision, or leaves it out and says why.
  Result<Revision> add(const Commit&);

  // All of it is durable afterwards, or none of it can be seen.
  rocksdb::Status write();

  Revision revision() const { return revision_; }  // of the last commit taken in
  const crypto::Link& trail() const { return trail_; }
  std::vector<Changed> take_changes() { return std::move(changes_); }

 private:
  Result<Revision> revision_of(const std::string& key);

  rocksdb::DB& db_;
  const std::string& folder_;
  Revision revision_;
  const std::int64_t begun_;  // the trail's end before the group
  crypto::Link trail_;
  rocksdb::WriteBatch batch_;
  std::unordered_map<std::string, Revision> written_;  // 0: deleted
  std::vector<Changed> changes_;
};

}  // namespace kontena::store
