#pragma once

#include <string>
#include <vector>

#include "kontena/compose/read.h"

namespace kontena::compose {

// The cases of data/, files and folders: paths without the ending, in order.
std::vector<std::string> golden_cases();
std::string case_text(const std::string& path);  // of its first file
Reading read_case(const std::string& path);
std::string read_file(const std::string& path);  // "" where there is none

}  // namespace kontena::compose
