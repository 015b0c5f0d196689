#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Numbers of as few bytes as they need, seven bits each, the least first; and texts after their length.
namespace kontena::varints {

inline void put(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}
inline void put(std::string& to, std::string_view text) {
  put(to, text.size());
  to += text;
}
// So that small ones of both signs are short.
inline std::uint64_t folded(std::int64_t value) { return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63); }
inline std::int64_t unfolded(std::uint64_t value) { return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1); }
// What is added to `before` to have `value`; both may be any.
inline std::uint64_t step(std::int64_t before, std::int64_t value) {
  return folded(static_cast<std::int64_t>(static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(before)));
}
inline std::int64_t stepped(std::int64_t before, std::uint64_t step) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(before) + static_cast<std::uint64_t>(unfolded(step)));
}

// Takes off the front what it reads; once something is wrong, all is.
struct Reader {
  std::string_view rest;
  bool good = true;

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    good = false;
    return 0;
  }
  // A count of things that take a byte each at the least.
  std::uint64_t count(std::uint64_t most) {
    const std::uint64_t value = number();
    good = good && value <= most && value <= rest.size();
    return good ? value : 0;
  }
  std::string text(std::size_t longest) {
    const std::uint64_t size = count(longest);
    std::string value(rest.substr(0, size));
    rest.remove_prefix(size);
    return value;
  }
};

}  // namespace kontena::varints
