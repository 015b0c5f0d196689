#include "quote.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "kontena/base/text.h"
#include "scalar.h"

namespace kontena::compose {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string dollars_doubled(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '$') out += c;
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + '\'';
}

// 1:30 and -1:30:59.5 are numbers of base 60 for readers of YAML 1.1.
bool base_60(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !digit(text[0])) return false;
  const auto parts = text::split(text.substr(0, text.find('.')), ':');
  if (parts.size() < 2 || parts[0].find_first_not_of("0123456789_") != std::string::npos) return false;
  for (std::size_t i = 1; i < parts.size(); ++i)
    if (parts[i].empty() || parts[i].size() > 2 || !std::ranges::all_of(parts[i], digit) ||
        (parts[i].size() == 2 && parts[i][0] > '5'))
      return false;
  const std::size_t point = text.find('.');
  return point == std::string_view::npos || text.find_first_not_of("0123456789_", point + 1) == std::string_view::npos;
}

// Text that YAML 1.1 readers take for something else.
bool old_word(std::string_view text) {
  const std::string word = text::lower(text);
  for (const auto old : {"y", "yes", "on", "n", "no", "off"})
    if (word == old) return true;
  return base_60(text);
}

bool plain_is_unsafe(std::string_view text) {
  const auto blank_at = [&](std::size_t at) { return at >= text.size() || text[at] == ' '; };
  const char first = text.front();
  if (std::string_view("#,[]{}&*!|>'\"%@`").find(first) != std::string_view::npos) return true;
  if ((first == '-' || first == '?' || first == ':') && blank_at(1)) return true;
  if (first == ' ' || text.back() == ' ' || text.back() == ':' || text.starts_with("---") || text.starts_with("..."))
    return true;
  return text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos;
}

// Ends of a line for readers of YAML 1.1, and what no YAML may hold as it is: in UTF-8, and their escapes.
struct Special {
  std::string_view bytes, escape;
};
constexpr std::array<Special, 6> specials{{{"\xC2\x85", "\\N"},
                                           {"\xE2\x80\xA8", "\\L"},
                                           {"\xE2\x80\xA9", "\\P"},
                                           {byte_order_mark, "\\uFEFF"},
                                           {"\xEF\xBF\xBE", "\\uFFFE"},
                                           {"\xEF\xBF\xBF", "\\uFFFF"}}};

// What stands in double quotes only: controls, and characters beyond the first 65,536.
bool special(std::string_view text) {
  return std::ranges::any_of(text,
                             [](char c) {
                               const auto byte = static_cast<unsigned char>(c);
                               return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F || byte >= 0xF0;
                             }) ||
         std::ranges::any_of(specials,
                             [&](const Special& each) { return text.find(each.bytes) != std::string_view::npos; });
}

std::string yaml_quoted(std::string_view text) {
  std::string out;
  const auto add = [&](const char* form, unsigned long code) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), form, code);
    out += buffer.data();
  };
  // Compose takes every character of such a text for a mark of the order of bytes.
  const bool marked = text.starts_with(byte_order_mark);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = [&](std::size_t at) { return static_cast<unsigned long>(text[i + at]) & 0x3FUL; };
    const auto known =
        std::ranges::find_if(specials, [&](const Special& each) { return text.substr(i).starts_with(each.bytes); });
    const std::size_t control = byte < 0x20 ? std::string_view("\0\a\b\v\f\x1B", 6).find(text[i]) : std::string::npos;
    if (known != specials.end()) {
      out += known->escape;
      i += known->bytes.size() - 1;
    } else if (control != std::string::npos) {
      (out += '\\') += "0abvfe"[control];
    } else if ((byte < 0x20 && text[i] != '\n' && text[i] != '\t' && text[i] != '\r') || byte == 0x7F ||
               (marked && byte > 0x20 && byte < 0x80 && text[i] != '"' && text[i] != '\\')) {
      add("\\x%02lX", byte);
    } else if (byte >= 0xF0 && i + 3 < text.size()) {
      add("\\U%08lX", (byte & 7UL) << 18 | next(1) << 12 | next(2) << 6 | next(3));
      i += 3;
    } else {
      const std::string one = quoted(text.substr(i, 1));
      out += one.substr(1, one.size() - 2);
    }
  }
  return '"' + out + '"';
}

}  // namespace

std::string yaml_line(std::string_view raw) {
  const std::string text = dollars_doubled(raw);
  if (text.empty() || special(text) || text.find_first_of("\n\t") != std::string::npos) return yaml_quoted(text);
  if (resolve(text).kind != Kind::text || old_word(text)) return yaml_quoted(text);
  return plain_is_unsafe(text) || text == "<<" ? single_quoted(text) : text;
}

std::string yaml_block(std::string_view raw, std::size_t indent) {
  const std::string text = dollars_doubled(raw);
  if (special(text) || text.find_first_not_of('\n') == std::string::npos || text.find(" \n") != std::string::npos)
    return yaml_quoted(text);
  std::string out = text[0] == ' ' || text[0] == '\n' ? "|2" : "|";
  std::string_view rest = text;
  if (!rest.ends_with('\n'))
    out += '-';
  else if (rest.remove_suffix(1); rest.ends_with('\n'))
    out += '+';
  for (const std::string& line : text::split(rest, '\n')) {
    out += '\n';
    if (!line.empty()) out.append(indent, ' ') += line;
  }
  return out;
}

std::string json_text(std::string_view raw) {
  constexpr std::array<Special, 5> escaped{
      {{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}, {"\xE2\x80\xA8", "\\u2028"}, {"\xE2\x80\xA9", "\\u2029"}}};
  std::string out = quoted(dollars_doubled(raw));
  for (const Special& each : escaped)
    for (std::size_t at = 0; (at = out.find(each.bytes, at)) != std::string::npos; at += each.escape.size())
      out.replace(at, each.bytes.size(), each.escape);
  return out;
}

}  // namespace kontena::compose
