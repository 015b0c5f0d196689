#pragma once

#include <string>
#include <string_view>

#include "command.h"

// Texts made from the table of commands.
namespace kontena::client {

std::string usage(const Command&);  // one line, without line end
std::string help_of(const Command&);
std::string help_of_group(std::string_view group);  // "" = all commands
std::string bash_completion();

}  // namespace kontena::client
