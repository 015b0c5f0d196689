#include "kontena/stats/segment.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "kontena/base/varints.h"

namespace kontena::stats {
namespace {

using varints::put, varints::step, varints::stepped;

// The file: magic, blocks, index, and a tail that says where the index is and what its sum is.
constexpr std::string_view magic = "KST1";
constexpr std::size_t entry_size = 24, tail_size = 24;
constexpr std::size_t longest_key = 1'000, most_points = 100'000;
constexpr std::uint64_t largest_block = 32u << 20;

std::uint32_t sum_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// FNV-1a: spreads keys; two that have the same are told apart by what the block says.
std::uint64_t hash_of(std::string_view key) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

void put_fixed(std::string& to, std::uint64_t value) { to.append(reinterpret_cast<const char*>(&value), sizeof value); }
std::uint64_t fixed(const char* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// The columns one after the other: what is alike lies together. Most are 0 all the time, or the same.
std::string block_of(std::string_view key, const std::vector<Point>& points) {
  std::string raw;
  put(raw, key);
  put(raw, points.size());
  std::int64_t before = 0;
  for (const Point& point : points) put(raw, step(std::exchange(before, point.at_ms), point.at_ms));
  for (std::size_t i = 0; i < measures; ++i) {
    // Runs: how often a step comes, and which.
    std::int64_t last = 0;
    for (std::size_t p = 0; p < points.size();) {
      const std::uint64_t by = step(last, points[p].values[i]);
      std::size_t run = 1;
      while (p + run < points.size() && step(points[p + run - 1].values[i], points[p + run].values[i]) == by) ++run;
      put(raw, std::uint64_t{run});
      put(raw, by);
      last = points[p + run - 1].values[i];
      p += run;
    }
  }
  std::string block;
  put(block, std::uint64_t{sum_of(raw)});
  return block + raw;
}

bool read_block(std::string_view bytes, std::string& key, std::vector<Point>& points) {
  varints::Reader from{bytes};
  const std::uint64_t sum = from.number();
  if (!from.good || sum != sum_of(from.rest)) return false;
  key = from.text(longest_key);
  points.assign(from.count(most_points), {});
  std::int64_t at_ms = 0;
  for (Point& point : points) point.at_ms = at_ms = stepped(at_ms, from.number());
  for (std::size_t i = 0; i < measures && from.good; ++i) {
    std::int64_t last = 0;
    for (std::size_t p = 0; p < points.size() && from.good;) {
      const std::uint64_t run = from.number(), by = from.number();
      if (run == 0 || run > points.size() - p) return false;
      for (std::uint64_t r = 0; r < run; ++r) points[p++].values[i] = last = stepped(last, by);
    }
  }
  return from.good && from.rest.empty();
}

bool read_at(int fd, std::string& bytes, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got = ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

void SegmentWriter::add(std::string_view key, const std::vector<Point>& points) {
  if (points.empty()) return;
  if (bytes_.empty()) bytes_ = magic;
  const std::string block = block_of(key, points);
  entries_.push_back({hash_of(key), bytes_.size(), block.size()});
  bytes_ += block;
}

std::string SegmentWriter::finish() {
  if (bytes_.empty()) bytes_ = magic;
  std::ranges::sort(entries_, {}, &Entry::hash);
  std::string index;
  for (const Entry& entry : entries_) {
    put_fixed(index, entry.hash);
    put_fixed(index, entry.offset);
    put_fixed(index, entry.size);
  }
  const std::uint64_t at = bytes_.size();
  bytes_ += index;
  put_fixed(bytes_, at);
  put_fixed(bytes_, entries_.size());
  put_fixed(bytes_, sum_of(index));
  return std::move(bytes_);
}

Result<Segment> Segment::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error{errno == ENOENT ? Code::not_found : Code::unavailable, "cannot open '" + path + "': " + std::strerror(errno)};
  Segment segment(fd, 0, 0);
  const Error corrupt{Code::corrupt, "'" + path + "' is damaged"};
  const auto size = static_cast<std::uint64_t>(std::max<off_t>(::lseek(fd, 0, SEEK_END), 0));
  std::string tail(tail_size, '\0'), head(magic.size(), '\0');
  if (size < magic.size() + tail_size || !read_at(fd, tail, size - tail_size) || !read_at(fd, head, 0) || head != magic) return corrupt;
  const std::uint64_t at = fixed(tail.data()), count = fixed(tail.data() + 8);
  if (at > size || count > size / entry_size || at + count * entry_size + tail_size != size) return corrupt;
  std::string index(static_cast<std::size_t>(count) * entry_size, '\0');
  if (!read_at(fd, index, at) || sum_of(index) != fixed(tail.data() + 16)) return corrupt;
  segment.index_ = at;
  segment.count_ = static_cast<std::size_t>(count);
  return segment;
}

Segment::~Segment() {
  if (fd_ >= 0) ::close(fd_);
}
Segment::Segment(Segment&& other) noexcept : fd_(std::exchange(other.fd_, -1)), index_(other.index_), count_(other.count_) {}

std::uint64_t Segment::hash_at(std::size_t i) const {
  std::string entry(8, '\0');
  return read_at(fd_, entry, index_ + i * entry_size) ? fixed(entry.data()) : 0;
}

Segment::Series Segment::series(std::size_t i) const {
  Series series;
  std::string entry(entry_size, '\0');
  if (!read_at(fd_, entry, index_ + i * entry_size)) return series;
  series.hash = fixed(entry.data());
  const std::uint64_t size = fixed(entry.data() + 16);
  if (size > largest_block) return series;
  std::string block(static_cast<std::size_t>(size), '\0');
  if (!read_at(fd_, block, fixed(entry.data() + 8)) || !read_block(block, series.key, series.points)) series.points.clear();
  return series;
}

std::vector<Point> Segment::points(std::string_view key) const {
  const std::uint64_t hash = hash_of(key);
  std::size_t low = 0, high = count_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (hash_at(middle) < hash) low = middle + 1;
    else high = middle;
  }
  for (; low < count_ && hash_at(low) == hash; ++low) {
    Series found = series(low);
    if (found.key == key) return std::move(found.points);
  }
  return {};
}

std::string merge(const std::vector<Segment>& parts) {
  SegmentWriter writer;
  std::vector<std::size_t> at(parts.size());
  std::vector<Segment::Series> next(parts.size());
  const auto advance = [&](std::size_t i) {
    next[i] = at[i] < parts[i].size() ? parts[i].series(at[i]) : Segment::Series{};
    at[i] += 1;
  };
  for (std::size_t i = 0; i < parts.size(); ++i) advance(i);
  const auto ended = [&](std::size_t i) { return at[i] > parts[i].size(); };
  while (true) {
    std::uint64_t hash = UINT64_MAX;
    bool any = false;
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (!ended(i)) hash = std::min(hash, next[i].hash), any = true;
    if (!any) return writer.finish();
    std::map<std::string, std::vector<Point>> same;  // nearly always one
    for (std::size_t i = 0; i < parts.size(); ++i)
      while (!ended(i) && next[i].hash == hash) {
        auto& points = same[next[i].key];
        points.insert(points.end(), next[i].points.begin(), next[i].points.end());
        advance(i);
      }
    for (auto& [key, points] : same) writer.add(key, points);
  }
}

std::vector<Point> rolled_up(const std::vector<Point>& points, std::int64_t part_ms) {
  std::vector<Point> parts;
  std::int64_t count = 0;
  const auto end = [&] {
    if (count == 0) return;
    for (std::size_t i = 0; i < measures; ++i)
      if (i != oom_kills) parts.back().values[i] /= count;
    count = 0;
  };
  for (const Point& point : points) {
    const std::int64_t at = ((point.at_ms - 1) / part_ms + 1) * part_ms;
    if (parts.empty() || parts.back().at_ms != at) {
      end();
      parts.push_back({.at_ms = at});
    }
    ++count;
    for (std::size_t i = 0; i < measures; ++i) parts.back().values[i] += point.values[i];
  }
  end();
  return parts;
}

}  // namespace kontena::stats
