#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/logs/kept.h"

// Lines of one source in a compressed block. The texts are packed apart from what is said of them, so that who searches
// unpacks no more than texts until something is found.
namespace kontena::logs {

inline constexpr std::size_t block_text = 512u << 10;  // bytes of text after which a block is written

struct Row {
  std::int64_t time_ns = 0;
  std::uint64_t sequence = 0;
  std::uint32_t origin = 0;
  std::uint32_t begin = 0;  // in the text
  std::uint32_t size = 0;
  Stream stream = Stream::out;
  bool more = false;
};

// Lines and their text, each followed by a line feed. One that is packed or was sorted has its rows by time, but those of
// one origin in their order; the time that a row counts as is the latest up to it.
struct Rows {
  std::vector<Origin> origins;
  std::vector<Row> rows;
  std::string text;

  std::uint32_t origin(const Origin&);  // its number, added where missing
  void add(std::int64_t time_ns, std::uint64_t sequence, std::uint32_t origin, Stream stream, bool more, std::string_view text);
  std::string_view text_of(const Row& row) const { return std::string_view(text).substr(row.begin, row.size); }
};
Rows sorted(const Rows&);

struct BlockHead {
  std::int64_t first_ns = 0, last_ns = 0;
  std::uint64_t first_sequence = 0, last_sequence = 0;
  std::uint64_t lines = 0;
  std::uint64_t raw_rows = 0, raw_text = 0;        // bytes unpacked
  std::uint64_t packed_rows = 0, packed_text = 0;  // bytes, one after the other behind the head
  std::uint32_t sum = 0;                           // of them both
  std::vector<Origin> origins;
  std::uint64_t packed() const { return packed_rows + packed_text; }
};

// REQUIRES: some rows, sorted.
std::string write_block(const Rows&);
// The bytes of the first head in `bytes`, which may hold more: 0 where there is no whole and good one.
std::size_t read_head(std::string_view bytes, BlockHead&);
inline constexpr std::size_t longest_head = 4u << 20;

// Safe with any bytes. `packed`: what lies behind the head, whole. Code::corrupt.
Status check_block(const BlockHead&, std::string_view packed);
Status read_rows(const BlockHead&, std::string_view packed, Rows&);
Status read_text(const BlockHead&, std::string_view packed, Rows&);

}  // namespace kontena::logs
