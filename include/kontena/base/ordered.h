#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kontena {

// A map in order of key whose copies are cheap and share what is equal: a copy
// takes the list of chunks along, and a change the one chunk of at most 2 ×
// `chunk_size` pointers that it is in, unless no copy has it too: many changes to
// one map copy each chunk once. A const Ordered never changes, so threads may read
// it without a lock.
template <class T>
class Ordered {
 public:
  struct Item {
    std::string key;
    std::int64_t revision = 0;  // of the store, when it was last written
    T value;
  };

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  const Item* find(std::string_view key) const {
    const std::size_t c = chunk_of(key);
    if (c == chunks_.size()) return nullptr;
    const auto at = lower(*chunks_[c], key);
    return at != chunks_[c]->end() && (*at)->key == key ? at->get() : nullptr;
  }
  const T* get(std::string_view key) const {
    const Item* item = find(key);
    return item ? &item->value : nullptr;
  }

  // The item itself, to be kept beyond this map.
  std::shared_ptr<const Item> share(std::string_view key) const {
    const std::size_t c = chunk_of(key);
    if (c == chunks_.size()) return nullptr;
    const auto at = lower(*chunks_[c], key);
    return at != chunks_[c]->end() && (*at)->key == key ? *at : nullptr;
  }

  // Calls use(item) for each item whose key starts with the prefix, in order.
  void each(std::string_view prefix, auto&& use) const {
    for (std::size_t c = chunk_of(prefix); c < chunks_.size(); ++c) {
      for (auto at = lower(*chunks_[c], prefix); at != chunks_[c]->end(); ++at) {
        if (!(*at)->key.starts_with(prefix)) return;
        use(std::as_const(**at));
      }
    }
  }

  void put(std::string key, T value, std::int64_t revision = 0) {
    put(std::make_shared<const Item>(std::move(key), revision, std::move(value)));
  }
  void put(std::shared_ptr<const Item> item) {
    std::size_t c = chunk_of(item->key);
    if (c == chunks_.size()) {
      if (chunks_.empty()) chunks_.push_back(std::make_shared<Chunk>());
      c = chunks_.size() - 1;
    }
    Chunk& chunk = own(c);
    const std::string& key = item->key;  // stays where it is
    const auto at = chunk.begin() + (lower(chunk, key) - chunk.begin());
    if (at != chunk.end() && (*at)->key == key) {
      *at = std::move(item);
    } else {
      chunk.insert(at, std::move(item));
      ++size_;
    }
    if (chunk.size() <= 2 * chunk_size) return;
    // What is put in order only fills the last chunk, so that one is left nearly full.
    const bool at_the_end = c + 1 == chunks_.size() && chunk.back()->key == key;
    const auto cut = chunk.begin() + (at_the_end ? std::ssize(chunk) - 1 : std::ssize(chunk) / 2);
    auto tail = std::make_shared<Chunk>(std::make_move_iterator(cut), std::make_move_iterator(chunk.end()));
    chunk.erase(cut, chunk.end());
    chunk.shrink_to_fit();
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(c) + 1, std::move(tail));
  }

  void erase(std::string_view key) {
    const std::size_t c = chunk_of(key);
    if (c == chunks_.size()) return;
    if (const auto at = lower(*chunks_[c], key); at == chunks_[c]->end() || (*at)->key != key) return;
    Chunk& chunk = own(c);
    chunk.erase(chunk.begin() + (lower(chunk, key) - chunk.begin()));
    --size_;
    if (chunk.empty()) chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(c));
  }

 private:
  static constexpr std::size_t chunk_size = 128;
  using Chunk = std::vector<std::shared_ptr<const Item>>;

  // The chunk to be changed: itself where it is in no other map. Another map that had
  // it may have been read, and let go, by another thread: that is over before.
  Chunk& own(std::size_t c) {
    if (chunks_[c].use_count() != 1) {
      chunks_[c] = std::make_shared<Chunk>(*chunks_[c]);
    } else {
#ifndef __SANITIZE_THREAD__  // which knows no fences
      std::atomic_thread_fence(std::memory_order_acquire);
#endif
    }
    return *chunks_[c];
  }

  static auto lower(const Chunk& chunk, std::string_view key) {
    return std::ranges::lower_bound(chunk, key, {}, [](const auto& item) -> std::string_view { return item->key; });
  }
  // The first chunk whose last key is not before `key`; chunks_.size() if none.
  std::size_t chunk_of(std::string_view key) const {
    const auto at = std::ranges::lower_bound(
        chunks_, key, {}, [](const auto& chunk) -> std::string_view { return chunk->empty() ? std::string_view() : std::string_view(chunk->back()->key); });
    return static_cast<std::size_t>(at - chunks_.begin());
  }

  std::vector<std::shared_ptr<Chunk>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace kontena
