#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/random.h"
#include "kontena/base/result.h"
#include "kontena/base/synced.h"
#include "log_positions.h"

namespace kontena::agent {

// Batches of lines that the server has not acknowledged yet, on disk, each in one durable write with
// where reading goes on after it. One thread appends, another sends; positions() and append() are the first's.
//
// Others may read the batches too, each at its own pace: those that forward.
//
// Files FIRST-NUMBER.segment in the folder, each beginning with all positions; one goes when the server and all readers
// are past it and a later one has begun. What is torn at a file's end was not sent yet, and is read from its source again.
class LogSpool {
 public:
  struct Limits {
    std::uint64_t bytes = 256u << 20;  // of batches that wait
    std::uint64_t segment = 4u << 20;
    // How much of the disk is to stay free for state; 0 = nothing is asked.
    std::function<std::uint64_t(const std::string& folder)> free_bytes = {};
    std::uint64_t reserve = 0;
  };
  static Result<std::unique_ptr<LogSpool>> open(std::string folder, Limits, IdSource&);
  ~LogSpool();

  const std::string& id() const { return id_; }  // random, made with the folder
  const LogPositions& positions() const { return positions_; }
  std::uint64_t next_number() const { return last_ + 1; }

  bool full();        // nothing is to be read until something was acknowledged
  bool disk_short();  // nothing is to be written
  // Durable once it returns. Code::exhausted where the disk is full; nothing has changed then. A batch may be empty:
  // only the positions move then, and there is nothing to send; without a number.
  Status append(const std::string& batch, const LogMoves&);

  struct Waiting {
    std::uint64_t number = 0;
    std::string batch;
  };
  // The oldest that is not acknowledged; waits for one up to the limit. One that cannot be read any more is left out.
  std::optional<Waiting> next(Duration limit);
  std::uint64_t waiting();  // how many are not acknowledged
  void acknowledge(std::uint64_t number);  // and all before
  void wake();                             // whoever waits in next()

  // Batches after that number stay until this reader is told to be further; any thread.
  void keep_for(const std::string& reader, std::uint64_t number);
  void let_go(const std::string& reader);
  // The oldest batch after that number; waits for one up to the limit. Empty where it cannot be read any more.
  std::optional<Waiting> after(std::uint64_t number, Duration limit);
  std::uint64_t bytes_after(std::uint64_t number);
  std::uint64_t newest();
  std::uint64_t acknowledged();
  std::uint64_t room() const { return limits_.bytes; }

 private:
  struct Batch {
    std::uint64_t number;
    std::uint64_t offset;  // of its bytes in the segment
    std::uint32_t size;
  };
  struct Segment {
    std::string path;
    std::uint64_t size = 0;
    std::deque<Batch> batches;  // those that somebody may still ask for
  };
  struct Index {
    std::deque<Segment> segments;
    std::uint64_t bytes = 0;    // of batches that wait for the server
    std::uint64_t waiting = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t newest = 0;
    std::map<std::string, std::uint64_t> readers;
    bool woken = false;
  };
  struct Found {
    std::string path;
    Batch batch{};
  };

  LogSpool(std::string folder, Limits limits, std::string id)
      : folder_(std::move(folder)), limits_(std::move(limits)), id_(std::move(id)) {}
  Status load();
  bool load_segment(const std::string& path);
  Status begin_segment();
  static std::optional<Found> find_after(const Index&, std::uint64_t number);
  static std::optional<Waiting> read(const Found&);
  static std::vector<std::string> take_done(Index&, std::size_t keep);

  const std::string folder_;
  const Limits limits_;
  const std::string id_;
  LogPositions positions_;
  std::uint64_t last_ = 0;
  int fd_ = -1;  // of the last segment, where it is ours to append to
  std::uint64_t size_ = 0;
  Synced<Index> index_;
};

}  // namespace kontena::agent
