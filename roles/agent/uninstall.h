#pragma once

#include <span>
#include <string>

namespace kontena::agent {

// `kontena agent uninstall`: takes away all that an agent has made on this host, whether
// or not the server can be reached. Done in an order in which what was cut short is done
// again: who the node was is forgotten last.
int run_uninstall(std::span<const std::string> arguments, const std::string& host_name);

}  // namespace kontena::agent
