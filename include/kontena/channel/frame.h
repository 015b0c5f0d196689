#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kontena/base/result.h"

// What goes over a channel: frames, each with a head of 4 bytes (kind, length as 3 bytes, the high
// one first) and so many bytes.
namespace kontena::channel {

enum class Kind : std::uint8_t {
  beat,          // nothing: the sender is there
  input,         // bytes for what is in the container
  output,        // … from it
  error_output,  // likewise, its stderr
  end,           // there are no more bytes this way; the other way goes on
  credit,        // 4 bytes: so many bytes more may come this way's other end
  signal,        // a name: "INT"
  resize,        // 4 bytes: rows and columns of the terminal, 2 each
  ready,         // it has begun; may hold JSON
  exit,          // 4 bytes: the exit status; the last frame
  failed,        // an Error; the last frame
};
inline constexpr std::size_t kinds = 11;

inline constexpr std::size_t head_size = 4;
inline constexpr std::size_t most_data = 64u << 10;  // bytes in one frame
// So many bytes may be under way in one direction: what a reader that takes nothing costs.
inline constexpr std::size_t window = 1u << 20;

struct Frame {
  Kind kind = Kind::beat;
  std::string bytes;
  friend bool operator==(const Frame&, const Frame&) = default;
};

bool is_data(Kind);  // what takes credit

// REQUIRES: no more bytes than a frame of that kind may have.
void append(std::string& to, Kind, std::string_view bytes = {});
std::string frame(Kind, std::string_view bytes = {});

std::string number_text(std::uint32_t);  // 4 bytes
std::uint32_t number_in(std::string_view bytes);  // REQUIRES: 4 bytes
std::string size_text(std::int64_t rows, std::int64_t columns);

std::string failure_text(const Error&);
Error failure_in(std::string_view bytes);

// Cuts bytes, however they come, into frames. Holds at most one of them.
class Cutter {
 public:
  // Calls sink for each whole frame; `whole` is it with its head. Code::corrupt where a kind is none or a
  // length is not that of its kind: take no more then.
  using Sink = std::function<void(Kind, std::string_view bytes, std::string_view whole)>;
  Status take(std::string_view bytes, const Sink& sink);

 private:
  std::string rest_;
};

}  // namespace kontena::channel
