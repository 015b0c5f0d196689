#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kontena {

// A map in order of key whose copies are cheap and share what is equal: a change
// copies one chunk of at most 2 × `chunk_size` pointers and the list of chunks,
// whatever the size of the map. A const Ordered never changes, so threads may
// read it without a lock.
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
      if (chunks_.empty()) chunks_.push_back(std::make_shared<const Chunk>());
      c = chunks_.size() - 1;
    }
    Chunk chunk = *chunks_[c];
    const auto at = chunk.begin() + (lower(chunk, item->key) - chunk.begin());
    if (at != chunk.end() && (*at)->key == item->key) {
      *at = std::move(item);
    } else {
      chunk.insert(at, std::move(item));
      ++size_;
    }
    if (chunk.size() <= 2 * chunk_size) {
      chunks_[c] = std::make_shared<const Chunk>(std::move(chunk));
      return;
    }
    Chunk tail(chunk.begin() + chunk_size, chunk.end());
    chunk.resize(chunk_size);
    chunks_[c] = std::make_shared<const Chunk>(std::move(chunk));
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(c) + 1, std::make_shared<const Chunk>(std::move(tail)));
  }

  void erase(std::string_view key) {
    const std::size_t c = chunk_of(key);
    if (c == chunks_.size()) return;
    Chunk chunk = *chunks_[c];
    const auto at = chunk.begin() + (lower(chunk, key) - chunk.begin());
    if (at == chunk.end() || (*at)->key != key) return;
    chunk.erase(at);
    --size_;
    if (chunk.empty())
      chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(c));
    else
      chunks_[c] = std::make_shared<const Chunk>(std::move(chunk));
  }

 private:
  static constexpr std::size_t chunk_size = 128;
  using Chunk = std::vector<std::shared_ptr<const Item>>;

  static auto lower(const Chunk& chunk, std::string_view key) {
    return std::ranges::lower_bound(chunk, key, {}, [](const auto& item) -> std::string_view { return item->key; });
  }
  // The first chunk whose last key is not before `key`; chunks_.size() if none.
  std::size_t chunk_of(std::string_view key) const {
    const auto at = std::ranges::lower_bound(
        chunks_, key, {}, [](const auto& chunk) -> std::string_view { return chunk->empty() ? std::string_view() : std::string_view(chunk->back()->key); });
    return static_cast<std::size_t>(at - chunks_.begin());
  }

  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace kontena
