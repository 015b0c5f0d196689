#pragma once

#include <string>

#include "normalise.h"

// What a later file, or a service that extends another, changes in what was there.
namespace kontena::compose {

// Puts `over` over `base` by the rules of each key; `path` is where both stand ("" or "services.NAME").
// A member tagged `!reset` takes the base's away, one tagged `!override` replaces it; the tags stay,
// for a merge that follows.
void merge_into(Notes&, Node& base, Node over, const std::string& path);

// Takes out what `!reset` stands at, and the tags.
void drop_tags(Node&);

// A value that is reset is not read: its text may be anything.
void empty_resets(Node&);

}  // namespace kontena::compose
