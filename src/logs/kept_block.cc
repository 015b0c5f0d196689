#include "kept_block.h"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "kontena/base/varints.h"
#include "kontena/logs/checksum.h"

namespace kontena::logs {
namespace {

using varints::folded, varints::put, varints::step, varints::stepped, varints::unfolded;

constexpr std::string_view magic = "KLK1";
constexpr int level = 8;  // 3 takes a third of the time, and a fifth more room
constexpr std::size_t longest_name = 256;
constexpr std::size_t prefix = 12;  // magic, size and sum of the head
constexpr std::uint64_t most_text = 64u << 20;

Error corrupt() { return {Code::corrupt, "a block of kept log lines is damaged"}; }

void put_fixed(std::string& to, std::uint32_t value) {
  for (int i = 0; i < 4; ++i, value >>= 8) to.push_back(static_cast<char>(value));
}
std::uint32_t fixed(std::string_view from) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(from[static_cast<std::size_t>(i)]);
  return value;
}

std::string pack(const std::string& raw) {
  struct Free {
    void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  };
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  const std::size_t got = ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), raw.data(), raw.size(), level);
  packed.resize(ZSTD_isError(got) ? 0 : got);
  packed.shrink_to_fit();
  return packed;
}

Status unpack(std::string_view packed, std::uint64_t size, std::string& raw) {
  struct Free {
    void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
  };
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  if (size > most_text || ZSTD_getFrameContentSize(packed.data(), packed.size()) != size) return corrupt();
  raw.resize(static_cast<std::size_t>(size));
  const std::size_t got = ZSTD_decompressDCtx(context.get(), raw.data(), raw.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) || got != raw.size()) return corrupt();
  return Done{};
}

void put_head(std::string& to, const BlockHead& head) {
  put(to, folded(head.first_ns));
  put(to, folded(head.last_ns));
  for (const std::uint64_t value : {head.first_sequence, head.last_sequence, head.lines, head.raw_rows, head.raw_text, head.packed_rows, head.packed_text}) put(to, value);
  put(to, std::uint64_t{head.sum});
  put(to, head.origins.size());
  for (const Origin& origin : head.origins) {
    put(to, origin.instance);
    put(to, folded(origin.slot));
    put(to, origin.node);
  }
}

}  // namespace

std::uint32_t Rows::origin(const Origin& wanted) {
  // The newest are asked for most.
  for (std::size_t i = origins.size(); i > 0; --i)
    if (origins[i - 1] == wanted) return static_cast<std::uint32_t>(i - 1);
  origins.push_back(wanted);
  return static_cast<std::uint32_t>(origins.size() - 1);
}

void Rows::add(std::int64_t time_ns, std::uint64_t sequence, std::uint32_t origin, Stream stream, bool more, std::string_view line) {
  rows.push_back({time_ns, sequence, origin, static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(line.size()), stream, more});
  text += line;
  text += '\n';
}

Rows sorted(const Rows& from) {
  std::vector<std::int64_t> latest(from.origins.size(), INT64_MIN);
  std::vector<std::int64_t> keys;
  keys.reserve(from.rows.size());
  for (const Row& row : from.rows) keys.push_back(latest[row.origin] = std::max(latest[row.origin], row.time_ns));
  if (std::ranges::is_sorted(keys)) return from;
  std::vector<std::uint32_t> order(from.rows.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return keys[i]; });
  Rows to{.origins = from.origins};
  to.rows.reserve(from.rows.size());
  to.text.reserve(from.text.size());
  for (const std::uint32_t i : order) {
    const Row& row = from.rows[i];
    to.add(row.time_ns, row.sequence, row.origin, row.stream, row.more, from.text_of(row));
  }
  return to;
}

std::string write_block(const Rows& rows) {
  BlockHead head{.first_ns = INT64_MAX, .last_ns = INT64_MIN, .first_sequence = UINT64_MAX, .lines = rows.rows.size(), .raw_text = rows.text.size(), .origins = rows.origins};
  // Each column by itself: what is alike lies together.
  std::string times, sequences, kinds, sizes;
  std::int64_t time_ns = 0;
  std::int64_t sequence = 0;
  for (const Row& row : rows.rows) {
    head.first_ns = std::min(head.first_ns, row.time_ns);
    head.last_ns = std::max(head.last_ns, row.time_ns);
    head.first_sequence = std::min(head.first_sequence, row.sequence);
    head.last_sequence = std::max(head.last_sequence, row.sequence);
    put(times, step(time_ns, row.time_ns));
    put(sequences, step(sequence, static_cast<std::int64_t>(row.sequence)));
    put(kinds, std::uint64_t{row.origin} << 3 | (row.more ? 4u : 0u) | static_cast<std::uint64_t>(row.stream));
    put(sizes, std::uint64_t{row.size});
    time_ns = row.time_ns;
    sequence = static_cast<std::int64_t>(row.sequence);
  }
  const std::string raw = times + sequences + kinds + sizes;
  std::string packed = pack(raw);
  head.raw_rows = raw.size();
  head.packed_rows = packed.size();
  packed += pack(rows.text);
  head.packed_text = packed.size() - head.packed_rows;
  head.sum = checksum(packed);
  std::string body;
  put_head(body, head);
  std::string block(magic);
  put_fixed(block, static_cast<std::uint32_t>(body.size()));
  put_fixed(block, checksum(body));
  return block + body + packed;
}

std::size_t read_head(std::string_view bytes, BlockHead& head) {
  if (bytes.size() < prefix || !bytes.starts_with(magic)) return 0;
  const std::size_t size = fixed(bytes.substr(4));
  if (size > longest_head || bytes.size() - prefix < size) return 0;
  varints::Reader from{bytes.substr(prefix, size)};
  if (checksum(from.rest) != fixed(bytes.substr(8))) return 0;
  head.first_ns = unfolded(from.number());
  head.last_ns = unfolded(from.number());
  for (std::uint64_t* value : {&head.first_sequence, &head.last_sequence, &head.lines, &head.raw_rows, &head.raw_text, &head.packed_rows, &head.packed_text}) *value = from.number();
  head.sum = static_cast<std::uint32_t>(from.number());
  head.origins.resize(from.count(longest_head / 3));
  for (Origin& origin : head.origins) {
    origin.instance = from.text(longest_name);
    origin.slot = unfolded(from.number());
    origin.node = from.text(longest_name);
  }
  const bool sane = from.good && from.rest.empty() && head.lines > 0 && head.raw_text <= most_text && head.raw_rows <= most_text && head.packed_rows <= most_text && head.packed_text <= most_text && head.lines <= head.raw_rows;
  return sane ? prefix + size : 0;
}

Status check_block(const BlockHead& head, std::string_view packed) {
  return packed.size() == head.packed() && checksum(packed) == head.sum ? Status(Done{}) : corrupt();
}

Status read_rows(const BlockHead& head, std::string_view packed, Rows& to) {
  std::string raw;
  KTN_OK(unpack(packed.substr(0, head.packed_rows), head.raw_rows, raw));
  varints::Reader from{raw};
  to.origins = head.origins;
  to.rows.assign(static_cast<std::size_t>(head.lines), {});
  std::int64_t time_ns = 0;
  for (Row& row : to.rows) row.time_ns = time_ns = stepped(time_ns, from.number());
  std::int64_t sequence = 0;
  for (Row& row : to.rows) row.sequence = static_cast<std::uint64_t>(sequence = stepped(sequence, from.number()));
  for (Row& row : to.rows) {
    const std::uint64_t kind = from.number();
    if (kind >> 3 >= to.origins.size() || (kind & 3) > static_cast<std::uint64_t>(Stream::note)) return corrupt();
    row.origin = static_cast<std::uint32_t>(kind >> 3);
    row.more = (kind & 4) != 0;
    row.stream = static_cast<Stream>(kind & 3);
  }
  std::uint64_t at = 0;
  for (Row& row : to.rows) {
    row.begin = static_cast<std::uint32_t>(at);
    row.size = static_cast<std::uint32_t>(from.number());
    at += std::uint64_t{row.size} + 1;
  }
  return from.good && from.rest.empty() && at == head.raw_text ? Status(Done{}) : corrupt();
}

Status read_text(const BlockHead& head, std::string_view packed, Rows& to) {
  return unpack(packed.substr(head.packed_rows), head.raw_text, to.text);
}

}  // namespace kontena::logs
