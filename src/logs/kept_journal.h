#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "kontena/base/result.h"

// Records in files of a folder, one after the other. One caller at a time but for sync().
namespace kontena::logs {

class Journal {
 public:
  Journal(std::string folder, std::uint64_t file_bytes) : folder_(std::move(folder)), file_bytes_(file_bytes) {}
  ~Journal();
  Journal(const Journal&) = delete;

  // Hands out what is there, the oldest first, up to what is torn.
  Status open(const std::function<void(std::string_view record)>& take);

  // Written, and seen by who opens the files after this process was killed; durable after sync(). Code::exhausted: no room.
  // `begin`: what every file begins with, asked for when one does.
  Status append(std::string_view record, const std::function<std::string()>& begin);
  // Makes durable all that was appended before; calls at the same time share one.
  Status sync();

  // `mark` is the caller's of all that was appended until now: drop_until() removes the files all of whose marks are lower or alike.
  void mark(std::uint64_t value) { files_.back().mark = value; }
  void drop_until(std::uint64_t mark);
  std::uint64_t oldest_mark() const;  // of the oldest file that is written no more; 0 = none
  std::uint64_t bytes() const;

 private:
  struct File {
    std::string path;
    std::uint64_t bytes = 0;
    std::uint64_t mark = 0;
  };
  Status begin_file();
  Status write(std::string_view record);

  const std::string folder_;
  const std::uint64_t file_bytes_;
  std::deque<File> files_;
  std::uint64_t next_ = 1;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::string broken_;  // why nothing more can be written
  int fd_ = -1;
  std::uint64_t written_ = 0, synced_ = 0;  // records
  bool syncing_ = false;
};

}  // namespace kontena::logs
