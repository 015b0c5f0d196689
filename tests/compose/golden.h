#pragma once

#include <string>
#include <vector>

namespace kontena::compose {

// The cases of data/: paths without the ending, in order.
std::vector<std::string> golden_cases();
std::string read_file(const std::string& path);  // "" where there is none

}  // namespace kontena::compose
