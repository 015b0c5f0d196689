#include "kontena/stats/history.h"

#include <algorithm>

namespace kontena::stats {
namespace {

constexpr std::size_t at_first = 24;
constexpr std::int64_t largest = std::int64_t{1} << 52;  // of one value: sums of a day's stay whole

Values bounded(Values values) {
  for (std::int64_t& value : values) value = std::clamp<std::int64_t>(value, 0, largest);
  return values;
}

}  // namespace

History::Packed History::pack(std::int64_t at_ms, const Values& values) {
  Packed packed{.at = {static_cast<std::uint32_t>(at_ms >> 32), static_cast<std::uint32_t>(at_ms)}};
  std::ranges::transform(values, packed.values.begin(), [](std::int64_t v) { return static_cast<float>(v); });
  return packed;
}

void History::Ring::add(const Packed& packed) {
  if (kept_.size() == most_) {
    kept_[first_] = packed;
    first_ = (first_ + 1) % most_;
    return;
  }
  // In two steps, not doubled over and over: there are thousands of these, and what is let go on the way stays with malloc.
  if (kept_.size() == kept_.capacity()) kept_.reserve(kept_.empty() ? std::min(most_, at_first) : most_);
  kept_.push_back(packed);
}

bool History::add(std::int64_t at_ms, const Values& given) {
  if (fine_.size() > 0 && at_ms <= fine_.at(fine_.size() - 1).at_ms()) return false;
  const Values values = bounded(given);
  const std::int64_t quarter = at_ms / coarse_ms;
  if (summed_ > 0 && quarter != quarter_) {
    Values mean = sum_;
    for (std::size_t i = 0; i < measures; ++i)
      if (i != oom_kills) mean[i] /= summed_;
    coarse_.add(pack((quarter_ + 1) * coarse_ms, mean));
    sum_ = {};
    summed_ = 0;
  }
  quarter_ = quarter;
  ++summed_;
  for (std::size_t i = 0; i < measures; ++i) sum_[i] = std::min(largest * 96, sum_[i] + values[i]);
  fine_.add(pack(at_ms, values));
  const auto number = static_cast<std::int32_t>(at_ms / part_ms);
  Part& part = parts_[static_cast<std::size_t>(number) % parts_.size()];
  if (part.number != number) part = {.number = number};
  part.cpu_milli = std::max(part.cpu_milli, static_cast<float>(values[cpu_milli]));
  part.memory = std::max(part.memory, static_cast<float>(values[memory]));
  return true;
}

std::int64_t History::peak(Measure measure, std::int64_t now_ms) const {
  const std::int64_t newest = now_ms / part_ms;
  float most = 0;
  for (const Part& part : parts_)
    if (part.number > newest - static_cast<std::int64_t>(parts_.size())) most = std::max(most, measure == memory ? part.memory : part.cpu_milli);
  return static_cast<std::int64_t>(most);
}

Point History::unpacked(const Packed& packed) {
  Point point{.at_ms = packed.at_ms()};
  std::ranges::transform(packed.values, point.values.begin(), [](float v) { return static_cast<std::int64_t>(v); });
  return point;
}

std::optional<Point> History::newest() const {
  if (fine_.size() == 0) return std::nullopt;
  return unpacked(fine_.at(fine_.size() - 1));
}

std::vector<Point> thinned(const std::vector<Point>& all, std::int64_t since_ms, std::int64_t until_ms, std::size_t most) {
  std::vector<Point> points;
  std::vector<std::int64_t> counts;
  if (most == 0 || since_ms >= until_ms) return points;
  // One part more than asked for may be touched, where they do not begin at `since`.
  const auto parts = std::max<std::int64_t>(1, static_cast<std::int64_t>(most) - 1);
  const std::int64_t part = std::max<std::int64_t>(1, (until_ms - since_ms + parts - 1) / parts);
  for (const Point& point : all) {
    if (point.at_ms <= since_ms || point.at_ms > until_ms) continue;
    // Into the last point where it is of the same part of the time, else into one of its own.
    if (points.empty() || (points.back().at_ms - 1) / part != (point.at_ms - 1) / part) {
      points.push_back({});
      counts.push_back(0);
    }
    points.back().at_ms = point.at_ms;
    ++counts.back();
    for (std::size_t i = 0; i < measures; ++i) points.back().values[i] += point.values[i];
  }
  for (std::size_t p = 0; p < points.size(); ++p)
    for (std::size_t i = 0; i < measures; ++i)
      if (i != oom_kills) points[p].values[i] /= counts[p];
  if (points.size() > most) points.erase(points.begin(), points.end() - static_cast<std::ptrdiff_t>(most));
  return points;
}

std::vector<Point> History::since(std::int64_t since_ms, std::int64_t now_ms, std::size_t most) const {
  std::vector<Point> all;
  for (std::size_t i = 0; i < coarse_.size(); ++i)
    if (coarse_.at(i).at_ms() < fine_from()) all.push_back(unpacked(coarse_.at(i)));
  for (std::size_t i = 0; i < fine_.size(); ++i) all.push_back(unpacked(fine_.at(i)));
  return thinned(all, since_ms, now_ms, most);
}

std::vector<Point> History::fine(std::int64_t since_ms, std::int64_t until_ms) const {
  std::vector<Point> all;
  for (std::size_t i = 0; i < fine_.size(); ++i)
    if (fine_.at(i).at_ms() > since_ms && fine_.at(i).at_ms() <= until_ms) all.push_back(unpacked(fine_.at(i)));
  return all;
}

std::size_t History::bytes() const { return sizeof(*this) + fine_.bytes() + coarse_.bytes(); }

}  // namespace kontena::stats
