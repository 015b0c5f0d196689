#pragma once

#include "kontena/http/message.h"
#include "routes.h"

// Who asks, and whether they may: a node by its certificate, a person by a token that a
// login made or they themselves, somebody who joins by a join token.
namespace kontena::server {

// Fills in who calls. Being nobody is no error; showing something wrong is.
Status identify(const Context&, const http::Request&, const Route&, const model::ClusterView&, Call&);

// The same caller at another view: a request that waits, or is decided anew, is done for
// who they are now. Code::unauthenticated where their token, session or account is gone.
Status identify_again(const model::ClusterView&, Time now, Call&);

// Where the path of a request leads: what its permission is asked about.
access::Scope place_of(const Route&, const Call&);

// Done where the caller may. Else: to whom must log in first, that; of what they may not
// see, what is said of what is not there, whether it is there or not; else what is missing.
Status check_allowed(const Call&, const access::Permission&, const access::Scope& place);

// The user whom a token is of, with what it leaves of their rights. Code::unauthenticated.
Result<access::Principal> principal_of(const model::ClusterView&, const model::Token&, Time now);

}  // namespace kontena::server
