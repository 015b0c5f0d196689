#include "kontena/oidc/messages.h"

#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/codec/json.h"

namespace kontena::oidc {
namespace {

using codec::Document;
using codec::Element;

constexpr std::size_t longest_url = 2'000, longest_code = 8'000, longest_user_code = 64, longest_shown = 200;
constexpr std::string_view scheme = "https://";
constexpr std::string_view device_grant = "urn:ietf:params:oauth:grant-type:device_code";

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

Error useless(const std::string& what) { return {Code::failed_precondition, "the provider " + what}; }

// What the provider says in an error, as far as it can be shown.
std::string shown(std::string text) {
  text.resize(std::min(text.size(), longest_shown));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  return text;
}

std::string text_at(Element at, const char* name) { return codec::string_at(at, {name}); }

Result<Document> read_object(const http::Response& response, const char* what) {
  auto document = Document::parse(response.body);
  if (!document || !codec::is_object(document->root()))
    return Error{Code::unavailable, "the provider's answer to " + std::string(what) + " is no JSON object (status " +
                                        std::to_string(response.status) + ')'};
  return document;
}

Error refusal(Element root, const http::Response& response, const char* what) {
  const std::string error = shown(text_at(root, "error")), more = shown(text_at(root, "error_description"));
  const std::string said =
      (error.empty() ? "status " + std::to_string(response.status) : error) + (more.empty() ? "" : ": " + more);
  if (response.status >= 500)
    return {Code::unavailable, "the provider does not answer " + std::string(what) + ": " + said};
  return {Code::failed_precondition, "the provider refuses " + std::string(what) + ": " + said,
          "an administrator looks at client id, secret and grants of this client there: kontena client sso show"};
}

std::string form(const http::Query& fields) {
  std::string text = http::query_text(fields);
  return text.empty() ? text : text.substr(1);
}

http::Request posted(const Url& url, const Metadata& metadata, const Client& client, http::Query fields) {
  http::Request request{.method = http::Method::post, .path = url.path, .query = url.query};
  request.headers["content-type"] = "application/x-www-form-urlencoded";
  request.headers["accept"] = "application/json";
  if (client.secret.empty()) {
    fields["client_id"] = client.id;
  } else if (metadata.basic) {
    const std::string both = http::percent_encode(client.id) + ':' + http::percent_encode(client.secret.reveal());
    request.headers["authorization"] = "Basic " + text::base64(both);
  } else {
    fields["client_id"] = client.id;
    fields["client_secret"] = client.secret.reveal();
  }
  request.body = form(fields);
  return request;
}

bool lists(Element root, const char* name, std::string_view wanted) {
  const auto list = codec::find(root, name);
  if (!list) return false;
  const auto all = codec::elements(*list);
  return std::ranges::any_of(all, [&](Element each) { return codec::string_at(each, {}) == wanted; });
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const auto refused = [&](const char* why) {
    return Error{Code::invalid_argument, "'" + shown(std::string(text)) + "' " + why,
                 "it looks like https://login.example.org/realm"};
  };
  if (text.size() > longest_url) return refused("is too long");
  if (!text.starts_with(scheme)) return refused("does not begin with https://");
  if (!is_printable(text) || text.find_first_of(" \"<>\\^`{|}#") != text.npos) return refused("is not a URL");
  const auto end = std::min(text.find_first_of("/?", scheme.size()), text.size());
  const std::string_view host = text.substr(scheme.size(), end - scheme.size());
  if (host.empty() || host.find('@') != host.npos) return refused("names no host, or a user");
  const auto mark = std::min(text.find('?', end), text.size());
  Url url{.origin = std::string(text.substr(0, end)), .path = std::string(text.substr(end, mark - end)), .query = {}};
  if (url.path.empty()) url.path = "/";
  if (mark < text.size()) {
    KTN_TRY(url.query, http::parse_query(text.substr(mark + 1)));
  }
  return url;
}

Result<Url> metadata_url(std::string_view issuer) {
  KTN_TRY(Url url, parse_url(issuer));
  if (!url.query.empty()) return Error{Code::invalid_argument, "an issuer has no query"};
  while (url.path.ends_with('/')) url.path.pop_back();
  url.path += "/.well-known/openid-configuration";
  return url;
}

Result<Metadata> read_metadata(std::string_view json, std::string_view issuer) {
  const auto document = Document::parse(json);
  if (!document || !codec::is_object(document->root()))
    return useless("does not say what it is: no JSON object at " + std::string(issuer) +
                   "/.well-known/openid-configuration");
  const Element root = document->root();
  Metadata metadata{.issuer = text_at(root, "issuer"),
                    .device = {},
                    .token = {},
                    .keys = {},
                    .userinfo = text_at(root, "userinfo_endpoint")};
  if (metadata.issuer != issuer)
    return useless("says that its issuer is '" + shown(metadata.issuer) + "', which has to be given just so");
  const auto endpoint = [&](const char* name, const char* without) -> Result<Url> {
    const std::string url = text_at(root, name);
    if (url.empty()) return useless(without);
    auto parsed = parse_url(url);
    if (!parsed) return useless(std::string("has no usable ") + name + ": " + parsed.error().message);
    return parsed;
  };
  KTN_TRY(metadata.device,
          endpoint("device_authorization_endpoint", "does not do the device flow, which the command line logs in by"));
  KTN_TRY(metadata.token, endpoint("token_endpoint", "has no token_endpoint"));
  KTN_TRY(metadata.keys, endpoint("jwks_uri", "has no jwks_uri"));
  if (!metadata.userinfo.empty()) {
    KTN_TRY(const Url userinfo, endpoint("userinfo_endpoint", ""));
  }
  constexpr const char* ways = "token_endpoint_auth_methods_supported";  // absent: Basic
  metadata.basic = !codec::find(root, ways) || lists(root, ways, "client_secret_basic");
  return metadata;
}

http::Request ask_device(const Metadata& metadata, const Client& client, const std::string& scope,
                         const std::string& nonce) {
  http::Query fields{{"scope", scope}, {"client_id", client.id}};
  if (!nonce.empty()) fields["nonce"] = nonce;
  return posted(metadata.device, metadata, client, std::move(fields));
}

Result<Device> read_device(const http::Response& response) {
  KTN_TRY(const Document document, read_object(response, "a login"));
  const Element root = document.root();
  if (response.status != 200) return refusal(root, response, "a login");
  Device device{.code = Redacted(text_at(root, "device_code")),
                .user_code = text_at(root, "user_code"),
                .url = text_at(root, "verification_uri"),
                .full_url = text_at(root, "verification_uri_complete")};
  if (device.url.empty()) device.url = text_at(root, "verification_url");  // as Google calls it
  if (device.code.empty() || device.code.reveal().size() > longest_code || device.user_code.empty() ||
      device.user_code.size() > longest_user_code || !is_printable(device.user_code) || !parse_url(device.url))
    return useless("answers a login without a code and where to type it");
  if (!device.full_url.empty() && !parse_url(device.full_url)) device.full_url.clear();
  const std::int64_t interval = codec::integer_at(root, {"interval"}),
                     lifetime = codec::integer_at(root, {"expires_in"});
  if (interval > 0) device.interval = Duration(std::min<std::int64_t>(interval, 60) * 1'000);
  device.lifetime = std::min(longest_login, Duration(std::clamp<std::int64_t>(lifetime, 0, 86'400) * 1'000));
  if (lifetime <= 0) return useless("answers a login with a code that is good for no time");
  return device;
}

http::Request ask_token(const Metadata& metadata, const Client& client, const Redacted& code) {
  return posted(metadata.token, metadata, client,
                {{"grant_type", std::string(device_grant)}, {"device_code", code.reveal()}, {"client_id", client.id}});
}

Result<TokenAnswer> read_token(const http::Response& response) {
  using enum TokenAnswer::State;
  KTN_TRY(const Document document, read_object(response, "whether the login is done"));
  const Element root = document.root();
  if (response.status == 200) {
    TokenAnswer answer{done, Redacted(text_at(root, "id_token")), Redacted(text_at(root, "access_token"))};
    if (answer.id_token.empty())
      return useless("gives no ID token; the scope `openid` has to be granted to this client");
    if (answer.access_token.reveal().size() > longest_code) answer.access_token = Redacted();
    return answer;
  }
  const std::string error = text_at(root, "error");
  if (error == "authorization_pending") return TokenAnswer{pending, {}, {}};
  if (error == "slow_down") return TokenAnswer{slower, {}, {}};
  if (error == "expired_token")
    return Error{Code::expired, "the code has expired", "kontena client login --sso gives another"};
  if (error == "access_denied") return Error{Code::unauthenticated, "the login was denied at the provider"};
  return refusal(root, response, "whether the login is done");
}

http::Request ask_userinfo(const Url& url, const Redacted& access_token) {
  http::Request request{.path = url.path, .query = url.query};
  request.headers["authorization"] = "Bearer " + access_token.reveal();
  request.headers["accept"] = "application/json";
  return request;
}

}  // namespace kontena::oidc
