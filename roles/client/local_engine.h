#pragma once

#include <string>

#include "kontena/base/redacted.h"
#include "outside.h"

namespace kontena::client {

// Where the engine of this machine listens: DOCKER_HOST's unix socket, Docker's own, or the user's.
// Code::unsupported where DOCKER_HOST says something else than a unix socket.
Result<std::string> engine_socket(const Outside&);

// What this user is logged in to, of Docker's own configuration: for base images that not everybody may
// read. JSON, registry → {"username":…,"password":…}; "" where there is nothing.
Redacted registry_logins(const Outside&);

}  // namespace kontena::client
