#include "kontena/dns/cache.h"

#include <algorithm>

namespace kontena::dns {
namespace {

// The nodes of the list and of the map, and what the allocator adds.
constexpr std::size_t overhead = 256;

std::size_t size_of(const std::string& key, const Answer& answer) {
  return overhead + key.size() + answer.bytes.size() + answer.records.size() * sizeof(Answer::Record);
}

}  // namespace

Cache::Hit Cache::get(const std::string& key, Duration now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return {};
  if (found->second->until <= now) {
    drop(found->second);
    return {};
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  const Entry& entry = entries_.front();
  return {entry.answer,
          static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(now - entry.since).count())};
}

void Cache::put(const std::string& key, std::shared_ptr<const Answer> answer, Duration now) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
  const bool negative = answer->rcode == Rcode::no_such_name || answer->answers == 0;
  const auto seconds = std::min(answer->lifetime, negative ? limits_.longest_negative : limits_.longest);
  const std::size_t bytes = size_of(key, *answer);
  if (seconds == 0 || bytes > limits_.bytes) return;
  entries_.push_front({key, std::move(answer), now, now + std::chrono::seconds(seconds), bytes});
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  while (entries_.size() > limits_.entries || bytes_ > limits_.bytes) drop(std::prev(entries_.end()));
}

void Cache::clear() {
  by_key_.clear();
  entries_.clear();
  bytes_ = 0;
}

void Cache::drop(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace kontena::dns
