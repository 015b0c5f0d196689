#pragma once

#include <string>
#include <string_view>

// Text as `stack config` prints it: dollar signs are doubled, so that what is printed can be read again.
namespace kontena::compose {

std::string yaml_line(std::string_view text);                       // plain, or in quotes where it has to be
std::string yaml_block(std::string_view text, std::size_t indent);  // text of several lines
std::string json_text(std::string_view text);  // as Compose writes it: it may stand in a page of the web

}  // namespace kontena::compose
