#pragma once

#include <span>
#include <string>

#include "outside.h"

namespace kontena::client {

// What comes after `client`; the exit status.
int run(std::span<const std::string> arguments);

// The same with the world given: for tests.
int run(std::span<const std::string> arguments, Outside&);

}  // namespace kontena::client
