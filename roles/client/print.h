#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arguments.h"
#include "kontena/codec/json.h"

namespace kontena::client {

enum class Format { table, json, jsonl, yaml };
enum class Tone { plain, good, busy, bad, faint, strong };

// How the user wants to see things, and what the terminal can show.
struct Look {
  Format format = Format::table;
  bool quiet = false;  // names only
  bool headers = true;
  bool colour_out = false;
  bool colour_err = false;
  int clip_out = 0;  // columns to clip tables at; 0 = never

  bool machine() const { return format == Format::json || format == Format::jsonl; }
};
Result<Look> find_look(const Outside&, const Arguments&);

std::string paint(std::string_view text, Tone, bool colour);
std::size_t width(std::string_view text);                      // in columns: code points
std::string clip(std::string_view text, std::size_t columns);  // ends in … where cut
std::string pad(std::string_view text, std::size_t columns);
// Other people's text on one line, without what a terminal would act on.
std::string plain_text(std::string_view);

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
  Cell(std::string t, Tone with = Tone::plain) : text(std::move(t)), tone(with) {}
  Cell(const char* t) : text(t) {}
  Cell(std::int64_t number) : text(std::to_string(number)) {}
};

// Columns as wide as their widest cell, two blanks between, none at a line's end.
class Table {
 public:
  explicit Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  std::string text(const Look&) const;

 private:
  std::vector<std::string> headers_;  // none: no header line
  std::vector<std::vector<Cell>> rows_;
};

// A value as --format json or jsonl has it: with line end.
template <class T>
std::string machine_text(const Look& look, const T& value) {
  codec::Document document;
  codec::put(document.root(), value);
  return (look.format == Format::json ? document.pretty() : document.dump()) + '\n';
}

// A list as one array, or one object a line.
template <class T>
std::string machine_list(const Look& look, const std::vector<T>& list) {
  if (look.format == Format::json) return machine_text(look, list);
  std::string lines;
  for (const T& each : list) lines += machine_text(look, each);
  return lines;
}

std::string error_text(const Error&, const Look&);  // "kontena: …" and its hint, or {"error":…}

}  // namespace kontena::client
