#include "scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "kontena/base/text.h"

namespace kontena::compose {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_real(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && digit(text[at])) ++at;
    return at - from;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// Decimal, 0x, 0o, 0b and, as in C, a leading 0 for octal.
std::optional<std::string> integer(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = text[1];
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    text.remove_prefix(base == 8 && mark != 'o' && mark != 'O' ? 1 : 2);
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (minus && number > most + 1) return std::nullopt;
  return (minus && number > 0 ? "-" : "") + std::to_string(number);
}

// 2026-1-2, alone or with a time behind it.
bool looks_date(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&](std::size_t least, std::size_t most) {
    const std::size_t from = at;
    while (at < text.size() && at - from < most && digit(text[at])) ++at;
    return at - from >= least;
  };
  const auto skip = [&](char c) { return at < text.size() && text[at] == c ? (++at, true) : false; };
  if (!digits(4, 4) || !skip('-') || !digits(1, 2) || !skip('-') || !digits(1, 2)) return false;
  if (at == text.size()) return true;
  if (!skip('T') && !skip('t') && !skip(' ')) return false;
  return digits(1, 2) && skip(':') && digits(1, 2) && skip(':') && digits(1, 2);
}

}  // namespace

std::optional<double> real(std::string_view text) {
  if (!looks_real(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

namespace {

// As Go prints numbers of YAML: plain from 1e-4 to 1e21, with an exponent outside.
template <class Real>
std::string print(Real number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  std::string written = text::shortest(number);
  const std::size_t e = written.find('e');
  if (e == std::string::npos) return written;
  int exponent = 0;
  const std::size_t from = e + (written[e + 1] == '+' ? 2 : 1);
  std::from_chars(written.data() + from, written.data() + written.size(), exponent);
  if (exponent < 0 || exponent >= 21) return written;
  // All digits of the shortest number, zeros behind them: 1e+17 is 100000000000000000.
  written.resize(e);
  const std::size_t point = written.find('.');
  const std::size_t behind = point == std::string::npos ? 0 : written.size() - point - 1;
  std::erase(written, '.');
  return written.append(static_cast<std::size_t>(exponent) - behind, '0');
}

}  // namespace

std::string print_real(double number) { return print(number); }
std::string print_short_real(float number) { return print(number); }

Scalar resolve(std::string_view text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return {Kind::null, ""};
  if (one_of(text, {"true", "True", "TRUE"})) return {Kind::boolean, "true"};
  if (one_of(text, {"false", "False", "FALSE"})) return {Kind::boolean, "false"};
  if (one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return {Kind::real, "+Inf"};
  if (one_of(text, {"-.inf", "-.Inf", "-.INF"})) return {Kind::real, "-Inf"};
  if (one_of(text, {".nan", ".NaN", ".NAN"})) return {Kind::real, "NaN"};
  if (digit(text[0]) || text[0] == '.' || text[0] == '-' || text[0] == '+') {
    if (looks_date(text)) return {Kind::date, std::string(text)};
    std::string plain(text);
    std::erase(plain, '_');
    if (text[0] != '.')
      if (auto whole = integer(plain)) return {Kind::integer, *whole};
    if (const auto number = real(plain)) return {Kind::real, print_real(*number)};
  }
  return {Kind::text, std::string(text)};
}

}  // namespace kontena::compose
