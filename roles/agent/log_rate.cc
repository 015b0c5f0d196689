#include "log_rate.h"

#include <algorithm>

namespace kontena::agent {
namespace {

// Instances of a service are read in turns, each a stretch: a little back is no jump of the clock.
constexpr std::int64_t jump_ns = 10'000'000'000;

}  // namespace

bool LogRate::take(const std::string& service, std::int64_t time_ns, std::size_t bytes) {
  if (rate_ == 0) return true;
  const auto full = static_cast<double>(burst_);
  Bucket& bucket = services_.try_emplace(service, Bucket{full, time_ns}).first->second;
  if (time_ns > bucket.time_ns) {
    bucket.left = std::min(full, bucket.left + static_cast<double>(time_ns - bucket.time_ns) / 1e9 * static_cast<double>(rate_));
    bucket.time_ns = time_ns;
  } else if (bucket.time_ns - time_ns > jump_ns) {
    bucket.time_ns = time_ns;
  }
  const auto cost = static_cast<double>(1 + bytes / 1024);
  if (bucket.left < cost) return false;
  bucket.left -= cost;
  return true;
}

}  // namespace kontena::agent
