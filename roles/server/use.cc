#include "use.h"

#include <algorithm>

#include "kontena/base/log.h"

namespace kontena::server {

void Use::start() {
  open();
  loop_.start();
}

void Use::open() {
  if (kept_ || folder_.empty()) return;
  auto opened = stats::KeptHistory::open({.folder = folder_, .total = total_}, [&](const stats::KeptHistory::Sampled& sampled) {
    state_.with([&](State& state) { put(state, {sampled.source, sampled.series, sampled.point.values}, sampled.point.at_ms); });
  });
  if (!opened) {
    log::error("statistics are not kept", {{"reason", opened.error().message}});
    why_not_.with([&](std::string& why) { why = opened.error().message; });
    return;
  }
  kept_ = *std::move(opened);
}

void Use::forget(State& state, std::int64_t now_ms) {
  std::erase_if(state.sources, [&](const auto& item) {
    const auto newest = item.second.history.newest();
    return !newest || now_ms - newest->at_ms > forgotten_after_ms;
  });
}

bool Use::put(State& state, const Sample& sample, std::int64_t at_ms) {
  const std::int64_t quarter = (at_ms - 1) / stats::quarter_ms;
  if (quarter <= state.closed) return false;
  auto found = state.sources.find(sample.source);
  if (found == state.sources.end()) {
    // Whenever there is something new is often enough to forget what is gone.
    if (state.sources.size() % 64 == 0 || state.sources.size() >= most_series) forget(state, at_ms);
    if (state.sources.size() >= most_series) return false;
    found = state.sources.emplace(sample.source, Source{sample.series, {}}).first;
  }
  if (!found->second.history.add(at_ms, sample.values)) return false;
  state.open.insert(quarter);
  return true;
}

std::size_t Use::add(std::int64_t at_ms, const std::vector<Sample>& samples) {
  std::vector<stats::KeptHistory::Sampled> taken;
  state_.with([&](State& state) {
    for (const Sample& sample : samples)
      if (put(state, sample, at_ms)) taken.push_back({sample.series, sample.source, {at_ms, sample.values}});
  });
  // What cannot be written is in memory: it becomes history all the same, if it can be by then.
  if (kept_ && !taken.empty()) (void)kept_->add(taken);
  return samples.size() - taken.size();
}

std::vector<stats::Point> Use::points(const std::string& source, const std::string& series, std::int64_t since_ms, std::int64_t now_ms, std::size_t most) const {
  struct Found {
    std::vector<stats::Point> points;
    std::int64_t from = INT64_MAX;
  };
  Found found = state_.with([&](State& state) -> Found {
    const auto at = state.sources.find(source);
    if (most == 1) {
      if (at == state.sources.end()) return {};
      const auto newest = at->second.history.newest();
      return newest && newest->at_ms > since_ms ? Found{{*newest}} : Found{};
    }
    if (!kept_) return at == state.sources.end() ? Found{} : Found{at->second.history.since(since_ms, now_ms, most)};
    // Those that it took the place of are of the same series.
    Found all;
    for (const std::int64_t quarter : state.open) all.from = std::min(all.from, quarter * stats::quarter_ms);
    for (const auto& [name, other] : state.sources) {
      if (other.series != series) continue;
      const auto fine = other.history.fine(std::max(since_ms, all.from), now_ms);
      all.points.insert(all.points.end(), fine.begin(), fine.end());
    }
    return all;
  });
  if (most == 1 || !kept_) return found.points;
  auto all = kept_->points(series, since_ms, std::min(found.from, now_ms), (now_ms - since_ms) / static_cast<std::int64_t>(std::max<std::size_t>(most, 1)));
  all.insert(all.end(), found.points.begin(), found.points.end());
  std::ranges::stable_sort(all, {}, &stats::Point::at_ms);
  return stats::thinned(all, since_ms, now_ms, most);
}

void Use::step() {
  if (!kept_) return;
  if (const Status synced = kept_->sync(); !synced) log::warn("statistics are not kept", {{"reason", synced.error().message}});
  const std::int64_t now_ms = to_ms(clock_.now());
  const auto over = state_.with([&](State& state) {
    std::vector<std::int64_t> quarters;
    for (const std::int64_t quarter : state.open)
      if (now_ms >= (quarter + 1) * stats::quarter_ms + grace_ms) quarters.push_back(quarter);
    return quarters;
  });
  for (const std::int64_t quarter : over) close(quarter);
}

void Use::close(std::int64_t quarter) {
  // From here on it takes no more.
  auto by_series = state_.with([&](State& state) {
    state.closed = std::max(state.closed, quarter);
    std::map<std::string, std::vector<stats::Point>> all;
    for (const auto& [name, source] : state.sources) {
      const auto points = source.history.fine(quarter * stats::quarter_ms, (quarter + 1) * stats::quarter_ms);
      auto& to = all[source.series];
      to.insert(to.end(), points.begin(), points.end());
    }
    return all;
  });
  stats::KeptHistory::Series series;
  for (auto& [name, points] : by_series) {
    std::ranges::stable_sort(points, {}, &stats::Point::at_ms);
    if (!points.empty()) series.emplace_back(name, std::move(points));
  }
  const Status closed = kept_->close(quarter, series);
  why_not_.with([&](std::string& why) {
    if (!closed && why.empty()) log::warn("statistics are not kept", {{"reason", closed.error().message}});
    why = closed ? "" : closed.error().message;
  });
  // What failed is tried again as long as it is in memory.
  const std::int64_t now_ms = to_ms(clock_.now());
  if (closed || now_ms > (quarter + 4) * stats::quarter_ms) state_.with([&](State& state) { state.open.erase(quarter); });
}

std::optional<stats::Point> Use::newest(const std::string& source, std::int64_t fresh_after_ms) const {
  return state_.with([&](State& state) -> std::optional<stats::Point> {
    const auto at = state.sources.find(source);
    if (at == state.sources.end()) return std::nullopt;
    const auto newest = at->second.history.newest();
    return newest && newest->at_ms >= fresh_after_ms ? newest : std::nullopt;
  });
}

std::map<std::string, Use::Peak> Use::peaks(std::int64_t now_ms) const {
  std::map<std::string, Peak> all;
  state_.with([&](State& state) {
    for (const auto& [name, source] : state.sources) {
      if (!source.series.starts_with("s/")) continue;
      const Peak peak{source.history.peak(stats::cpu_milli, now_ms), source.history.peak(stats::memory, now_ms)};
      if (peak == Peak{}) continue;
      Peak& of = all[source.series.substr(0, source.series.rfind('/'))];
      of.cpu_milli = std::max(of.cpu_milli, peak.cpu_milli);
      of.memory = std::max(of.memory, peak.memory);
    }
  });
  return all;
}

std::int64_t stats_interval_ms(const model::ClusterView& view, const std::string& grid) {
  const auto* known = view.grids.get(grid);
  return known && known->stats_interval_ms > 0 ? known->stats_interval_ms : stats::usual_interval_ms;
}
std::int64_t stats_fresh_ms(const model::ClusterView& view, const std::string& grid) {
  return std::max<std::int64_t>(60'000, stats_interval_ms(view, grid) * 5 / 2);
}

std::string Use::trouble() const {
  const std::string why = why_not_.with([](const std::string& text) { return text; });
  return why.empty() && kept_ ? kept_->trouble() : why;
}

std::size_t Use::bytes() const {
  return state_.with([](State& state) {
    std::size_t sum = 0;
    for (const auto& [key, source] : state.sources) sum += key.size() + source.series.size() + source.history.bytes() + 96;
    return sum;
  });
}

}  // namespace kontena::server
