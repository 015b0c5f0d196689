#pragma once

#include <string>
#include <string_view>

#include "kontena/store/store.h"

// What every backend asks of a commit, in one place, so that they agree.
namespace kontena::store {

// Refuses empty keys, keys that start with a zero byte (the backends keep their
// own records there), and a key that is written twice.
Status check(const Commit&);

// The answer to an expectation that does not hold.
Error conflict(const Commit::Expect& expected, Revision found);

// The answer to one who asks for the changes after a revision that has not been:
// it was given by another store, or by this one before it was put back from a copy.
Error ahead(Revision asked, Revision newest);

// The first key after all that start with the prefix; "" where there is none.
std::string end_of(std::string_view prefix);

}  // namespace kontena::store
