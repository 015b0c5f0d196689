#include "source.h"

#include <algorithm>
#include <cstdio>

namespace kontena::compose {
namespace {

constexpr std::size_t most_bytes = 16u << 20;

unsigned char byte(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

struct Point {
  char32_t value = 0;
  std::size_t size = 0;  // 0: not UTF-8
};

Point decode(std::string_view text, std::size_t at) {
  const unsigned char lead = byte(text, at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + size > text.size()) return {};
  char32_t value = lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const unsigned char next = byte(text, at + i);
    if ((next & 0xC0) != 0x80) return {};
    value = value << 6 | (next & 0x3Fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < least[size] || (value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF) return {};
  return {value, size};
}

// What YAML calls printable.
bool printable(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c != 0x7F && (c < 0x80 || c > 0x9F || c == 0x85) && c != 0xFFFE && c != 0xFFFF;
}

bool blank(char c) { return c == ' ' || c == '\t'; }
bool space(char c) { return blank(c) || c == '\n' || c == '\r'; }

}  // namespace

SourceText::SourceText(std::string_view text, const std::string* file) : text_(text), file_(file) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  lines_.push_back(0);
  for (std::size_t at = text_.find('\n'); at != std::string_view::npos; at = text_.find('\n', at + 1))
    lines_.push_back(at + 1);
}

Mark SourceText::mark(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto line = std::ranges::upper_bound(lines_, offset) - 1;
  const std::string_view before = text_.substr(*line, offset - *line);
  // A line of megabytes is not counted through for each of its values.
  const auto characters = before.size() > 4096
                              ? static_cast<std::ptrdiff_t>(before.size())
                              : std::ranges::count_if(before, [](char c) { return (c & 0xC0) != 0x80; });
  return {file_, static_cast<int>(line - lines_.begin()) + 1, static_cast<int>(characters) + 1};
}

bool SourceText::check(Notes& notes) const {
  if (text_.size() > most_bytes) {
    notes.problem(
        {file_, 0, 0}, "",
        "the file has " + std::to_string(text_.size()) + " bytes, the limit is " + std::to_string(most_bytes));
    return false;
  }
  for (std::size_t at = 0; at < text_.size();) {
    const Point point = decode(text_, at);
    if (point.size == 0) {
      notes.problem(mark(at), "", "the file is not UTF-8 text", "save it as UTF-8");
      return false;
    }
    if (!printable(point.value)) {
      char name[16];
      std::snprintf(name, sizeof name, "U+%04X", static_cast<unsigned>(point.value));
      notes.problem(mark(at), "", std::string("a control character (") + name + ") is not allowed",
                    "write it as an escape inside double quotes");
      return false;
    }
    at += point.size;
  }
  return true;
}

std::size_t SourceText::skip_properties(std::size_t at) const {
  while (at < text_.size()) {
    if (space(text_[at])) {
      ++at;
    } else if (text_[at] == '#' && (at == 0 || space(text_[at - 1]))) {
      while (at < text_.size() && text_[at] != '\n') ++at;
    } else if (text_[at] == '&' || text_[at] == '!') {
      while (at < text_.size() && !space(text_[at])) ++at;
    } else {
      return at;
    }
  }
  return at;
}

std::optional<std::size_t> SourceText::close_quote(std::size_t at) const {
  const char quote = text_[at];
  for (++at; at < text_.size(); ++at) {
    if (text_[at] == '\\' && quote == '"') {
      ++at;
    } else if (text_[at] == quote) {
      if (quote == '\'' && at + 1 < text_.size() && text_[at + 1] == quote)
        ++at;
      else
        return at + 1;
    }
  }
  return std::nullopt;
}

bool SourceText::is_explicit_key(std::size_t offset) const {
  while (offset > 0 && space(text_[offset - 1])) --offset;
  return offset > 0 && text_[offset - 1] == '?' && (offset == 1 || space(text_[offset - 2]));
}

bool SourceText::is_key(std::size_t offset, std::string_view key) const {
  std::size_t at = skip_properties(offset);
  if (at >= text_.size()) return false;
  if (text_[at] == '"' || text_[at] == '\'') {
    const auto end = close_quote(at);
    if (!end) return false;
    at = *end;
  } else if (text_[at] == '*') {
    while (at < text_.size() && !space(text_[at])) ++at;
  } else {
    if (!text_.substr(at).starts_with(key)) return false;
    at += key.size();
  }
  while (at < text_.size() && blank(text_[at])) ++at;
  return at < text_.size() && text_[at] == ':';
}

bool SourceText::starts_document(std::size_t offset) const {
  auto line = std::ranges::upper_bound(lines_, std::min(offset, text_.size())) - 1;
  while (true) {
    const std::size_t end = line + 1 == lines_.end() ? text_.size() : *(line + 1);
    const std::string_view whole = text_.substr(*line, end - *line);
    if (whole.starts_with("---") || whole.starts_with("...")) return true;
    const std::size_t first = whole.find_first_not_of(" \t\r\n");
    const bool content = first != std::string_view::npos && whole[first] != '#' && whole[0] != '%';
    if (content && *line + first < offset) return false;
    if (line == lines_.begin()) return true;
    --line;
  }
}

}  // namespace kontena::compose
