#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/codec/json.h"
#include "kontena/oidc/token.h"

namespace kontena::oidc {
namespace {

using codec::Element;

constexpr std::size_t longest_subject = 255;  // OpenID Connect Core, section 2

std::optional<Element> claim_at(Element claims, std::string_view name) {
  if (const auto whole = codec::find(claims, name)) return whole;
  Element at = claims;
  for (const std::string& part : text::split(name, '.')) {
    const auto next = codec::find(at, part);
    if (!next) return std::nullopt;
    at = *next;
  }
  return at;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Result<Claims> read_claims(std::string_view json, std::string_view user_claim, std::string_view groups_claim) {
  const auto document = codec::Document::parse(json);
  if (!document || !codec::is_object(document->root()))
    return Error{Code::unauthenticated, "what the provider says of the user is no JSON object"};
  const Element root = document->root();
  Claims claims{.subject = codec::string_at(root, {"sub"}), .user = {}, .groups = {}};
  if (claims.subject.empty() || claims.subject.size() > longest_subject || !is_printable(claims.subject))
    return Error{Code::unauthenticated, "the provider does not say who it is: there is no usable `sub`"};
  if (const auto user = claim_at(root, user_claim); user && codec::is_string(*user)) {
    const auto verified = codec::find(root, "email_verified");
    const bool unsure =
        verified && !codec::bool_at(root, {"email_verified"}) && codec::string_at(root, {"email_verified"}) != "true";
    if (user_claim == "email" && unsure)
      return Error{Code::unauthenticated, "the provider has not verified this e-mail address"};
    claims.user = codec::string_at(*user, {});
  }
  if (const auto groups = claim_at(root, groups_claim); groups && !codec::is_null(*groups)) {
    claims.groups.emplace();
    if (codec::is_string(*groups)) claims.groups->push_back(codec::string_at(*groups, {}));
    for (const Element each : codec::elements(*groups)) claims.groups->push_back(codec::string_at(each, {}));
  }
  return claims;
}

std::optional<std::string> user_name(std::string_view called) {
  std::string name;
  for (const char c : text::lower(called.substr(0, 200))) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (fits)
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  while (name.ends_with('-')) name.pop_back();
  return text::is_label(name) ? std::optional(name) : std::nullopt;
}

std::vector<std::string> usable_groups(const std::vector<std::string>& called) {
  std::vector<std::string> groups;
  std::ranges::copy_if(called, std::back_inserter(groups),
                       [](const std::string& name) { return text::is_label(name); });
  std::ranges::sort(groups);
  groups.erase(std::ranges::unique(groups).begin(), groups.end());
  return groups;
}

}  // namespace kontena::oidc
