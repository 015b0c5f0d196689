#pragma once

#include <string>

#include "context.h"
#include "kontena/api/sso.h"
#include "session.h"

namespace kontena::client {

// Has people log in at the server's provider: says where and what to type there, waits until they have, and gives
// what the server says then. Ctrl-C gives it up. REQUIRES of the context: url, ca_pem.
Result<api::SsoState> log_in_by_provider(Session&, const Context&);

// Who the server has to be where no token says so: --ca-file, or a context of that address.
Result<std::string> authority_at_hand(Session&, const Config&, const std::string& url);

}  // namespace kontena::client
