#include "kontena/stats/sample.h"

#include <algorithm>
#include <optional>

namespace kontena::stats {
namespace {

// The format's version and how many numbers a sample has, which a later one may have more of.
constexpr char version = 1;
constexpr std::size_t longest_id = 64;

void put(std::string& bytes, std::int64_t number) {
  auto rest = static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
  for (; rest >= 0x80; rest >>= 7) bytes.push_back(static_cast<char>(0x80 | (rest & 0x7f)));
  bytes.push_back(static_cast<char>(rest));
}

std::optional<std::int64_t> take(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (int shift = 0; shift < 63 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return static_cast<std::int64_t>(number);
  }
  return std::nullopt;
}

}  // namespace

std::string encode(const Batch& batch) {
  std::string bytes{version};
  put(bytes, batch.ago_ms);
  const std::size_t count = std::min(batch.samples.size(), most_samples);
  put(bytes, static_cast<std::int64_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const Sample& sample = batch.samples[i];
    put(bytes, static_cast<std::int64_t>(sample.instance.size()));
    bytes += sample.instance;
    for (const std::int64_t value : sample.values) put(bytes, value);
  }
  return bytes;
}

Result<Batch> decode(std::string_view bytes) {
  const auto damaged = [](const char* what) { return Error{Code::invalid_argument, std::string("statistics: ") + what}; };
  if (bytes.size() > longest_batch) return damaged("longer than a batch may be");
  if (bytes.empty() || bytes.front() != version) return damaged("not of a version that this server knows");
  bytes.remove_prefix(1);
  Batch batch;
  const auto ago = take(bytes), count = take(bytes);
  if (!ago || !count) return damaged("cut off");
  if (*ago > longest_ago_ms) return damaged("too old");
  if (*count > static_cast<std::int64_t>(most_samples)) return damaged("too many samples");
  batch.ago_ms = *ago;
  for (std::int64_t i = 0; i < *count; ++i) {
    const auto length = take(bytes);
    if (!length || *length > static_cast<std::int64_t>(longest_id) || static_cast<std::size_t>(*length) > bytes.size())
      return damaged("cut off, or an id too long");
    Sample& sample = batch.samples.emplace_back();
    sample.instance = bytes.substr(0, static_cast<std::size_t>(*length));
    bytes.remove_prefix(static_cast<std::size_t>(*length));
    for (std::int64_t& value : sample.values) {
      const auto taken = take(bytes);
      if (!taken) return damaged("cut off");
      value = *taken;
    }
  }
  if (!bytes.empty()) return damaged("more than it says");
  return batch;
}

}  // namespace kontena::stats
