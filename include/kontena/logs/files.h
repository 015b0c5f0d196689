#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kontena/base/result.h"
#include "kontena/logs/records.h"

// Following a container's log files over rotation, compression and truncation.
namespace kontena::logs {

// How far a log was read: behind a whole record of a file that is known again by what stands
// at its beginning and before the place, whatever it is called and whether compressed by then.
struct Place {
  std::uint64_t offset = 0;  // 0: nothing was read yet, of any file
  std::uint64_t mark = 0;    // of up to 256 bytes at the file's beginning and up to 64 before the offset
  friend bool operator==(const Place&, const Place&) = default;
};

// What one reading came to.
struct Round {
  std::uint64_t bytes = 0;    // of records
  std::uint64_t damaged = 0;  // bytes that were no records, and were skipped
  bool at_end = false;        // all that is there was read
  bool rotated = false;       // went on with another file
  // A file was gone, or emptied, before it was surely read to its end: lines may be missing before what follows.
  bool gap = false;
};

// Reads the files of one log, PATH, PATH.1, PATH.2.gz …, the oldest first. Holds the one it is
// at open, so that it is read to its end after its removal. One thread at a time.
class Follower {
 public:
  Follower(Format, std::string path, Place);
  ~Follower();
  Follower(Follower&&) noexcept;
  Follower& operator=(Follower&&) noexcept;

  // Hands up to about `most` bytes of records to `take`. Fails where files cannot be read; goes on at the next call.
  using Take = std::function<void(const Record&)>;
  Result<Round> read(std::size_t most, const Take& take);

  Place place() const;  // behind the last record that was handed out
  void close();         // the descriptor; the next read opens the file anew

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kontena::logs
