#pragma once

#include <string>

#include "kontena/base/result.h"

namespace kontena::pki {

inline constexpr std::size_t largest_authorities = 8u << 20;  // bytes of such a list

// The authorities that this host trusts, as PEM, from where the distributions keep them. Code::failed_precondition
// where there is no such list; `instead` then says what else the user may do: "…, or say whom to trust: --ca-file FILE".
Result<std::string> host_authorities(const std::string& instead);

}  // namespace kontena::pki
