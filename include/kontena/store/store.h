#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"
#include "kontena/crypto/chain.h"

namespace kontena::store {

using Revision = std::int64_t;  // grows by one with each commit, store-wide; 0 = before the first

struct Entry {
  std::string key;
  std::string value;
  Revision revision = 0;  // of the commit that last wrote it
};

// All entries under a prefix as they were at one revision, in order of key.
struct Listing {
  Revision revision = 0;
  std::vector<Entry> entries;
};

// Writes that take effect together or not at all, and only if every key in
// `unchanged` is still at the revision it was read at (0: still absent).
struct Commit {
  struct Expect {
    std::string key;
    Revision revision;
  };
  struct Put {
    std::string key;
    std::string value;
  };
  std::vector<Expect> unchanged;
  std::vector<Put> puts;
  std::vector<std::string> deletes;
  // Texts for the audit trail: numbered and chained where commits are put in order, and
  // kept as "audit/NUMBER" (store/trail.h).
  std::vector<std::string> trail = {};

  bool empty() const { return puts.empty() && deletes.empty() && trail.empty(); }
};

// What one commit did, as readers of the feed see it.
struct Changed {
  Revision revision = 0;
  std::vector<Entry> put;
  std::vector<std::string> deleted;
};

// What the store held at one revision, read piece by piece while commits go on. Used
// by one thread, and destroyed before the store.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual Revision revision() const = 0;

  // The next entries in order of key, at least one, and no more once they have so many
  // bytes; none at the end. Code::unavailable where the store had to let the snapshot
  // go: begin anew.
  virtual Result<std::vector<Entry>> next(std::size_t bytes) = 0;
};

// An ordered map of bytes with transactions and a feed of changes: what RocksDB
// and etcd can both do natively, and no more. Safe for use from any thread.
class Store {
 public:
  virtual ~Store() = default;

  virtual Result<std::optional<Entry>> get(std::string_view key) = 0;
  virtual Result<Listing> list(std::string_view prefix) = 0;

  // At most `limit` entries under the prefix, those after key `after` (exclusive;
  // "" = from the start), or, where `backward`, those before it, newest key first.
  // For tables too long to list whole: the audit trail.
  virtual Result<std::vector<Entry>> page(std::string_view prefix, std::string_view after, std::size_t limit,
                                          bool backward) = 0;

  // All there is, for a copy of it: keeps nothing of it in memory.
  virtual Result<std::unique_ptr<Snapshot>> snapshot() = 0;

  // Returns once the commit is durable. Code::conflict, having written nothing, if
  // an expectation does not hold; the same key twice in puts and deletes is refused.
  virtual Result<Revision> commit(const Commit&) = 0;

  // The commits after `after`, oldest first, at most `limit`. Where there is none
  // yet, waits for one until the time-out, then answers with none. Code::expired if
  // they are no longer kept: list anew and go on from the revision listed.
  virtual Result<std::vector<Changed>> changes(Revision after, std::size_t limit, Duration timeout) = 0;

  // The end of the audit trail. It is kept beside the records, too: where somebody has
  // taken the last ones away, it tells.
  virtual Result<crypto::Link> trail() = 0;

  // Why commits are refused for the time being, as by a full disk; Done where they are
  // not, as far as the last one tells.
  virtual Status health() { return Done{}; }

  // Ends every wait in changes(), now and from now on: for an orderly stop.
  virtual void close() = 0;
};

}  // namespace kontena::store
