#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "kept_block.h"

// A source's lines: blocks in files, the oldest first, and behind them what is in memory and in the journal alone.
namespace kontena::logs {

// Good also after the file was removed: then it can be read no more.
struct Block {
  std::shared_ptr<const std::string> path;
  std::uint64_t offset = 0;  // of what is packed
  BlockHead head;
};

struct BlockFile {
  std::shared_ptr<const std::string> path;
  std::uint64_t bytes = 0;
  std::int64_t last_ns = 0;
  bool ended = false;   // nothing is added to it any more
  bool synced = false;  // all of it
  std::vector<std::shared_ptr<const Block>> blocks;
};

struct Chain {
  std::deque<BlockFile> files;
  std::uint64_t bytes = 0;     // of them
  std::uint64_t in_files = 0;  // the newest sequence there
  Rows rows;                   // not in files yet
  std::uint64_t first = 0;     // the oldest sequence of those

  // Adds the rows to the newest file, and has none left; on Error it has all. The file is a new one at `next` where there is
  // none, it has ended, or is of so many bytes or so long a time.
  Status write(const Source&, const std::string& next, std::uint64_t file_bytes, std::int64_t file_ns);
  Status sync();
};

// A file as it lies there. Blocks of a sequence from `unsure` on are looked at wholly: a crash may have torn them. What is
// behind a bad one is left out, and the file has ended. Code::corrupt where it does not even say whose it is.
struct Loaded {
  Source source;
  BlockFile file;
};
Result<Loaded> load_file(const std::string& path, std::uint64_t unsure);

// What is packed of a block. Code::not_found where its file went meanwhile, Code::corrupt.
Result<std::string> read_packed(const Block&);

}  // namespace kontena::logs
