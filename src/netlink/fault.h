#pragma once

#include <string_view>

#include "kontena/base/result.h"

namespace kontena::netlink {

// The error that an errno of the kernel stands for; `said` is what the kernel added
// in words, and may be empty.
Error fault(int number, std::string_view said = {});

}  // namespace kontena::netlink
