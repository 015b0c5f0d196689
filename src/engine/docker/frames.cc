#include "frames.h"

#include <algorithm>
#include <utility>

namespace kontena::engine::docker {
namespace {

constexpr std::size_t head_size = 8;

// Whether it can be the begin of a head.
bool is_head(std::string_view bytes) {
  constexpr std::string_view zeros("\0\0\0", 3);
  if (bytes.empty()) return true;
  const auto after = bytes.substr(1, 3);
  return static_cast<unsigned char>(bytes[0]) <= 3 && after == zeros.substr(0, after.size());
}

}  // namespace

bool Frames::take(std::string_view bytes, const Sink& sink) {
  if (!wanted_) return false;
  if (bytes.empty()) return wanted_ = sink({});
  while (!bytes.empty() && wanted_) {
    if (bare_) return wanted_ = sink({true, bytes});
    if (left_ > 0) {
      const auto size = std::min<std::size_t>(left_, bytes.size());
      left_ -= static_cast<std::uint32_t>(size);
      wanted_ = sink({is_error_, bytes.substr(0, size)});
      bytes.remove_prefix(size);
      continue;
    }
    const auto size = std::min(head_size - head_.size(), bytes.size());
    head_ += bytes.substr(0, size);
    bytes.remove_prefix(size);
    if (!is_head(head_)) {
      bare_ = true;
      wanted_ = sink({true, std::exchange(head_, {})});
    } else if (head_.size() == head_size) {
      for (std::size_t i = 4; i < head_size; ++i) left_ = left_ << 8 | static_cast<unsigned char>(head_[i]);
      is_error_ = head_[0] >= 2;
      head_.clear();
    }
  }
  return wanted_;
}

void Frames::finish(const Sink& sink) {
  if (wanted_ && !head_.empty()) sink({true, std::exchange(head_, {})});
}

}  // namespace kontena::engine::docker
