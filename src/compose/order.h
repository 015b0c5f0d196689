#pragma once

#include <vector>

#include "keys.h"

namespace kontena::compose {

// Puts members of a mapping of that table (nullptr: of the user's own names) as Compose prints them.
void put_in_order(const Table*, std::vector<const Member*>& members);

}  // namespace kontena::compose
