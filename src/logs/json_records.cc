#include <cstring>

#include "kontena/logs/records.h"

namespace kontena::logs {
namespace {

// Walks one line; never beyond `end`.
struct Cursor {
  const char* at;
  const char* end;

  bool done() const { return at == end; }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  void blanks() {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
  }
};

const char* find(const char* from, const char* end, char c) {
  return static_cast<const char*>(std::memchr(from, c, static_cast<std::size_t>(end - from)));
}

bool hex4(const char* at, const char* end, unsigned& value) {
  if (end - at < 4) return false;
  value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    unsigned digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<unsigned>(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<unsigned>(c - 'A') + 10;
    else
      return false;
    value = value * 16 + digit;
  }
  return true;
}

void append_utf8(std::string& to, unsigned point) {
  const auto byte = [&](unsigned value) { to.push_back(static_cast<char>(value)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xc0 | point >> 6), byte(0x80 | (point & 63));
  } else if (point < 0x10000) {
    byte(0xe0 | point >> 12), byte(0x80 | (point >> 6 & 63)), byte(0x80 | (point & 63));
  } else {
    byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 63)), byte(0x80 | (point >> 6 & 63)), byte(0x80 | (point & 63));
  }
}

// What stands after a backslash; `at` is behind it.
bool unescape_one(Cursor& c, std::string& to) {
  if (c.done()) return false;
  switch (*c.at++) {
    case '"': to.push_back('"'); return true;
    case '\\': to.push_back('\\'); return true;
    case '/': to.push_back('/'); return true;
    case 'b': to.push_back('\b'); return true;
    case 'f': to.push_back('\f'); return true;
    case 'n': to.push_back('\n'); return true;
    case 'r': to.push_back('\r'); return true;
    case 't': to.push_back('\t'); return true;
    case 'u': break;
    default: return false;
  }
  unsigned point = 0;
  if (!hex4(c.at, c.end, point)) return false;
  c.at += 4;
  if (point >= 0xd800 && point < 0xdc00) {
    unsigned low = 0;
    if (c.end - c.at >= 6 && c.at[0] == '\\' && c.at[1] == 'u' && hex4(c.at + 2, c.end, low) && low >= 0xdc00 && low < 0xe000) {
      c.at += 6;
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    } else {
      point = 0xfffd;
    }
  } else if (point >= 0xdc00 && point < 0xe000) {
    point = 0xfffd;
  }
  append_utf8(to, point);
  return true;
}

// A string whose opening quote is behind `at`. Most have no escape but the line's end at
// their very end, and are then taken where they are: `line_end` tells that it was there.
bool read_text(Cursor& c, std::string_view& text, bool& line_end, std::string& scratch) {
  const char* const begin = c.at;
  const char* const quote = find(begin, c.end, '"');
  if (!quote) return false;
  const char* slash = find(begin, quote, '\\');
  line_end = slash && slash + 2 == quote && slash[1] == 'n';
  if (!slash || line_end) {
    text = {begin, static_cast<std::size_t>((slash ? slash : quote) - begin)};
    c.at = quote + 1;
    return true;
  }
  scratch.clear();
  while (true) {
    // Up to the next quote or backslash, whichever comes first.
    const char* const stop = find(c.at, c.end, '"');
    if (!stop) return false;
    slash = find(c.at, stop, '\\');
    scratch.append(c.at, slash ? slash : stop);
    if (!slash) {
      c.at = stop + 1;
      break;
    }
    c.at = slash + 1;
    if (!unescape_one(c, scratch)) return false;
  }
  line_end = !scratch.empty() && scratch.back() == '\n';
  text = std::string_view(scratch).substr(0, scratch.size() - (line_end ? 1 : 0));
  return true;
}

// A string that holds nothing escaped, as names and times do.
bool read_plain(Cursor& c, std::string_view& text) {
  if (!c.take('"')) return false;
  const char* const quote = find(c.at, c.end, '"');
  if (!quote) return false;
  text = {c.at, static_cast<std::size_t>(quote - c.at)};
  c.at = quote + 1;
  return true;
}

bool skip_string(Cursor& c) {
  while (!c.done()) {
    const char now = *c.at++;
    if (now == '"') return true;
    if (now == '\\' && !c.done()) ++c.at;
  }
  return false;
}

// A value of any kind that is not looked at, as "attrs".
bool skip_value(Cursor& c) {
  int depth = 0;
  while (!c.done()) {
    const char now = *c.at;
    if (depth == 0 && (now == ',' || now == '}')) return true;
    ++c.at;
    if (now == '"' && !skip_string(c)) return false;
    if (now == '{' || now == '[') ++depth;
    if (now == '}' || now == ']') --depth;
  }
  return false;
}

bool read_line(std::string_view line, Record& record, std::string& scratch) {
  Cursor c{line.data(), line.data() + line.size()};
  bool has_log = false;
  bool has_time = false;
  record.is_error = false;
  c.blanks();
  if (!c.take('{')) return false;
  while (true) {
    std::string_view key;
    c.blanks();
    if (!read_plain(c, key)) return false;
    c.blanks();
    if (!c.take(':')) return false;
    c.blanks();
    if (key == "log") {
      if (!c.take('"') || !read_text(c, record.text, record.ends_line, scratch)) return false;
      has_log = true;
    } else if (key == "stream") {
      std::string_view stream;
      if (!read_plain(c, stream)) return false;
      record.is_error = stream == "stderr";
    } else if (key == "time") {
      std::string_view time;
      if (!read_plain(c, time) || !parse_time(time, record.time_ns)) return false;
      has_time = true;
    } else if (!skip_value(c)) {
      return false;
    }
    c.blanks();
    if (c.take('}')) break;
    if (!c.take(',')) return false;
  }
  c.blanks();
  return c.done() && has_log && has_time;
}

std::int64_t days_since_1970(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool digits(std::string_view text, std::size_t at, std::size_t count, std::int64_t& value) {
  value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace

bool parse_time(std::string_view text, std::int64_t& time_ns) {
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return false;
  if (!digits(text, 0, 4, year) || !digits(text, 5, 2, month) || !digits(text, 8, 2, day) || !digits(text, 11, 2, hour) ||
      !digits(text, 14, 2, minute) || !digits(text, 17, 2, second))
    return false;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || year < 1970 || year > 2200) return false;
  std::int64_t ns = 0;
  std::size_t at = 19;
  if (text[at] == '.') {
    std::int64_t unit = 1'000'000'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      unit /= 10;
      ns += (text[at] - '0') * unit;
    }
  }
  std::int64_t offset_min = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    std::int64_t hours = 0, minutes = 0;
    if (text.size() != at + 6 || text[at + 3] != ':' || !digits(text, at + 1, 2, hours) || !digits(text, at + 4, 2, minutes)) return false;
    offset_min = (text[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
  } else if (at + 1 != text.size() || text[at] != 'Z') {
    return false;
  }
  const std::int64_t seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute - offset_min) * 60 + second;
  time_ns = seconds * 1'000'000'000 + ns;
  return true;
}

Step read_json_record(std::string_view bytes, Record& record, std::string& scratch) {
  const std::string_view window = bytes.substr(0, longest_record);
  const char* const end = find(window.data(), window.data() + window.size(), '\n');
  if (!end) return bytes.size() >= longest_record ? Step{Found::damaged, longest_record} : Step{};
  std::string_view line(window.data(), static_cast<std::size_t>(end - window.data()));
  const std::size_t used = line.size() + 1;
  if (read_line(line, record, scratch)) return {Found::record, used};
  // Where an engine was killed as it wrote, its next one went on behind what there was.
  constexpr std::string_view begin = "{\"log\":\"";
  const std::size_t again = line.size() < 2 ? std::string_view::npos : line.rfind(begin);
  if (again != std::string_view::npos && again > 0 && read_line(line.substr(again), record, scratch)) return {Found::damaged, again};
  return {Found::damaged, used};
}

Step read_record(Format format, std::string_view bytes, Record& record, std::string& scratch) {
  return format == Format::json_file ? read_json_record(bytes, record, scratch) : read_local_record(bytes, record);
}

}  // namespace kontena::logs
