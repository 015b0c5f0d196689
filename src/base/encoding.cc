// The parts of text.h that read and write encodings of bytes and quantities.
#include <array>
#include <cmath>

#include "kontena/base/text.h"

namespace kontena::text {
namespace {

constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : alphabet[group >> (18 - 6 * k) & 63];
  }
  return text;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The decimal number at the front of `text`, which it takes off; fractions
// allowed, exponents and signs not. Exact for whole numbers of up to 63 bits.
std::optional<long double> take_number(std::string_view& text) {
  long double number = 0, fraction = 0, scale = 1;
  std::size_t at = 0, digits = 0;
  const auto digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  for (; digit(); ++at, ++digits) number = number * 10 + (text[at] - '0');
  if (at < text.size() && text[at] == '.')
    for (++at; digit(); ++at, ++digits) fraction = fraction * 10 + (text[at] - '0'), scale *= 10;
  if (digits == 0 || digits > 1000) return std::nullopt;
  text.remove_prefix(at);
  return number + fraction / scale;
}

// Put together in a way of which gcc 12 does not say that it overlaps.
std::string quoted(std::string_view text) {
  std::string quoted(1, '\'');
  quoted.append(text).append(1, '\'');
  return quoted;
}

}  // namespace

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::optional<std::string> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = nibble(text[i]), low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string base64(std::string_view bytes) { return encode(bytes, plain); }
std::string base64_url(std::string_view bytes) { return encode(bytes, url); }

std::optional<std::string> unbase64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  unsigned group = 0;
  int bits = 0;
  for (const char c : text) {
    auto value = plain.find(c);
    if (value == std::string_view::npos) value = url.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(group >> bits & 255);
    }
  }
  if (bits >= 6) return std::nullopt;
  return bytes;
}

Result<std::int64_t> bytes(std::string_view given) {
  std::string_view text = trim(given);
  const auto wrong = [&] {
    return Error{Code::invalid_argument, quoted(given) + " is not a size", "write 512m, 1.5g or a number of bytes"};
  };
  const auto number = take_number(text);
  if (!number) return wrong();
  const std::string unit = lower(trim(text));
  constexpr std::string_view letters = "kmgtp";
  long double factor = 1;
  if (!unit.empty() && unit != "b") {
    const auto power = letters.find(unit[0]);
    if (power == std::string_view::npos || (unit.size() > 1 && unit.substr(1) != "b" && unit.substr(1) != "ib"))
      return wrong();
    factor = std::pow(1024.0L, static_cast<long double>(power + 1));
  }
  const long double size = *number * factor;
  if (size > 9.0e18L) return wrong();
  return static_cast<std::int64_t>(size);
}

Result<Duration> duration(std::string_view given) {
  struct Unit {
    std::string_view name;
    long double ms;
  };
  // Longer names first, so that "ms" is not read as minutes.
  static constexpr std::array units{Unit{"ns", 1e-6L}, Unit{"us", 1e-3L}, Unit{"µs", 1e-3L},
                                    Unit{"ms", 1},     Unit{"s", 1e3},    Unit{"m", 6e4},
                                    Unit{"h", 3.6e6},  Unit{"d", 8.64e7}, Unit{"w", 6.048e8}};
  const auto wrong = [&] {
    return Error{Code::invalid_argument, quoted(given) + " is not a duration", "write 90s, 1m30s or 500ms"};
  };
  std::string_view text = given;
  if (text == "0") return Duration(0);
  if (text.empty()) return wrong();
  long double total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return wrong();
    const Unit* found = nullptr;
    for (const Unit& unit : units)
      if (!found && text.starts_with(unit.name)) found = &unit;
    if (!found) return wrong();
    text.remove_prefix(found->name.size());
    total += *number * found->ms;
  }
  if (total > 9.0e15L) return wrong();
  // A little less than one nanosecond off, lest a rounding of ours count as one.
  return Duration(static_cast<std::int64_t>(std::ceil(total - 1e-7L)));
}

}  // namespace kontena::text
