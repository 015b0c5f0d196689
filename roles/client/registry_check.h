#pragma once

#include <string>

#include "outside.h"

namespace kontena::client {

struct RegistryCheck {
  std::string registry;  // as in images' names
  std::string user;
  Redacted password;
  std::string ca_pem;    // whom to trust
};

enum class LetIn { yes, everybody };  // it asks nobody who they are: the password is not checked by that

// Asks the registry itself, from here and by TLS only: GET /v2/, by Basic, or by the token that its Bearer challenge
// says where to get. Code::permission_denied where it does not let the user in.
Result<LetIn> check_registry(const Outside&, const RegistryCheck&);

}  // namespace kontena::client
