#include "kept_chain.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "kontena/base/varints.h"
#include "kontena/base/log.h"
#include "kontena/logs/checksum.h"
#include "numbered.h"

namespace kontena::logs {
namespace {

using varints::folded, varints::put, varints::step, varints::stepped, varints::unfolded;

constexpr std::string_view magic = "KLF1";
constexpr std::size_t longest_name = 1'024;

struct Opened {
  int fd;
  Opened(const std::string& path, int flags) : fd(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~Opened() {
    if (fd >= 0) ::close(fd);
  }
  Opened(const Opened&) = delete;
};

// Whose lines the file has: every file tells it itself, so that none is lost with another.
std::string title(const Source& source) {
  std::string names;
  for (const std::string* name : {&source.project, &source.stack, &source.service}) put(names, *name);
  std::string text(magic);
  put(text, names);
  put(text, std::uint64_t{checksum(names)});
  return text;
}

std::size_t read_title(std::string_view bytes, Source& source) {
  if (!bytes.starts_with(magic)) return 0;
  varints::Reader from{bytes.substr(magic.size())};
  const std::string names = from.text(4 * longest_name);
  if (from.number() != checksum(names) || !from.good) return 0;
  const std::size_t size = bytes.size() - from.rest.size();
  varints::Reader name{names};
  source = {name.text(longest_name), name.text(longest_name), name.text(longest_name)};
  return name.good && name.rest.empty() ? size : 0;
}

}  // namespace

Status Chain::write(const Source& source, const std::string& next, std::uint64_t file_bytes, std::int64_t file_ns) {
  if (rows.rows.empty()) return Done{};
  const std::string block = write_block(sorted(rows));
  BlockHead head;
  const std::size_t behind_head = read_head(block, head);
  if (behind_head == 0) return Error{Code::internal, "a block of kept log lines cannot be read back"};

  const auto is_full = [&](const BlockFile& file) {
    return file.ended || file.blocks.empty() || file.bytes >= file_bytes || head.last_ns - file.blocks.front()->head.first_ns > file_ns;
  };
  const bool fresh = files.empty() || is_full(files.back());
  const std::string path = fresh ? next : *files.back().path;
  const std::uint64_t at = fresh ? 0 : files.back().bytes;
  const Opened file(path, O_WRONLY | (fresh ? O_CREAT | O_EXCL : 0));
  if (file.fd < 0) return failed("cannot open", path, errno);
  const std::string front = fresh ? title(source) : "";
  if (const Status put = write_at(file.fd, front + block, at, path); !put) {
    if (fresh) ::unlink(path.c_str());
    else if (::ftruncate(file.fd, static_cast<off_t>(at)) != 0) files.back().ended = true;
    return put;
  }
  if (fresh) files.push_back({.path = std::make_shared<const std::string>(path), .last_ns = head.last_ns});
  BlockFile& to = files.back();
  to.synced = false;
  to.last_ns = std::max(to.last_ns, head.last_ns);
  in_files = std::max(in_files, head.last_sequence);
  to.blocks.push_back(std::make_shared<const Block>(Block{to.path, at + front.size() + behind_head, std::move(head)}));
  to.bytes += front.size() + block.size();
  bytes += front.size() + block.size();
  rows = {};
  first = 0;
  return Done{};
}

Status Chain::sync() {
  for (BlockFile& each : files) {
    if (each.synced) continue;
    const Opened file(*each.path, O_RDONLY);
    if (file.fd < 0 || ::fsync(file.fd) != 0) return failed("cannot sync", *each.path, errno);
    each.synced = true;
  }
  return Done{};
}

Result<Loaded> load_file(const std::string& path, std::uint64_t unsure) {
  const Opened file(path, O_RDONLY);
  if (file.fd < 0) return failed("cannot open", path, errno);
  const auto size = static_cast<std::uint64_t>(std::max<off_t>(::lseek(file.fd, 0, SEEK_END), 0));
  std::string bytes(64u << 10, '\0');
  KTN_OK(read_at(file.fd, bytes, 0, path));
  Loaded loaded{.file = {.path = std::make_shared<const std::string>(path), .bytes = size, .synced = true}};
  std::uint64_t at = read_title(bytes, loaded.source);
  if (at == 0) return Error{Code::corrupt, "'" + path + "' is no file of kept log lines"};
  bool good = true;
  while (good && at < size) {
    // Most heads are short.
    BlockHead head;
    std::size_t used = 0;
    for (std::size_t most : {std::size_t{4} << 10, std::size_t{64} << 10, longest_head + 64}) {
      bytes.resize(most);
      KTN_OK(read_at(file.fd, bytes, at, path));
      used = read_head(bytes, head);
      if (used > 0 || bytes.size() < most) break;
    }
    good = used > 0 && at + used + head.packed() <= size;
    if (good && head.last_sequence >= unsure) {
      std::string packed(head.packed(), '\0');
      KTN_OK(read_at(file.fd, packed, at + used, path));
      good = check_block(head, packed).has_value();
    }
    if (!good) break;
    const std::uint64_t next = at + used + head.packed();
    loaded.file.last_ns = loaded.file.blocks.empty() ? head.last_ns : std::max(loaded.file.last_ns, head.last_ns);
    loaded.file.blocks.push_back(std::make_shared<const Block>(Block{loaded.file.path, at + used, std::move(head)}));
    at = next;
  }
  if (!good) {
    log::warn("a file of kept logs ends early", {{"file", path}, {"bytes left out", size - at}});
    loaded.file.ended = true;
  }
  return loaded;
}

Result<std::string> read_packed(const Block& block) {
  const Opened file(*block.path, O_RDONLY);
  if (file.fd < 0) return failed("cannot open", *block.path, errno);
  std::string packed(static_cast<std::size_t>(block.head.packed()), '\0');
  KTN_OK(read_at(file.fd, packed, block.offset, *block.path));
  return packed;
}

}  // namespace kontena::logs
