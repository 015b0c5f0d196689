#include "kontena/logs/batch.h"

#include <zstd.h>

#include "kontena/base/varints.h"

namespace kontena::logs {
namespace {

using varints::folded, varints::put, varints::step, varints::stepped, varints::unfolded;

constexpr std::string_view magic = "KLB1";
constexpr int level = 1;  // 3 takes twice the time for a twentieth less
constexpr std::size_t longest_name = 256;

Error corrupt(const char* what) { return {Code::corrupt, std::string("the batch of log lines ") + what}; }

bool read_section(varints::Reader& from, Section& section) {
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
    time_ns = stepped(time_ns, from.number());
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
    std::int64_t before = 0;
    for (const Line& line : section.lines) {
      put(raw, static_cast<std::uint64_t>(line.stream) | (line.more ? 4u : 0u));
      put(raw, step(before, line.time_ns));
      before = line.time_ns;
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
  varints::Reader from{raw};
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
