#include "memory_store.h"

#include <algorithm>

#include "check.h"
#include "kontena/store/open.h"
#include "kontena/store/trail.h"

namespace kontena::store {
namespace {

// A copy of all entries: this store is for tests.
class MemorySnapshot final : public Snapshot {
 public:
  MemorySnapshot(Revision revision, std::vector<Entry> entries) : revision_(revision), entries_(std::move(entries)) {}
  Revision revision() const override { return revision_; }
  Result<std::vector<Entry>> next(std::size_t bytes) override {
    std::vector<Entry> found;
    for (std::size_t size = 0; at_ < entries_.size() && (found.empty() || size < bytes); ++at_) {
      size += entries_[at_].key.size() + entries_[at_].value.size();
      found.push_back(entries_[at_]);
    }
    return found;
  }

 private:
  const Revision revision_;
  const std::vector<Entry> entries_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<Store> open_memory() { return std::make_unique<MemoryStore>(); }

Result<std::optional<Entry>> MemoryStore::get(std::string_view key) {
  return state_.with([&](const State& state) -> std::optional<Entry> {
    const auto at = state.entries.find(key);
    if (at == state.entries.end()) return std::nullopt;
    return at->second;
  });
}

Result<Listing> MemoryStore::list(std::string_view prefix) {
  return state_.with([&](const State& state) {
    Listing listing{state.revision, {}};
    for (auto at = state.entries.lower_bound(prefix); at != state.entries.end() && at->first.starts_with(prefix); ++at)
      listing.entries.push_back(at->second);
    return listing;
  });
}

Result<std::vector<Entry>> MemoryStore::page(std::string_view prefix, std::string_view after, std::size_t limit,
                                             bool backward) {
  return state_.with([&](const State& state) {
    const auto& entries = state.entries;
    const auto end = end_of(prefix);
    auto low = entries.lower_bound(prefix);
    auto high = end.empty() ? entries.end() : entries.lower_bound(end);
    if (!after.empty() && !backward && after >= prefix) low = entries.upper_bound(after);
    if (!after.empty() && backward && (end.empty() || after < end)) high = entries.lower_bound(after);
    std::vector<Entry> found;
    if (low == entries.end() || (high != entries.end() && high->first <= low->first)) return found;
    if (backward)
      while (high != low && found.size() < limit) found.push_back((--high)->second);
    else
      for (; low != high && found.size() < limit; ++low) found.push_back(low->second);
    return found;
  });
}

Result<std::unique_ptr<Snapshot>> MemoryStore::snapshot() {
  KTN_TRY(Listing all, list(""));
  return std::unique_ptr<Snapshot>(std::make_unique<MemorySnapshot>(all.revision, std::move(all.entries)));
}

Result<Revision> MemoryStore::commit(const Commit& commit) {
  KTN_OK(check(commit));
  return state_.with([&](State& state) -> Result<Revision> {
    for (const auto& expected : commit.unchanged) {
      const auto at = state.entries.find(expected.key);
      const Revision found = at == state.entries.end() ? 0 : at->second.revision;
      if (found != expected.revision) return conflict(expected, found);
    }
    if (commit.empty()) return state.revision;
    Changed changed{++state.revision, {}, commit.deletes};
    const auto put = [&](const std::string& key, const std::string& value) {
      const Entry entry{key, value, state.revision};
      changed.put.push_back(entry);
      state.entries.insert_or_assign(key, entry);
    };
    for (const auto& each : commit.puts) put(each.key, each.value);
    for (const std::string& text : commit.trail) {
      state.trail = crypto::link(state.trail, text);
      put(trail_key(state.trail.number), trail_value(state.trail, text));
    }
    for (const auto& key : commit.deletes) state.entries.erase(key);
    // Inside the lock: the feed has the order of the commits.
    std::vector<Changed> changes;
    changes.push_back(std::move(changed));
    feed_.push(std::move(changes));
    return state.revision;
  });
}

Result<crypto::Link> MemoryStore::trail() {
  return state_.with([](const State& state) { return state.trail; });
}

Result<std::vector<Changed>> MemoryStore::changes(Revision after, std::size_t limit, Duration timeout) {
  const Revision newest = state_.with([](const State& state) { return state.revision; });
  if (after > newest) return ahead(after, newest);
  return feed_.after(after, limit, timeout);
}

}  // namespace kontena::store
