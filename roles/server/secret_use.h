#pragma once

#include <set>
#include <string>
#include <vector>

#include "kontena/api/secrets.h"
#include "routes.h"

// Which services have which named secrets, and how they come to.
namespace kontena::server {

struct SecretUser {
  std::string stack;
  std::string service;
  std::string as;      // as api::SecretUse
  std::string digest;  // of the version that the newest spec has
};

// Those whose newest spec has it, in order of stack and service.
std::vector<SecretUser> users_of(const model::ClusterView&, const model::ProjectPath&, const std::string& secret);

// Digests that specs of the project have, and instances of before that are still there.
std::set<std::string> digests_in_use(const model::ClusterView&, const model::ProjectPath&);

// A deploy takes the newest version of each named secret: fills in which, of files and of variables. The
// caller must have the verb secrets.use; the commit rests on the secrets, and writes them again, so that none is
// removed at the same time.
Status take_secrets(const Context&, const model::ClusterView&, const Call&, const model::StackPath&, model::StackSpec&,
                    store::Commit&);

// All stacks of the project that have it get this version, each by a Deployment.
std::vector<model::Deployment> roll_users(const Context&, const model::ClusterView&, const Call&,
                                          const model::ProjectPath&, const std::string& secret,
                                          const std::string& digest, store::Commit&);

}  // namespace kontena::server
