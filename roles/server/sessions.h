#pragma once

#include <string>
#include <vector>

#include "routes.h"
#include "token_use.h"

namespace kontena::server {

// What a login makes.
struct SessionRequest {
  std::string owner;
  std::string client;  // what is logged in, as it says
  std::vector<std::string> groups = {};  // that the owner is in besides their own, for as long as it lasts
  Duration lifetime = session_lifetime;
};
struct NewSession {
  std::string token;  // its text, which is nowhere kept
  std::int64_t expires_ms = 0;
};

// Adds a session to the change, which is about it if about nothing else. The oldest of the owner's goes where
// there are too many, and those that are over.
NewSession add_session(const Context&, const model::ClusterView&, const Call&, const SessionRequest&, Change&);

// The groups that a user's sessions have from outside, each once: what they may have besides their own.
std::vector<std::string> groups_of_sessions(const model::ClusterView&, const std::string& user, Time now);

}  // namespace kontena::server
