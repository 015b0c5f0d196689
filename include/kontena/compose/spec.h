#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/compose/read.h"
#include "kontena/model/stack.h"

namespace kontena::compose {

// What becomes of a key.
enum class Class : std::uint8_t {
  runs,     // as in Compose
  mapped,   // honoured in a way that differs; the note says how
  ignored,  // has no effect here, and none that anyone would miss; a warning says the note
  refused,  // the note says why
  part,     // of a row: as the key that it is inside of
};

// A key of the resolved project, or a value of it that has a word of its own.
struct Verdict {
  Position at;
  std::string key;           // "services.web.ports"
  Class what = Class::runs;  // never `part`
  std::string note;          // how or why; may be empty for what runs
  bool made = false;         // the file does not have it: a default, or of a short form
  bool inside = false;       // of a key that is ignored or refused whole, which says it all
};

struct Specified {
  model::StackSpec spec;          // good where there is no problem
  std::vector<Finding> problems;  // refusals, each with its place and reason
  std::vector<Finding> warnings;
  std::vector<Verdict> keys;  // all of the document, in order of file and line; each problem is a refused one
};

// Stage two: the canonical document → what we run.
Specified specify(const Document&);

}  // namespace kontena::compose
