#include "kontena/channel/frame.h"

#include <algorithm>
#include <array>

namespace kontena::channel {
namespace {

struct Bounds {
  std::size_t least, most;
};
constexpr std::size_t most_text = 16u << 10;
// By kind.
constexpr std::array<Bounds, kinds> bounds{{{0, 0},
                                            {1, most_data},
                                            {1, most_data},
                                            {1, most_data},
                                            {0, 0},
                                            {4, 4},
                                            {1, 16},
                                            {4, 4},
                                            {0, most_text},
                                            {4, 4},
                                            {1, most_text}}};

std::size_t length_in(std::string_view head) {
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(head[at])); };
  return byte(1) << 16 | byte(2) << 8 | byte(3);
}

}  // namespace

bool is_data(Kind kind) { return kind == Kind::input || kind == Kind::output || kind == Kind::error_output; }

void append(std::string& to, Kind kind, std::string_view bytes) {
  const std::size_t size = bytes.size();
  to += static_cast<char>(kind);
  to += static_cast<char>(size >> 16 & 0xff);
  to += static_cast<char>(size >> 8 & 0xff);
  to += static_cast<char>(size & 0xff);
  to += bytes;
}

std::string frame(Kind kind, std::string_view bytes) {
  std::string text;
  append(text, kind, bytes);
  return text;
}

std::string number_text(std::uint32_t number) {
  std::string text(4, '\0');
  for (std::size_t i = 4; i-- > 0; number >>= 8) text[i] = static_cast<char>(number & 0xff);
  return text;
}

std::uint32_t number_in(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char c : bytes.substr(0, 4)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

std::string size_text(std::int64_t rows, std::int64_t columns) {
  const auto part = [](std::int64_t n) { return static_cast<std::uint32_t>(std::clamp<std::int64_t>(n, 0, 0xffff)); };
  return number_text(part(rows) << 16 | part(columns));
}

std::string failure_text(const Error& error) {
  const auto line = [](std::string text, std::size_t most) {
    std::ranges::replace(text, '\n', ' ');
    return text.substr(0, most);
  };
  return std::string(name(error.code)) + '\n' + line(error.message, 8'000) + '\n' + line(error.hint, 4'000);
}

Error failure_in(std::string_view bytes) {
  const auto first = bytes.find('\n');
  const auto second = first == std::string_view::npos ? first : bytes.find('\n', first + 1);
  if (second == std::string_view::npos) return {Code::corrupt, "a failure that is not told"};
  return {code_named(bytes.substr(0, first)).value_or(Code::internal),
          std::string(bytes.substr(first + 1, second - first - 1)), std::string(bytes.substr(second + 1))};
}

Status Cutter::take(std::string_view bytes, const Sink& sink) {
  // What lies whole in `bytes` is not copied.
  const auto cut = [&](std::string_view& from) -> Result<bool> {
    if (from.size() < head_size) return false;
    const auto kind = static_cast<unsigned char>(from[0]);
    if (kind >= kinds) return Error{Code::corrupt, "a channel's frame of unknown kind " + std::to_string(kind)};
    const std::size_t length = length_in(from);
    if (length < bounds[kind].least || length > bounds[kind].most)
      return Error{Code::corrupt, "a channel's frame of kind " + std::to_string(kind) + " has " + std::to_string(length) + " bytes"};
    if (from.size() < head_size + length) return false;
    sink(static_cast<Kind>(kind), from.substr(head_size, length), from.substr(0, head_size + length));
    from.remove_prefix(head_size + length);
    return true;
  };
  while (!rest_.empty()) {
    // First the head, then as much as that wants.
    const std::size_t had = rest_.size();
    const std::size_t want = had < head_size ? head_size : head_size + length_in(rest_);
    const std::size_t more = std::min(bytes.size(), want - std::min(want, had));
    rest_ += bytes.substr(0, more);
    bytes.remove_prefix(more);
    std::string_view from = rest_;
    KTN_TRY(const bool whole, cut(from));
    if (whole)
      rest_.clear();
    else if (bytes.empty())
      return Done{};
  }
  while (true) {
    KTN_TRY(const bool whole, cut(bytes));
    if (!whole) break;
  }
  rest_ = bytes;
  return Done{};
}

}  // namespace kontena::channel
