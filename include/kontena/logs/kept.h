#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/logs/batch.h"
#include "kontena/logs/pattern.h"

// Lines that a server keeps, in files of its own.
namespace kontena::logs {

// Whose lines lie together, and have one share of the room.
struct Source {
  std::string project;  // any name; one that is made anew under an old name needs another
  std::string stack, service;
  friend auto operator<=>(const Source&, const Source&) = default;
};

// Where a line came from.
struct Origin {
  std::string instance;
  std::int64_t slot = 0;
  std::string node;  // its name
  friend bool operator==(const Origin&, const Origin&) = default;
};

// As it is handed out: good during that call.
struct KeptLine {
  const Source& source;
  const Origin& origin;
  std::uint64_t sequence = 0;  // of the batch it came with
  std::int64_t time_ns = 0;
  Stream stream = Stream::out;
  bool more = false;
  std::string_view text;
};

// Which lines. What is empty says nothing.
struct Selection {
  std::string project, instance, node;
  struct Of {
    std::string stack, service;
    std::int64_t slot = 0;
    friend bool operator==(const Of&, const Of&) = default;
  };
  std::vector<Of> of;  // any of these
  std::function<bool(const Source&)> may;
  std::int64_t since_ns = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_ns = std::numeric_limits<std::int64_t>::max();  // not itself
  std::uint64_t after = 0;                                           // batches
  std::uint64_t up_to = std::numeric_limits<std::uint64_t>::max();
  bool out = true, err = true;  // notes always, but where a pattern is asked for
  std::shared_ptr<const Pattern> pattern;
  std::int64_t tail = -1;  // of each slot of each service the last ones; -1 = all

  bool wants(const Source&) const;  // some of its lines
  bool wants(const Source&, const Origin&) const;
  bool wants(Stream, std::int64_t time_ns, std::string_view text) const;
};

// A batch that was kept, as those who follow see it.
struct Arrived {
  std::uint64_t sequence = 0;
  std::string node;
  std::vector<Source> sources;  // of the batch's sections
  Batch batch;
};

// Writing is bounded by what the disk takes, reading by how much is read. Any thread.
class Kept {
 public:
  struct Room {
    std::uint64_t bytes = 1u << 30;
    std::int64_t age_ns = 14ll * 86'400 * 1'000'000'000;
  };
  struct Options {
    std::string folder;
    std::uint64_t total = 0;              // bytes for all projects together; 0 = a quarter of the disk
    std::uint64_t spare = 1u << 30;       // of the disk, kept free for others: but never more than a tenth of it
    std::uint64_t journal = 64u << 20;    // bytes: what is gone through at the start
    std::uint64_t in_memory = 64u << 20;  // bytes of lines that are in the journal alone
  };
  // Goes through what is there; what a crash has torn is left out. Code::failed_precondition where another process has the folder.
  static Result<std::unique_ptr<Kept>> open(Options);
  virtual ~Kept() = default;

  // Keeps a batch of a node's; durable when it returns. `projects`: the name of each that is in it -> Source::project.
  // The number up to which that spool's are kept: a batch that is there already is not kept twice.
  // Code::exhausted where there is no room; then nothing of it was kept.
  struct From {
    std::string node;  // any id
    std::string node_name;
    std::map<std::string, std::string> projects;
  };
  virtual Result<std::uint64_t> add(const From&, Batch, std::string_view encoded) = 0;
  virtual std::uint64_t last(const std::string& node, const std::string& spool) const = 0;

  virtual std::uint64_t newest() const = 0;  // sequence; lines of no later one are to be seen
  // By time, in the order of each instance's log. Until `take` says false.
  using Take = std::function<bool(const KeptLine&)>;
  virtual Status read(const Selection&, const Take& take) const = 0;

  // Batches after that sequence, waiting for the first up to `limit`. `missed`: some before them are no longer in memory, and to be read.
  struct News {
    std::vector<std::shared_ptr<const Arrived>> batches;
    bool missed = false;
    bool stopped = false;
  };
  virtual News wait(std::uint64_t after, std::chrono::milliseconds limit) const = 0;
  virtual void stop() = 0;  // nobody waits any more

  // The projects that there are: what is of others goes, and of each what is over its room, of the service with most of it
  // the oldest first.
  virtual void tidy(std::map<std::string, Room> projects, std::int64_t now_ns) = 0;

  // Whether an instance had lines of that source from that node before.
  virtual bool knows(const Source&, const Origin&) const = 0;
  virtual bool has_slot(const Source&, std::int64_t slot) const = 0;
  virtual std::string trouble() const = 0;  // why nothing is kept now; "" = it is
  struct Use {
    std::uint64_t bytes = 0, lines = 0, files = 0;
    std::int64_t first_ns = 0;
  };
  virtual std::map<Source, Use> use(const std::string& project) const = 0;
};

}  // namespace kontena::logs
