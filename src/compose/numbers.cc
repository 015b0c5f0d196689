// The canonical forms of numbers, sizes and times, as Compose (and what it is written in) has
// them. What it takes and makes something else of is kept with a doubt, for which a deploy
// refuses it.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "kontena/base/text.h"
#include "scalar.h"
#include "values.h"

namespace kontena::compose {
namespace {

constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
constexpr const char* too_large = "is beyond what fits 64 bits";
constexpr double beyond = 9223372036854775808.0;

std::optional<std::int64_t> text_integer(const Node& value) {
  return value.kind == Kind::integer || value.kind == Kind::text ? text::integer(value.text) : std::nullopt;
}

// A number that is none of 64 bits, or has a point.
std::optional<double> other_number(const Node& value) {
  if (value.kind == Kind::real && value.text == "+Inf") return INFINITY;
  if (value.kind == Kind::real && value.text == "-Inf") return -INFINITY;
  return value.kind == Kind::real || value.kind == Kind::integer ? real(value.text) : std::nullopt;
}

bool is_whole(double number) { return std::isfinite(number) && std::trunc(number) == number; }

void put_integer(Node& value, std::string text, const char* doubt = nullptr) {
  become(value, Kind::integer, std::move(text));
  if (doubt) value.doubt = doubt;
}

// -1 for what is none.
struct Size {
  std::int64_t bytes = -1;
  bool fits = true;
};

// As docker/go-units reads it: "1.5g", "512 MiB".
Size parse_size(std::string_view text) {
  const std::size_t last = text.find_last_of("0123456789. ");
  if (last == std::string_view::npos) return {};
  const std::string_view digits = text.substr(0, text[last] == ' ' ? last : last + 1);
  const std::string unit = text::lower(text.substr(last + 1));
  const auto number = real(digits);
  if (!number || *number < 0 || unit.size() > 3) return {};
  double size = *number;
  if (unit.starts_with('b')) {
    if (unit.size() > 1) return {};
  } else if (!unit.empty()) {
    const std::size_t power = std::string_view("kmgtp").find(unit[0]);
    if (power == std::string_view::npos || (unit.size() == 2 && unit[1] != 'b') ||
        (unit.size() == 3 && unit.substr(1) != "ib"))
      return {};
    size *= std::pow(1024.0, static_cast<double>(power + 1));
  }
  if (!(size < beyond)) return {lowest, false};
  return {static_cast<std::int64_t>(size), true};
}

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};
constexpr std::uint64_t second = 1'000'000'000;
constexpr std::array units{Unit{"ns", 1},
                           Unit{"us", 1000},
                           Unit{"\u00B5s", 1000},
                           Unit{"\u03BCs", 1000},
                           Unit{"ms", 1'000'000},
                           Unit{"s", second},
                           Unit{"m", 60 * second},
                           Unit{"h", 3600 * second},
                           Unit{"d", 24 * 3600 * second},
                           Unit{"w", 7 * 24 * 3600 * second}};

}  // namespace

void become(Node& value, Kind kind, std::string text) {
  if (value.written.empty() && value.text != text) value.written = value.text;
  value.kind = kind;
  value.text = std::move(text);
}

std::optional<std::int64_t> nanoseconds(std::string_view text) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::uint64_t sum = 0;
  while (!text.empty()) {
    const auto digits = [&] {
      const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
      const std::string_view found = text.substr(0, end);
      text.remove_prefix(end);
      return found;
    };
    const std::string_view whole = digits();
    std::string_view fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = digits();
    }
    if (whole.empty() && fraction.empty()) return std::nullopt;
    const std::size_t end = std::min(text.find_first_of(".0123456789"), text.size());
    const auto unit = std::ranges::find(units, text.substr(0, end), &Unit::name);
    if (unit == units.end()) return std::nullopt;
    text.remove_prefix(end);
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(whole.data(), whole.data() + whole.size(), number);
    if (!whole.empty() && (error != std::errc{} || number > most / unit->nanoseconds)) return std::nullopt;
    number *= unit->nanoseconds;
    double part = static_cast<double>(unit->nanoseconds), inside = 0;
    for (const char c : fraction) inside += (part /= 10) * (c - '0');
    number += static_cast<std::uint64_t>(inside + 1e-6);
    if (number > most || (sum += number) > most) return std::nullopt;
  }
  const auto signed_sum = static_cast<std::int64_t>(sum);
  return minus ? -signed_sum : signed_sum;
}

std::string print_duration(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const std::string sign = nanoseconds < 0 ? "-" : "";
  auto left = static_cast<std::uint64_t>(nanoseconds < 0 ? -nanoseconds : nanoseconds);
  // The number with a point before its last `digits`, without zeros behind.
  const auto with_fraction = [](std::uint64_t number, std::size_t digits) {
    std::string text = std::to_string(number);
    if (text.size() <= digits) text.insert(0, digits + 1 - text.size(), '0');
    if (digits == 0) return text;
    text.insert(text.size() - digits, 1, '.');
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    return text;
  };
  if (left < 1000) return sign + std::to_string(left) + "ns";
  if (left < 1'000'000) return sign + with_fraction(left, 3) + "\u00B5s";
  if (left < second) return sign + with_fraction(left, 6) + "ms";
  const std::uint64_t hours = left / (3600 * second), minutes = left / (60 * second) % 60;
  std::string out = sign;
  if (hours > 0) out += std::to_string(hours) + 'h';
  if (hours > 0 || minutes > 0) out += std::to_string(minutes) + 'm';
  return out + with_fraction(left % (60 * second), 9) + 's';
}

void duration(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::text) {
    const bool whole = value.kind == Kind::integer;
    return reader.notes.problem(value.at, path,
                                "must be a duration, as in 1m30s, this is " + std::string(describe(value)),
                                whole ? "write " + value.text + "s for seconds" : "");
  }
  const auto length = nanoseconds(value.text);
  if (!length)
    return reader.notes.problem(value.at, path, "'" + value.text + "' is not a duration", "write 90s, 1m30s or 500ms");
  become(value, Kind::text, print_duration(*length));
  if (*length < 0) value.doubt = "is a time below zero";
}

void integer(Reader& reader, Node& value, const std::string& path) {
  if (const auto number = text_integer(value)) return put_integer(value, std::to_string(*number));
  const auto other = other_number(value);
  if (!other || !is_whole(*other) || std::fabs(*other) >= beyond)
    return wrong_kind(reader, value, path, "a whole number");
  put_integer(value, std::to_string(static_cast<std::int64_t>(*other)));
}

void integer_only(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::text) return wrong_kind(reader, value, path, "a whole number");
  integer(reader, value, path);
}

void any_integer(Reader& reader, Node& value, const std::string& path) {
  const auto other = text_integer(value) ? std::nullopt : other_number(value);
  if (other && std::isfinite(*other) && is_whole(*other) && std::fabs(*other) >= beyond)
    return put_integer(value, std::to_string(lowest), too_large);
  integer(reader, value, path);
}

void instances(Reader& reader, Node& value, const std::string& path) {
  integer(reader, value, path);
  if (value.kind == Kind::integer && value.text.starts_with('-'))
    reader.notes.problem(value.at, path, "must not be negative");
}

void count(Reader& reader, Node& value, const std::string& path) {
  const auto other = text_integer(value) ? std::nullopt : other_number(value);
  if (other && *other >= beyond) return put_integer(value, "9223372036854775808", too_large);
  integer(reader, value, path);
  if (value.kind == Kind::integer && value.text.starts_with('-'))
    reader.notes.problem(value.at, path, "must not be negative");
}

void whole_count(Reader& reader, Node& value, const std::string& path) {
  if (const auto other = other_number(value); other && std::fabs(*other) < beyond && !text_integer(value))
    put_integer(value, std::to_string(static_cast<std::int64_t>(*other)));
  count(reader, value, path);
}

void whole(Reader& reader, Node& value, const std::string& path) {
  if (const auto other = other_number(value); other && !text_integer(value))
    return std::fabs(*other) < beyond ? put_integer(value, std::to_string(static_cast<std::int64_t>(*other)))
                                      : put_integer(value, std::to_string(lowest), too_large);
  integer(reader, value, path);
}

void whole_only(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::text) return wrong_kind(reader, value, path, "a number");
  whole(reader, value, path);
}

void wrapped(Reader& reader, Node& value, const std::string& path, int bits) {
  const auto other = text_integer(value) ? std::nullopt : other_number(value);
  const std::int64_t most = (std::int64_t(1) << bits) - 1;
  if (other && *other >= beyond) return put_integer(value, "0", too_large);
  integer(reader, value, path);
  if (value.kind != Kind::integer) return;
  const std::int64_t number = text::integer(value.text).value_or(0);
  if (number < 0) return reader.notes.problem(value.at, path, "must not be negative");
  if (number > most) put_integer(value, std::to_string(number & most), "is more than the engine can have here");
}

void unsigned16(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::text) return wrong_kind(reader, value, path, "a whole number");
  wrapped(reader, value, path, 16);
}
void unsigned32(Reader& reader, Node& value, const std::string& path) { wrapped(reader, value, path, 32); }

void number(Reader& reader, Node& value, const std::string& path) {
  const auto found = value.kind == Kind::integer || value.kind == Kind::real || value.kind == Kind::text
                         ? real(value.text)
                         : std::nullopt;
  if (!found) return wrong_kind(reader, value, path, "a number");
  become(value, Kind::real, print_short_real(static_cast<float>(*found)));
}

void bytes(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::integer && value.kind != Kind::real && value.kind != Kind::text)
    return wrong_kind(reader, value, path, "a number of bytes, as in 512m or 1.5g");
  if (value.kind == Kind::real || (value.kind == Kind::integer && !text::integer(value.text))) {
    become(value, Kind::text, "0");
    value.doubt = "is not a whole number of bytes, of which Compose makes none; write it as in 1.5g";
    return;
  }
  if (value.kind == Kind::integer) return become(value, Kind::text, value.text);
  // What we make of a number below zero is read again.
  if (const auto below = text::integer(value.text); below && *below < 0) {
    if (*below == lowest) value.doubt = too_large;
    return;
  }
  const Size size = parse_size(value.text);
  if (size.bytes == -1)
    return reader.notes.problem(value.at, path, "'" + value.text + "' is not a size",
                                "write 512m, 1.5g or a number of bytes");
  become(value, Kind::text, std::to_string(size.bytes));
  if (!size.fits) value.doubt = too_large;
}

void whole_bytes(Reader& reader, Node& value, const std::string& path) {
  const auto other = value.kind == Kind::real ? other_number(value) : std::nullopt;
  if (other && !is_whole(*other)) return wrong_kind(reader, value, path, "a whole number of bytes, or text as in 1.5g");
  bytes(reader, value, path);
}

}  // namespace kontena::compose
