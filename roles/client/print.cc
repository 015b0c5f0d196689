#include "print.h"

#include <algorithm>
#include <array>

namespace kontena::client {
namespace {

bool colour_for(const Outside& outside, const std::string& wish, bool is_terminal) {
  if (wish == "always") return true;
  if (wish == "never" || !outside.variable("NO_COLOR").empty()) return false;
  for (const char* force : {"CLICOLOR_FORCE", "FORCE_COLOR"})
    if (const std::string value = outside.variable(force); !value.empty() && value != "0") return true;
  return is_terminal && outside.variable("TERM") != "dumb";
}

std::string_view code_of(Tone tone) {
  constexpr std::array<std::string_view, 6> codes{"", "32", "33", "31", "2", "1"};
  return codes[static_cast<std::size_t>(tone)];
}

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

Result<Look> find_look(const Outside& outside, const Arguments& arguments) {
  Look look;
  const std::string format = arguments.value("--format", "table");
  if (arguments.has("--json") || format == "json")
    look.format = Format::json;
  else if (format == "jsonl")
    look.format = Format::jsonl;
  else if (format == "yaml")
    look.format = Format::yaml;
  else if (format != "table")
    return Error{Code::invalid_argument, "'" + format + "' is no output format", "table, json or jsonl"};
  const std::string colour = arguments.value("--color", "auto");
  if (colour != "auto" && colour != "always" && colour != "never")
    return Error{Code::invalid_argument, "'" + colour + "' is no way to colour", "auto, always or never"};
  look.quiet = arguments.has("--quiet");
  look.headers = !arguments.has("--no-headers");
  look.colour_out = colour_for(outside, colour, outside.out_is_terminal);
  look.colour_err = colour_for(outside, colour, outside.err_is_terminal);
  if (outside.out_is_terminal && !arguments.has("--no-trunc")) look.clip_out = outside.size().columns;
  return look;
}

std::string paint(std::string_view text, Tone tone, bool colour) {
  const std::string_view code = code_of(tone);
  if (!colour || code.empty() || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + 'm' + std::string(text) + "\x1b[0m";
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_code_point));
}

std::string clip(std::string_view text, std::size_t columns) {
  if (width(text) <= columns) return std::string(text);
  std::size_t seen = 0, end = 0;
  for (; end < text.size(); ++end)
    if (starts_code_point(text[end]) && ++seen >= columns) break;
  return columns == 0 ? std::string() : std::string(text.substr(0, end)) + "…";
}

std::string pad(std::string_view text, std::size_t columns) {
  const std::size_t has = width(text);
  return std::string(text) + std::string(has < columns ? columns - has : 0, ' ');
}

std::string plain_text(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0x1b && i + 1 < text.size() && text[i + 1] == '[') {  // a colour, or worse: left out whole
      for (i += 2; i < text.size() && (text[i] < '@' || text[i] > '~');) ++i;
      continue;
    }
    // U+0080 to U+009F are control characters too: C2 80 to C2 9F.
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      ++i;
      continue;
    }
    if (c == '\t' || c == '\n')
      plain += ' ';
    else if (c >= 0x20 && c != 0x7f)
      plain += text[i];
  }
  return plain;
}

std::string Table::text(const Look& look) const {
  std::vector<std::vector<Cell>> lines;
  if (look.headers && !headers_.empty()) {
    auto& header = lines.emplace_back();
    for (const std::string& each : headers_) header.emplace_back(each);
  }
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::vector<std::size_t> widths;
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width(line[i].text));
    }

  std::string all;
  for (const auto& line : lines) {
    std::size_t last = line.size();
    while (last > 0 && line[last - 1].text.empty()) --last;
    std::size_t column = 0;
    for (std::size_t i = 0; i < last; ++i) {
      const auto room = static_cast<std::size_t>(look.clip_out);
      if (look.clip_out > 0 && column >= room) break;
      const std::string shown = look.clip_out > 0 ? clip(line[i].text, room - column) : line[i].text;
      all += paint(shown, line[i].tone, look.colour_out);
      column += width(shown);
      if (i + 1 == last) break;
      const std::size_t gap = widths[i] - std::min(widths[i], width(shown)) + 2;
      if (look.clip_out > 0 && column + gap >= room) break;
      all += std::string(gap, ' ');
      column += gap;
    }
    all += '\n';
  }
  return all;
}

std::string error_text(const Error& error, const Look& look) {
  if (look.machine()) {
    codec::Document document;
    const auto body = codec::member(document.root(), "error");
    codec::put(codec::member(body, "code"), name(error.code));
    codec::put(codec::member(body, "message"), error.message);
    codec::put(codec::member(body, "hint"), error.hint);
    return document.dump() + '\n';
  }
  std::string text = paint("kontena:", Tone::bad, look.colour_err) + ' ' + error.message + '\n';
  if (!error.hint.empty()) text += paint("hint:", Tone::faint, look.colour_err) + ' ' + error.hint + '\n';
  return text;
}

}  // namespace kontena::client
