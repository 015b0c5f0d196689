#include "rocksdb_trail.h"

#include "check.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/store/trail.h"
#include "rocksdb_group.h"
#include "rocksdb_status.h"

namespace kontena::store {
namespace {

constexpr std::size_t hash_size = 64;

std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Result<crypto::Link> newest_record(rocksdb::DB& db, const std::string& folder) {
  const std::string end = end_of(trail_prefix);
  const rocksdb::Slice lower = slice(trail_prefix), upper = slice(end);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(options));
  // Records of before there was a chain lie behind all others.
  for (at->SeekToLast(); at->Valid(); at->Prev())
    if (const auto read = read_trail(listed_entry(view(at->key()), view(at->value())))) return read->link;
  if (!at->status().ok()) return to_error(at->status(), folder);
  return crypto::Link{};
}

}  // namespace

std::string trail_end(const crypto::Link& link) { return std::to_string(link.number) + ' ' + link.hash; }

Result<crypto::Link> newest_link(rocksdb::DB& db, const std::string& folder) {
  std::string stored;
  const auto got = db.Get({}, slice(trail_end_key), &stored);
  if (got.IsNotFound()) return newest_record(db, folder);
  if (!got.ok()) return to_error(got, folder);
  const std::string_view kept = std::string_view(stored).substr(std::min(stored.size(), revision_size));
  const auto blank = kept.find(' ');
  const auto number = text::integer(kept.substr(0, blank));
  if (!number || blank == std::string_view::npos || kept.size() != blank + 1 + hash_size)
    return Error{Code::corrupt, "the database in '" + folder + "': key 'meta/trail' is not the end of a trail"};
  return crypto::Link{*number, std::string(kept.substr(blank + 1))};
}

void check_trail_end(rocksdb::DB& db, const crypto::Link& end, const std::string& folder) {
  const auto newest = newest_record(db, folder);
  if (newest && *newest == end) return;
  log::error("the audit trail does not end as it did", {{"folder", folder},
                                                        {"known", end.number},
                                                        {"found", newest ? newest->number : -1},
                                                        {"hint", "kontena client audit verify"}});
}

}  // namespace kontena::store
