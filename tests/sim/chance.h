#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/random.h"

namespace kontena::sim {

// All chance of one simulation comes from its seed.
class Chance {
 public:
  // Mixed first: splitmix64 with neighbouring starts is one sequence, shifted.
  explicit Chance(std::uint64_t seed) : state_(mixed(mixed(seed + 1))) {}

  std::uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15u); }  // splitmix64
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool once_in(std::uint64_t n) { return n != 0 && below(n) == 0; }
  Duration time(std::int64_t least_ms, std::int64_t most_ms) { return Duration(between(least_ms, most_ms)); }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }
  Chance fork() { return Chance(next()); }

 private:
  static std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

class SeededIds final : public IdSource {
 public:
  explicit SeededIds(std::uint64_t seed) : chance_(seed) {}
  std::string bytes(std::size_t count) override {
    std::string bytes;
    while (bytes.size() < count) bytes += static_cast<char>(chance_.next() & 0xff);
    return bytes;
  }

 private:
  Chance chance_;
};

}  // namespace kontena::sim
