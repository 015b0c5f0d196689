#include "log_parser.h"

#include <algorithm>
#include <utility>

#include "kontena/base/text.h"

namespace kontena::engine::docker {
namespace {

constexpr std::size_t frame_head_size = 8;
constexpr std::size_t longest_time = 40;      // "2026-11-22T10:15:01.519057732+01:00" and some
constexpr std::size_t largest_entry = 16384;  // where the engine cuts a line

std::size_t whole_characters(std::string_view text, std::size_t at) {
  const std::size_t least = at - std::min<std::size_t>(at, 3);
  for (std::size_t end = at; end > least; --end)
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80) return end;
  return at;  // it is no UTF-8 anyway
}

}  // namespace

bool LogParser::take(std::string_view bytes, const Sink& sink) {
  if (!wanted_) return false;
  return framed_ ? take_framed(bytes, sink) : take_entry(streams_[0], bytes, sink);
}

bool LogParser::take_framed(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (frame_left_ == 0) {
      const auto size = std::min(frame_head_size - frame_head_.size(), bytes.size());
      frame_head_ += bytes.substr(0, size);
      bytes.remove_prefix(size);
      if (frame_head_.size() < frame_head_size) break;
      for (std::size_t i = 4; i < 8; ++i) frame_left_ = frame_left_ << 8 | static_cast<unsigned char>(frame_head_[i]);
      frame_stream_ = frame_head_[0] >= 2 ? 1 : 0;  // 3 is the engine's own complaint
      frame_head_.clear();
      Stream& stream = streams_[frame_stream_];
      if (!settle_head(stream, sink)) return false;
      stream.expects_time = true;
      continue;
    }
    const auto size = std::min<std::size_t>(frame_left_, bytes.size());
    frame_left_ -= static_cast<std::uint32_t>(size);
    if (!take_entry(streams_[frame_stream_], bytes.substr(0, size), sink)) return false;
    bytes.remove_prefix(size);
  }
  return wanted_;
}

// The entries of one stream, one after the other.
bool LogParser::take_entry(Stream& stream, std::string_view bytes, const Sink& sink) {
  while (!bytes.empty() && wanted_) {
    if (stream.expects_time) {
      bytes.remove_prefix(take_head(stream, bytes, sink));
      continue;
    }
    const auto end = bytes.find('\n');
    auto text = bytes.substr(0, end);
    // Bare entries have no bounds but a line's end and the size at which lines are cut.
    if (!framed_) text = text.substr(0, largest_entry - stream.entry_size);
    take_text(stream, text, sink);
    stream.entry_size += text.size();
    bytes.remove_prefix(text.size());
    if (!bytes.empty() && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      end_line(stream, sink);
      stream.expects_time = true;
    } else if (!framed_ && stream.entry_size == largest_entry) {
      stream.expects_time = true;
    }
  }
  return wanted_;
}

// Returns how many of the bytes it took: up to the blank after the time, or as
// many as show that there is none.
std::size_t LogParser::take_head(Stream& stream, std::string_view bytes, const Sink& sink) {
  const auto end = bytes.find_first_of(" \n");
  const std::size_t room = longest_time - stream.head.size();
  if (end < room && bytes[end] == ' ') {
    stream.head += bytes.substr(0, end + 1);
    settle_head(stream, sink);
    return end + 1;
  }
  const std::size_t size = std::min({end, room, bytes.size()});
  stream.head += bytes.substr(0, size);
  // The end of a line is left for the caller, which looks for it.
  if (size == end || size == room) settle_head(stream, sink);
  return size;
}

// What was held back is a time and its blank, or else text.
bool LogParser::settle_head(Stream& stream, const Sink& sink) {
  if (!stream.expects_time) return wanted_;
  stream.expects_time = false;
  stream.entry_size = 0;
  const std::string head = std::exchange(stream.head, {});
  if (head.ends_with(' ') && text::parse_rfc3339(std::string_view(head).substr(0, head.size() - 1))) {
    last_time_ = head.substr(0, head.size() - 1);
    if (!stream.open) stream.line.time = last_time_;
    stream.open = true;
    return wanted_;
  }
  stream.entry_size = head.size();
  return head.empty() ? wanted_ : take_text(stream, head, sink);
}

bool LogParser::take_text(Stream& stream, std::string_view text, const Sink& sink) {
  stream.open = true;
  while (wanted_ && stream.line.text.size() + text.size() > longest_line) {
    std::string& line = stream.line.text;
    const std::size_t size = longest_line - line.size();
    // One byte more than fits tells whether the cut would go through a character.
    line += text.substr(0, size + 1);
    const std::size_t cut = whole_characters(line, longest_line);
    const std::string rest = line.substr(cut);
    line.resize(cut);
    text.remove_prefix(size + 1);
    stream.has_parts = true;
    give(stream, sink);
    stream.line.text = rest;
  }
  if (wanted_) stream.line.text += text;
  return wanted_;
}

bool LogParser::end_line(Stream& stream, const Sink& sink) {
  if (stream.line.text.ends_with('\r')) stream.line.text.pop_back();
  if (!stream.line.text.empty() || !stream.has_parts) give(stream, sink);
  stream.line = {};
  stream.open = stream.has_parts = false;
  return wanted_;
}

bool LogParser::give(Stream& stream, const Sink& sink) {
  stream.line.is_error = stream.is_error;
  if (wanted_) wanted_ = sink(stream.line);
  return wanted_;
}

void LogParser::resume() {
  frame_head_.clear();
  frame_left_ = 0;
  for (Stream& stream : streams_) {
    stream.head.clear();
    stream.expects_time = true;
  }
}

bool LogParser::finish(const Sink& sink) {
  for (Stream& stream : streams_) {
    if (!stream.head.empty()) settle_head(stream, sink);
    if (stream.open) end_line(stream, sink);
  }
  return wanted_;
}

}  // namespace kontena::engine::docker
