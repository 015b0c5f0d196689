#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node.h"
#include "notes.h"

namespace kontena::compose {

// The documents of a YAML text, empty ones left out: scalars resolved, aliases
// and `<<` replaced by what they mean. What is wrong is noted; the documents are
// whole where nothing is. `file` must outlive the nodes.
std::vector<Node> parse_yaml(std::string_view text, const std::string* file, Notes&);

}  // namespace kontena::compose
