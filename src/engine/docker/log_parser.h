#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "kontena/engine/engine.h"

namespace kontena::engine::docker {

// Makes lines of the bytes of GET /containers/{id}/logs?timestamps=1, however
// they are cut into pieces. Holds at most a line's part for each stream. Pure.
//
// With `framed` (a container without a terminal) the bytes are frames: a head of
// 8 bytes (stream, 0, 0, 0, length) and one entry of the log, which begins with
// its time. The engine cuts a line of more than 16 KiB into several entries, each
// with a time; the line gets that of the first. Without `framed` the entries
// follow each other bare, with "\r\n" at the ends of lines.
class LogParser {
 public:
  using Sink = std::function<bool(const LogLine&)>;
  explicit LogParser(bool framed) : framed_(framed) {}

  // False, and from then on always, when the sink returned false.
  bool take(std::string_view bytes, const Sink&);
  // Goes on with another stream of the same log, after one that was broken off.
  void resume();
  // At the end of the stream: gives out the lines that have no end.
  bool finish(const Sink&);

  const std::string& last_time() const { return last_time_; }  // of the newest entry; "" = none yet

  static constexpr std::size_t longest_line = 64 * 1024;

 private:
  struct Stream {
    bool is_error = false;
    bool expects_time = true;
    std::string head;            // what may become an entry's time, while expects_time
    std::size_t entry_size = 0;  // bytes of the present entry since its time
    bool open = false;           // a line was begun and not ended
    bool has_parts = false;      // some of it was given out already
    LogLine line;
  };

  bool take_framed(std::string_view bytes, const Sink&);
  bool take_entry(Stream&, std::string_view bytes, const Sink&);
  std::size_t take_head(Stream&, std::string_view bytes, const Sink&);
  bool take_text(Stream&, std::string_view text, const Sink&);
  bool settle_head(Stream&, const Sink&);
  bool end_line(Stream&, const Sink&);
  bool give(Stream&, const Sink&);

  const bool framed_;
  bool wanted_ = true;
  std::string frame_head_;
  std::uint32_t frame_left_ = 0;
  std::size_t frame_stream_ = 0;
  std::array<Stream, 2> streams_{Stream{.is_error = false}, Stream{.is_error = true}};
  std::string last_time_;
};

}  // namespace kontena::engine::docker
