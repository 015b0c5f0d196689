#pragma once

#include "keys.h"

namespace kontena::compose {

// What becomes of each key of the document, by the rows of the tables that it was read by, by what
// stage two said of its value, and by what it found.
// REQUIRES: stage two is done, and has noted all that it found in `to.notes`.
std::vector<Verdict> verdicts_of(const Specifier& to);

}  // namespace kontena::compose
