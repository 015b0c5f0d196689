#include <algorithm>

#include "json_web.h"
#include "kontena/base/text.h"
#include "kontena/codec/json.h"
#include "kontena/oidc/token.h"

namespace kontena::oidc {
namespace {

constexpr std::size_t most_keys = 100, longest_id = 512;

using codec::Element;

Result<Key> read_key(Element at) {
  const auto text = [&](const char* name) { return codec::string_at(at, {name}); };
  const auto number = [&](const char* name) { return decoded(text(name)).value_or(std::string()); };
  const std::string kind = text("kty"), curve = text("crv"), use = text("use"), algorithm = text("alg");
  if (!use.empty() && use != "sig") return Error{Code::unsupported, "for another use"};
  if (const auto may = codec::find(at, "key_ops")) {
    const auto does = codec::elements(*may);
    if (std::ranges::none_of(does, [](Element each) { return codec::string_at(each, {}) == "verify"; }))
      return Error{Code::unsupported, "for another use"};
  }
  const auto made = [&]() -> Result<pki::PublicKey> {
    if (kind == "RSA") return pki::PublicKey::rsa(number("n"), number("e"));
    if (kind == "EC" && curve == "P-256") return pki::PublicKey::p256(number("x"), number("y"));
    if (kind == "OKP" && curve == "Ed25519") return pki::PublicKey::ed25519(number("x"));
    return Error{Code::unsupported, "of another kind"};
  };
  KTN_TRY(pki::PublicKey key, made());
  using enum pki::PublicKey::Kind;
  const std::string ours = key.kind() == rsa ? "RS256" : key.kind() == p256 ? "ES256" : "EdDSA";
  // RFC 9864's name of the same.
  if (!algorithm.empty() && algorithm != ours && !(algorithm == "Ed25519" && ours == "EdDSA"))
    return Error{Code::unsupported, "for another algorithm"};
  if (text("kid").size() > longest_id) return Error{Code::unsupported, "its id is too long"};
  return Key{text("kid"), ours, std::move(key)};
}

}  // namespace

std::optional<std::string> decoded(std::string_view text) {
  std::string usual(text);
  for (char& c : usual) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  usual.append((4 - usual.size() % 4) % 4, '=');
  auto bytes = text::unbase64(usual);
  // One text for the same bytes: the bits that nobody reads are zero.
  if (!bytes) return std::nullopt;
  std::string again = text::base64(*bytes);
  return again == usual ? bytes : std::nullopt;
}

Result<std::vector<Key>> read_keys(std::string_view json) {
  if (json.size() > largest_keys) return Error{Code::invalid_argument, "the provider's keys are too long"};
  const auto document = codec::Document::parse(json);
  if (!document) return Error{Code::invalid_argument, "the provider's keys: " + document.error().message};
  const auto list = codec::find(document->root(), "keys");
  if (!list || !codec::is_array(*list)) return Error{Code::invalid_argument, "the provider's keys are no set of keys"};
  const auto all = codec::elements(*list);
  if (all.size() > most_keys) return Error{Code::invalid_argument, "the provider has more than 100 keys"};
  std::vector<Key> keys;
  for (const Element each : all) {
    if (!codec::is_object(each)) continue;
    if (auto key = read_key(each)) keys.push_back(*std::move(key));
  }
  return keys;
}

}  // namespace kontena::oidc
