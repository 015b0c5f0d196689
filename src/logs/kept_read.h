#pragma once

#include <memory>
#include <vector>

#include "kept_chain.h"

namespace kontena::logs {

// Lines of one source that lie together, in a file or in memory.
struct Part {
  const Source* source = nullptr;
  std::shared_ptr<const Block> block;
  std::shared_ptr<const Rows> rows;  // sorted; where there is no block
  std::int64_t first_ns = 0, last_ns = 0;
};

// The selected lines of all parts by time, or of each slot the last ones. A part that was removed meanwhile is left out;
// for one that is damaged comes a note.
Status read_parts(std::vector<Part> parts, const Selection&, const Kept::Take& take);

}  // namespace kontena::logs
