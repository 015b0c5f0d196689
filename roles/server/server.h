#pragma once

#include <span>
#include <string>

namespace kontena::server {

// Runs the role until SIGTERM or SIGINT; returns the exit status. The arguments
// are those after `server`.
int run(std::span<const std::string> arguments);

}  // namespace kontena::server
