#include "use.h"

namespace kontena::server {

void Use::forget(Series& series, std::int64_t now_ms) {
  std::erase_if(series, [&](const auto& item) {
    const auto newest = item.second.newest();
    return !newest || now_ms - newest->at_ms > forgotten_after_ms;
  });
}

bool Use::add(const std::string& key, std::int64_t at_ms, const stats::Values& values) {
  return series_.with([&](Series& series) {
    const auto found = series.find(key);
    if (found != series.end()) return found->second.add(at_ms, values);
    // Whenever there is something new is often enough to forget what is gone.
    if (series.size() % 64 == 0 || series.size() >= most_series) forget(series, at_ms);
    if (series.size() >= most_series) return false;
    return series[key].add(at_ms, values);
  });
}

std::vector<stats::Point> Use::points(const std::string& key, std::int64_t since_ms, std::int64_t now_ms, std::size_t most) {
  return series_.with([&](Series& series) -> std::vector<stats::Point> {
    const auto found = series.find(key);
    if (found == series.end()) return {};
    if (most > 1) return found->second.since(since_ms, now_ms, most);
    const auto newest = found->second.newest();
    if (!newest || newest->at_ms <= since_ms) return {};
    return {*newest};
  });
}

std::size_t Use::bytes() {
  return series_.with([](Series& series) {
    std::size_t sum = 0;
    for (const auto& [key, history] : series) sum += key.size() + history.bytes() + 64;
    return sum;
  });
}

Use& use_here() {
  static Use use;
  return use;
}

}  // namespace kontena::server
