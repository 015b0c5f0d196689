#pragma once

#include <string>
#include <vector>

namespace kontena::pki {

// Every name and address of this machine that others may use: what a certificate of a server on it is for.
std::vector<std::string> host_names();

}  // namespace kontena::pki
