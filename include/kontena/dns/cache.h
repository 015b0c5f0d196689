#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kontena/base/clock.h"
#include "kontena/dns/message.h"

namespace kontena::dns {

// Answers of other servers, for as long as their TTL lets, bounded: the one that was used
// the longest time ago makes room. For one thread.
class Cache {
 public:
  struct Limits {
    std::size_t entries = 10'000;
    std::size_t bytes = 8u << 20;
    std::uint32_t longest = 3600;          // seconds; whatever the TTL says
    std::uint32_t longest_negative = 300;  // of "no such name" and "no such record"
  };

  explicit Cache(Limits limits) : limits_(limits) {}

  struct Hit {
    std::shared_ptr<const Answer> answer;
    std::uint32_t age;  // seconds
  };
  // `now` is a steady clock's. None where there is none that is still good.
  Hit get(const std::string& key, Duration now);
  // Keeps what may be kept.
  void put(const std::string& key, std::shared_ptr<const Answer>, Duration now);
  void clear();

  std::size_t size() const { return by_key_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Answer> answer;
    Duration since;
    Duration until;
    std::size_t bytes;
  };
  using Entries = std::list<Entry>;
  void drop(Entries::iterator);

  const Limits limits_;
  Entries entries_;                                                 // the last used first
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // views of the entries' own keys
  std::size_t bytes_ = 0;
};

}  // namespace kontena::dns
