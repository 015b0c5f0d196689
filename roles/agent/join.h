#pragma once

#include <functional>
#include <optional>

#include "identity.h"
#include "kontena/access/token.h"
#include "kontena/base/clock.h"
#include "kontena/pki/authority.h"
#include "settings.h"

namespace kontena::agent {

// How an attempt to join ended: with an identity; or with an error that is final,
// as `exit` says; or with one after which to try again.
struct Attempt {
  std::optional<Identity> identity;
  Error error{Code::internal, ""};
  std::optional<int> exit;
};

// The token that the settings name. Code::invalid_argument where there is none.
Result<access::TokenText> read_token(const Settings&);

// Whether this host can be of a grid with that pool.
using PoolCheck = std::function<Status(const std::string& pool)>;

// Tries one server. The token's secret is sent only to who has the authority that
// the token pins; what the check refuses is not joined, and does not use the token up.
Attempt join(const Server&, const Settings&, const access::TokenText&, const pki::Request&, const Clock&,
             const PoolCheck& = {});

// With which status to end for an error of the server; none: try again. Pure.
std::optional<int> final_status(const Error&);

}  // namespace kontena::agent
