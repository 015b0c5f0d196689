#include "kontena/logs/lines.h"

namespace kontena::logs {
namespace {

std::string_view without_return(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);  // a terminal's
  return text;
}

// Hands out what is there, as far as no more of it fits into one line.
void hand_out_full(Unended& part, Stream stream, std::vector<Line>& to) {
  while (part.text.size() > longest_line) {
    to.push_back({.time_ns = part.time_ns, .stream = stream, .text = part.text.substr(0, longest_line), .more = true});
    part.text.erase(0, longest_line);
    part.continues = true;
  }
}

void hand_out(Unended& part, Stream stream, std::vector<Line>& to) {
  if (!part.open()) return;
  hand_out_full(part, stream, to);
  part.text.resize(without_return(part.text).size());
  to.push_back({.time_ns = part.time_ns, .stream = stream, .text = std::move(part.text)});
  part = {};
}

}  // namespace

void Joiner::take(const Record& record, std::vector<Line>& to) {
  Unended& part = record.is_error ? error : out;
  const Stream stream = record.is_error ? Stream::err : Stream::out;
  // All parts of a line bear the time of the first: another time is another line, and the one before was cut off.
  if (part.open() && part.time_ns != record.time_ns) hand_out(part, stream, to);
  if (record.ends_line && !part.open() && record.text.size() <= longest_line) {
    to.push_back({.time_ns = record.time_ns, .stream = stream, .text = std::string(without_return(record.text))});
    return;
  }
  part.time_ns = record.time_ns;
  part.text += record.text;
  if (record.ends_line) {
    part.continues = part.continues || part.text.empty();
    hand_out(part, stream, to);
  } else {
    hand_out_full(part, stream, to);
  }
}

void Joiner::finish(std::vector<Line>& to) {
  hand_out(out, Stream::out, to);
  hand_out(error, Stream::err, to);
}

}  // namespace kontena::logs
