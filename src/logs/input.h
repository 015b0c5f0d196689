#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/logs/files.h"

namespace kontena::logs {

inline constexpr std::size_t head_bytes = 256;
inline constexpr std::size_t tail_bytes = 64;

std::uint64_t mark_of(std::string_view head, std::string_view tail);

// One of a log's files, by its name in the folder.
struct LogFile {
  std::string path;
  std::uint64_t generation = 0;  // 0 is written to
  bool compressed = false;
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t size = 0;
  friend bool operator==(const LogFile& a, const LogFile& b) {
    return a.path == b.path && a.device == b.device && a.inode == b.inode;
  }
};

// All there are, the oldest first. Where one is being compressed, only the file itself.
std::vector<LogFile> log_files(const std::string& path);

// Bytes of a file one after the other, as they were before compression.
class Input {
 public:
  virtual ~Input() = default;
  // Up to `most` bytes appended; 0 at the end, which may be there no more at the next call.
  virtual Result<std::size_t> read(std::string& to, std::size_t most) = 0;
  virtual Result<bool> skip_to(std::uint64_t offset) = 0;  // forward only; false where the file is shorter
  virtual int descriptor() const = 0;
};
Result<std::unique_ptr<Input>> open_source(const LogFile&);  // Code::not_found

// Whether the place is in this file.
Result<bool> has_place(const LogFile&, const Place&);

}  // namespace kontena::logs
