#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::compose {

// Cuts a line into words as a shell does: blanks part them, quotes and
// backslashes keep them together. Nothing is expanded. None where a quote is
// not closed.
std::optional<std::vector<std::string>> split_words(std::string_view line);

}  // namespace kontena::compose
