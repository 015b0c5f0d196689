#include "kontena/oidc/token.h"

#include <algorithm>

#include "json_web.h"
#include "kontena/base/text.h"
#include "kontena/codec/json.h"

namespace kontena::oidc {
namespace {

using codec::Document;
using codec::Element;

Error wrong(const std::string& what) { return {Code::unauthenticated, "the provider's ID token " + what}; }

std::string text_at(Element at, const char* name) { return codec::string_at(at, {name}); }

// Its three parts.
struct Parts {
  std::string_view signed_text, claims;
  Document head;
  std::string signature;
};

Result<Parts> take_apart(std::string_view token) {
  if (token.size() > largest_token) return wrong("is too long");
  const auto first = token.find('.'), second = token.find('.', std::min(first, token.size() - 1) + 1);
  if (first == token.npos || second == token.npos || token.find('.', second + 1) != token.npos)
    return wrong("is none: it has not three parts");
  const auto head = decoded(token.substr(0, first)), signature = decoded(token.substr(second + 1));
  if (!head || !signature) return wrong("is none: it is not in base64url");
  auto document = Document::parse(*head);
  if (!document || !codec::is_object(document->root())) return wrong("is none: its head is not JSON");
  return Parts{token.substr(0, second), token.substr(first + 1, second - first - 1), *std::move(document), *signature};
}

// A type of token that is something else, and what we would have to understand and do not.
Status check_head(Element head) {
  const std::string type = text::lower(text_at(head, "typ"));
  if (!type.empty() && type != "jwt") return wrong("is of another type: '" + type.substr(0, 40) + "'");
  if (codec::find(head, "crit")) return wrong("has critical extensions, which are not known here");
  return Done{};
}

Result<const Key*> find_key(Element head, const std::vector<Key>& keys) {
  const std::string algorithm = text_at(head, "alg"), id = text_at(head, "kid");
  if (algorithm != "RS256" && algorithm != "ES256" && algorithm != "EdDSA")
    return wrong("is signed by '" + algorithm.substr(0, 40) + "', and not by RS256, ES256 or EdDSA");
  const Key* found = nullptr;
  for (const Key& key : keys) {
    if (key.algorithm != algorithm || (!id.empty() && key.id != id)) continue;
    if (found && id.empty()) return wrong("does not say which of the provider's keys it is signed with");
    if (!found) found = &key;
  }
  if (!found)
    return Error{Code::not_found, "the provider's ID token is signed with a key that the provider does not have"};
  return found;
}

std::optional<std::int64_t> seconds_at(Element claims, const char* name) {
  const auto at = codec::find(claims, name);
  if (!at || codec::is_string(*at) || codec::is_null(*at)) return std::nullopt;
  const std::int64_t seconds = codec::integer_at(claims, {name});
  // A year that no clock has: times in ms do not overflow.
  constexpr std::int64_t most = 1'000'000'000'000;
  return seconds > 0 && seconds < most ? std::optional(seconds) : std::nullopt;
}

Status check_times(Element claims, Time now) {
  const auto expires = seconds_at(claims, "exp"), issued = seconds_at(claims, "iat");
  const auto at = [](std::int64_t seconds) { return from_ms(seconds * 1'000); };
  if (!expires || !issued) return wrong("does not say when it was made and until when it is good");
  const std::string clocks = "; compare `date -u` here and there";
  if (at(*expires) + clock_leeway <= now) return wrong("expired at " + text::rfc3339(at(*expires)) + clocks);
  if (at(*issued) > now + clock_leeway)
    return wrong("was made at " + text::rfc3339(at(*issued)) + ", which is to come" + clocks);
  if (at(*issued) + oldest_token <= now)
    return wrong("was made at " + text::rfc3339(at(*issued)) + ", long ago" + clocks);
  if (const auto from = seconds_at(claims, "nbf"); from && at(*from) > now + clock_leeway)
    return wrong("is good from " + text::rfc3339(at(*from)) + " on" + clocks);
  return Done{};
}

Status check_audience(Element claims, const std::string& client) {
  std::vector<std::string> audience;
  if (const auto at = codec::find(claims, "aud")) {
    if (codec::is_string(*at)) audience = {text_at(claims, "aud")};
    for (const Element each : codec::elements(*at)) audience.push_back(codec::string_at(each, {}));
  }
  if (std::ranges::find(audience, client) == audience.end())
    return wrong("is for somebody else: its audience has no '" + client + "'");
  const bool says = codec::find(claims, "azp").has_value();
  if ((says || audience.size() > 1) && text_at(claims, "azp") != client)
    return wrong("is for somebody else: '" + client + "' is not its authorized party");
  return Done{};
}

}  // namespace

Result<std::string> verify(std::string_view token, const std::vector<Key>& keys, const Expected& expected) {
  KTN_TRY(const Parts parts, take_apart(token));
  KTN_OK(check_head(parts.head.root()));
  KTN_TRY(const Key* key, find_key(parts.head.root(), keys));
  if (!key->key.verify(parts.signed_text, parts.signature)) return wrong("has not the provider's signature");
  // From here on it is what the provider said.
  auto json = decoded(parts.claims);
  if (!json) return wrong("is none: it is not in base64url");
  const auto claims = Document::parse(*json);
  if (!claims || !codec::is_object(claims->root())) return wrong("has no claims");
  const Element root = claims->root();
  if (text_at(root, "iss") != expected.issuer)
    return wrong("is of another issuer: '" + text_at(root, "iss").substr(0, 200) + "'");
  KTN_OK(check_audience(root, expected.client_id));
  KTN_OK(check_times(root, expected.now));
  if (codec::find(root, "nonce") && text_at(root, "nonce") != expected.nonce)
    return wrong("is of another login: it has not the nonce of this one");
  return *std::move(json);
}

}  // namespace kontena::oidc
