#include "kontena/logs/batch.h"

#include <zstd.h>

namespace kontena::logs {
namespace {

constexpr std::string_view magic = "KLB1";
constexpr int level = 1;  // 3 takes twice the time for a twentieth less
constexpr std::size_t longest_name = 256;

// ---- writing

void put(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}
void put(std::string& to, std::string_view text) {
  put(to, text.size());
  to += text;
}
// So that small ones of both signs are short.
std::uint64_t folded(std::int64_t value) { return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63); }
std::int64_t unfolded(std::uint64_t value) { return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1); }

// ---- reading

// Takes off the front what it reads; once something is wrong, all is.
struct Reader {
  std::string_view rest;
  bool good = true;

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    good = false;
    return 0;
  }
  // A count of things that take a byte each at the least.
  std::uint64_t count(std::uint64_t most) {
    const std::uint64_t value = number();
    good = good && value <= most && value <= rest.size();
    return good ? value : 0;
  }
  std::string text(std::size_t longest) {
    const std::uint64_t size = count(longest);
    std::string value(rest.substr(0, size));
    rest.remove_prefix(size);
    return value;
  }
};

Error corrupt(const char* what) { return {Code::corrupt, std::string("the batch of log lines ") + what}; }

bool read_section(Reader& from, Section& section) {
  section.instance = from.text(longest_name);
  section.project = from.text(longest_name);
  section.stack = from.text(longest_name);
  section.service = from.text(longest_name);
  section.slot = unfolded(from.number());
  section.container = from.text(longest_name);
  const std::uint64_t count = from.count(largest_raw / 3);  // a line is three bytes at the least
  if (!from.good || count > from.rest.size() / 3) return false;
  section.lines.reserve(static_cast<std::size_t>(count));
  std::int64_t time_ns = 0;
  for (std::uint64_t i = 0; i < count && from.good; ++i) {
    Line& line = section.lines.emplace_back();
    const std::uint64_t kind = from.number();
    if ((kind & 3) > static_cast<std::uint64_t>(Stream::note) || kind > 7) return false;
    line.stream = static_cast<Stream>(kind & 3);
    line.more = (kind & 4) != 0;
    time_ns = static_cast<std::int64_t>(static_cast<std::uint64_t>(time_ns) + static_cast<std::uint64_t>(unfolded(from.number())));
    line.time_ns = time_ns;
    line.text = from.text(longest_line);
  }
  return from.good;
}

}  // namespace

std::string encode(const Batch& batch) {
  std::size_t size = 64;
  for (const Section& section : batch.sections) {
    size += 128;
    for (const Line& line : section.lines) size += line.text.size() + 10;
  }
  std::string raw;
  raw.reserve(size);
  put(raw, batch.spool);
  put(raw, batch.number);
  put(raw, batch.sections.size());
  for (const Section& section : batch.sections) {
    for (const std::string* name : {&section.instance, &section.project, &section.stack, &section.service}) put(raw, *name);
    put(raw, folded(section.slot));
    put(raw, section.container);
    put(raw, section.lines.size());
    std::uint64_t before = 0;
    for (const Line& line : section.lines) {
      put(raw, static_cast<std::uint64_t>(line.stream) | (line.more ? 4u : 0u));
      put(raw, folded(static_cast<std::int64_t>(static_cast<std::uint64_t>(line.time_ns) - before)));
      before = static_cast<std::uint64_t>(line.time_ns);
      put(raw, line.text);
    }
  }
  std::string packed(magic);
  packed.resize(magic.size() + ZSTD_compressBound(raw.size()));
  const std::size_t got = ZSTD_compress(packed.data() + magic.size(), packed.size() - magic.size(), raw.data(), raw.size(), level);
  packed.resize(magic.size() + (ZSTD_isError(got) ? 0 : got));
  return packed;
}

Result<Batch> decode(std::string_view bytes) {
  if (!bytes.starts_with(magic)) return corrupt("is none");
  bytes.remove_prefix(magic.size());
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) return corrupt("is damaged");
  if (size > largest_raw) return Error{Code::exhausted, "a batch of log lines is larger than " + std::to_string(largest_raw) + " bytes"};
  std::string raw(static_cast<std::size_t>(size), '\0');
  const std::size_t got = ZSTD_decompress(raw.data(), raw.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) || got != raw.size()) return corrupt("is damaged");
  Reader from{raw};
  Batch batch;
  batch.spool = from.text(longest_name);
  batch.number = from.number();
  const std::uint64_t count = from.count(most_sections);
  for (std::uint64_t i = 0; i < count && from.good; ++i)
    if (!read_section(from, batch.sections.emplace_back())) return corrupt("is damaged");
  if (!from.good || !from.rest.empty()) return corrupt("is damaged");
  return batch;
}

}  // namespace kontena::logs
