#include "kontena/image/tar.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kontena/base/text.h"

namespace kontena::image {
namespace {

constexpr std::size_t block_size = 512;
constexpr std::int64_t longest_record = 1 << 20;  // of names
constexpr std::int64_t largest_octal = 077777777777;

struct Field {
  std::size_t at, size;
};
constexpr Field name_field{0, 100}, mode_field{100, 8}, uid_field{108, 8}, gid_field{116, 8}, size_field{124, 12},
    time_field{136, 12}, sum_field{148, 8}, kind_field{156, 1}, link_field{157, 100}, magic_field{257, 8},
    prefix_field{345, 155};

void put_text(std::string& block, Field field, std::string_view text) {
  std::memcpy(block.data() + field.at, text.data(), std::min(text.size(), field.size));
}

void put_octal(std::string& block, Field field, std::int64_t value) {
  for (std::size_t i = field.size - 1; i-- > 0; value >>= 3) block[field.at + i] = static_cast<char>('0' + (value & 7));
}

std::int64_t sum_of(std::string_view block) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool of_sum = i >= sum_field.at && i < sum_field.at + sum_field.size;
    sum += of_sum ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

std::string block_of(std::string_view path, char kind, std::int64_t size, std::int64_t mode, std::int64_t time,
                     std::string_view link) {
  std::string block(block_size, '\0');
  put_text(block, name_field, path);
  put_octal(block, mode_field, mode & 07777);
  put_octal(block, uid_field, 0);
  put_octal(block, gid_field, 0);
  put_octal(block, size_field, std::min(size, largest_octal));
  put_octal(block, time_field, std::clamp<std::int64_t>(time, 0, largest_octal));
  block[kind_field.at] = kind;
  put_text(block, link_field, link);
  put_text(block, magic_field,
           std::string_view("ustar\0"
                            "00",
                            8));
  put_octal(block, {sum_field.at, 7}, sum_of(block));
  block[sum_field.at + 7] = ' ';
  return block;
}

// "27 path=…\n": its length counts itself.
std::string record_of(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t size = rest + 1;
  while (std::to_string(size).size() + rest != size) size = std::to_string(size).size() + rest;
  return std::to_string(size) + ' ' + std::string(key) + '=' + std::string(value) + '\n';
}

char kind_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::folder:
      return '5';
    case EntryKind::symlink:
      return '2';
    case EntryKind::hardlink:
      return '1';
    default:
      return '0';
  }
}

std::string_view text_in(std::string_view block, Field field) {
  const std::string_view all = block.substr(field.at, field.size);
  return all.substr(0, all.find('\0'));
}

// Octal, or with the first bit set base 256, as GNU writes what is larger.
std::int64_t number_in(std::string_view block, Field field) {
  const std::string_view all = block.substr(field.at, field.size);
  std::int64_t value = 0;
  if ((static_cast<unsigned char>(all[0]) & 0x80) != 0) {
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (value > (INT64_MAX >> 8)) return -1;
      value = value << 8 | static_cast<unsigned char>(all[i]);
    }
    return value;
  }
  for (const char c : text::trim(text_in(block, field))) {
    if (c < '0' || c > '7') return -1;
    value = value << 3 | (c - '0');
  }
  return value;
}

std::string bare(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  while (path.starts_with("./")) path.erase(0, 2);
  return path;
}

Error no_archive(const char* what) { return {Code::corrupt, std::string("this is no tar archive: ") + what}; }

}  // namespace

std::string tar_header(const TarEntry& entry) {
  const std::string path = entry.kind == EntryKind::folder ? entry.path + '/' : entry.path;
  const std::int64_t size = entry.kind == EntryKind::file ? entry.size : 0;
  std::string records;
  if (path.size() > name_field.size) records += record_of("path", path);
  if (entry.link.size() > link_field.size) records += record_of("linkpath", entry.link);
  if (size > largest_octal) records += record_of("size", std::to_string(size));
  std::string header;
  if (!records.empty()) {
    header = block_of("PaxHeaders/entry", 'x', static_cast<std::int64_t>(records.size()), 0644, 0, "") + records;
    header += tar_padding(static_cast<std::int64_t>(records.size()));
  }
  return header + block_of(path, kind_of(entry.kind), size, entry.mode, entry.mtime_s, entry.link);
}

std::string tar_padding(std::int64_t size) {
  const auto over = static_cast<std::size_t>(size) % block_size;
  return std::string(over == 0 ? 0 : block_size - over, '\0');
}

std::string tar_end() { return std::string(2 * block_size, '\0'); }

Status TarReader::take(std::string_view bytes) {
  while (!bytes.empty() && !ended_) {
    if (left_ > 0) {
      const auto some = bytes.substr(
          0, static_cast<std::size_t>(std::min<std::int64_t>(left_, static_cast<std::int64_t>(bytes.size()))));
      if (record_kind_ != 0)
        record_ += some;
      else
        KTN_OK(sink_.bytes(some));
      left_ -= static_cast<std::int64_t>(some.size());
      bytes.remove_prefix(some.size());
      if (left_ == 0) KTN_OK(done());
    } else if (padding_ > 0) {
      const auto some = std::min<std::int64_t>(padding_, static_cast<std::int64_t>(bytes.size()));
      padding_ -= some;
      bytes.remove_prefix(static_cast<std::size_t>(some));
    } else {
      const auto some = bytes.substr(0, block_size - block_.size());
      block_ += some;
      bytes.remove_prefix(some.size());
      if (block_.size() < block_size) continue;
      const std::string block = std::move(block_);
      block_.clear();
      KTN_OK(header(block));
    }
  }
  return Done{};
}

Status TarReader::header(std::string_view block) {
  if (std::ranges::all_of(block, [](char c) { return c == '\0'; })) {
    ended_ = true;
    return Done{};
  }
  if (number_in(block, sum_field) != sum_of(block)) return no_archive("a header's sum is wrong");
  const char kind = block[kind_field.at];
  std::int64_t size = number_in(block, size_field);
  const bool is_record = kind == 'x' || kind == 'g' || kind == 'L' || kind == 'K';
  if (!is_record && size_ >= 0) size = size_;
  if (size < 0) return no_archive("a size is no number");
  if (is_record) {
    if (size > longest_record) return no_archive("a name is too long");
    record_kind_ = kind;
    record_.clear();
  } else {
    record_kind_ = 0;
    TarEntry entry;
    const bool has_prefix = text_in(block, magic_field) == "ustar" && !text_in(block, prefix_field).empty();
    entry.path =
        bare(!path_.empty() ? path_
             : has_prefix   ? std::string(text_in(block, prefix_field)) + '/' + std::string(text_in(block, name_field))
                            : std::string(text_in(block, name_field)));
    entry.link = !link_.empty() ? link_ : std::string(text_in(block, link_field));
    entry.mode = std::max<std::int64_t>(0, number_in(block, mode_field)) & 07777;
    entry.mtime_s = std::max<std::int64_t>(0, number_in(block, time_field));
    switch (kind) {
      case '0':
      case '\0':
      case '7':
        entry.kind = EntryKind::file;
        break;
      case '1':
        entry.kind = EntryKind::hardlink;
        break;
      case '2':
        entry.kind = EntryKind::symlink;
        break;
      case '5':
        entry.kind = EntryKind::folder;
        break;
      default:
        entry.kind = EntryKind::other;
    }
    // Some writers note the size of what a link leads to; no bytes follow.
    if (entry.kind != EntryKind::file && entry.kind != EntryKind::other) size = 0;
    entry.size = size;
    path_.clear(), link_.clear();
    size_ = -1;
    KTN_OK(sink_.begin(entry));
  }
  inside_ = true;
  left_ = size;
  padding_ = static_cast<std::int64_t>(tar_padding(size).size());
  if (left_ == 0) return done();
  return Done{};
}

Status TarReader::done() {
  inside_ = false;
  return record_kind_ == 0 ? sink_.end() : extended();
}

Status TarReader::extended() {
  const char kind = std::exchange(record_kind_, 0);
  if (kind == 'g') return Done{};
  if (kind == 'L' || kind == 'K') {
    (kind == 'L' ? path_ : link_) = record_.substr(0, record_.find('\0'));
    return Done{};
  }
  std::string_view rest = record_;
  while (!rest.empty()) {
    const auto blank = rest.find(' ');
    const auto size = text::integer(rest.substr(0, blank));
    if (blank == std::string_view::npos || !size || *size <= static_cast<std::int64_t>(blank) ||
        *size > static_cast<std::int64_t>(rest.size()))
      return no_archive("a pax record is broken");
    std::string_view record = rest.substr(blank + 1, static_cast<std::size_t>(*size) - blank - 1);
    rest.remove_prefix(static_cast<std::size_t>(*size));
    if (record.ends_with('\n')) record.remove_suffix(1);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos) return no_archive("a pax record is broken");
    const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key == "path") path_ = value;
    if (key == "linkpath") link_ = value;
    if (key == "size") size_ = text::integer(value).value_or(-1);
  }
  return Done{};
}

Status TarReader::finish() {
  if (inside_ || !block_.empty() || (padding_ > 0 && !ended_)) return no_archive("it breaks off");
  return Done{};
}

}  // namespace kontena::image
