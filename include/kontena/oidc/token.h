#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"
#include "kontena/pki/public_key.h"

// What an OpenID Connect provider signs about somebody, and whether it has. Pure.
namespace kontena::oidc {

// One of the keys that a provider signs with.
struct Key {
  std::string id;
  std::string algorithm;  // "RS256", "ES256", "EdDSA": what it is used for here
  pki::PublicKey key;
};

inline constexpr std::size_t largest_keys = 256u << 10;
inline constexpr std::size_t largest_token = 64u << 10;

// Those of a JSON Web Key Set that we can use; keys for other uses, of other kinds and damaged ones are
// left out. Code::invalid_argument where the text is no set, or has more than 100.
Result<std::vector<Key>> read_keys(std::string_view json);

// What an ID token has to say.
struct Expected {
  std::string issuer;
  std::string client_id;
  std::string nonce;  // asked for; a token that has one has this one
  Time now{};
};

inline constexpr Duration clock_leeway{60'000};   // clocks differ by as much
inline constexpr Duration oldest_token{600'000};  // since it was signed; it was asked for just now

// The claims of an ID token, as JSON, once all of it is verified: an algorithm of the table above, which is
// the key's own; the key by its id; the signature; issuer, audience, authorized party, times, nonce.
// Code::not_found where no key has its id, Code::unauthenticated where it is not right.
Result<std::string> verify(std::string_view token, const std::vector<Key>&, const Expected&);

// Who somebody is, by verified claims.
struct Claims {
  std::string subject;
  std::optional<std::string> user;
  std::optional<std::vector<std::string>> groups;  // as the provider calls them
};
// A name in claims is a member, or a way to one: "realm_access.roles". A member that has dots in its own
// name is found first. Code::unauthenticated for an e-mail address as the user's name that is not verified.
Result<Claims> read_claims(std::string_view json, std::string_view user_claim, std::string_view groups_claim);

// The name here of somebody who is called so there: in lower case, what cannot be in a name as '-'. Nothing
// where that leaves no name.
std::optional<std::string> user_name(std::string_view called);

// Those of the groups that can be named in a binding, in order, once.
std::vector<std::string> usable_groups(const std::vector<std::string>&);

}  // namespace kontena::oidc
