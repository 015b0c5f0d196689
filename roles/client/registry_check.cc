#include "registry_check.h"

#include <optional>

#include "kontena/base/text.h"
#include "kontena/codec/json.h"

namespace kontena::client {
namespace {

constexpr Duration patience{20'000};
constexpr std::size_t largest_answer = 1u << 20;

// `Bearer realm="https://auth.example/token",service="registry.example"`.
struct Challenge {
  std::string scheme;  // lower case
  std::string realm;
  std::string service;
  std::string scope;
};

Challenge read_challenge(std::string_view text) {
  Challenge challenge;
  const auto blank = std::min(text.find(' '), text.size());
  challenge.scheme = text::lower(text.substr(0, blank));
  for (std::string_view rest = text.substr(blank); !rest.empty();) {
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) break;
    std::string_view name = rest.substr(0, equals);
    while (!name.empty() && (name.front() == ' ' || name.front() == ',')) name.remove_prefix(1);
    rest.remove_prefix(equals + 1);
    std::string_view value;
    if (rest.starts_with('"')) {
      const auto end = rest.find('"', 1);
      value = rest.substr(1, end == std::string_view::npos ? end : end - 1);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    } else {
      const auto end = std::min(rest.find(','), rest.size());
      value = rest.substr(0, end);
      rest.remove_prefix(end);
    }
    if (name == "realm") challenge.realm = value;
    if (name == "service") challenge.service = value;
    if (name == "scope") challenge.scope = value;
  }
  return challenge;
}

Error not_let_in(const RegistryCheck& check) {
  return {Code::permission_denied, "the registry '" + check.registry + "' does not let '" + check.user + "' in with this password"};
}

Error odd(const RegistryCheck& check, const std::string& what) {
  return {Code::failed_precondition, "'" + check.registry + "' " + what, "is it a registry? --no-check keeps the login without asking it"};
}

class Asking {
 public:
  Asking(const Outside& outside, const RegistryCheck& check) : outside_(outside), check_(check) {}

  Result<http::Response> get(const std::string& url, std::string path, http::Query query, const std::string& authorization) {
    const auto client = outside_.connect({.url = url,
                                          .ca_pem = check_.ca_pem,
                                          .user_agent = "kontena-client/" KONTENA_VERSION,
                                          .largest_body = largest_answer});
    http::Request request{.path = std::move(path), .query = std::move(query)};
    if (!authorization.empty()) request.headers["authorization"] = authorization;
    auto answer = client->send(request, patience);
    if (answer) return answer;
    Error error = std::move(answer).error().in("asking the registry '" + check_.registry + "'");
    if (error.hint.empty()) error.hint = "where only the nodes reach it: --no-check";
    return error;
  }

  std::string basic() const { return "Basic " + text::base64(check_.user + ':' + check_.password.reveal()); }

  // The token that the challenge says where to get.
  Result<std::string> token(const Challenge& challenge) {
    constexpr std::string_view scheme = "https://";
    const auto slash = challenge.realm.find('/', scheme.size());
    if (!challenge.realm.starts_with(scheme) || challenge.realm.find_first_of("@#?") != std::string::npos)
      return odd(check_, "says to get a token at '" + challenge.realm.substr(0, 200) + "', where no password is sent to");
    http::Query query{{"account", check_.user}};
    if (!challenge.service.empty()) query["service"] = challenge.service;
    if (!challenge.scope.empty()) query["scope"] = challenge.scope;
    KTN_TRY(const auto answer, get(challenge.realm.substr(0, slash),
                                   slash == std::string::npos ? "/" : challenge.realm.substr(slash), query, basic()));
    if (answer.status == 401 || answer.status == 403) return not_let_in(check_);
    const auto json = codec::Document::parse(answer.body);
    if (answer.status >= 300 || !json) return odd(check_, "gives no token: status " + std::to_string(answer.status));
    std::string token = codec::string_at(json->root(), {"token"});
    if (token.empty()) token = codec::string_at(json->root(), {"access_token"});
    if (token.empty() || token.find_first_of("\r\n") != std::string::npos) return odd(check_, "gives no token");
    return token;
  }

 private:
  const Outside& outside_;
  const RegistryCheck& check_;
};

}  // namespace

Result<LetIn> check_registry(const Outside& outside, const RegistryCheck& check) {
  // Docker's own is called otherwise where it is asked.
  const std::string url = "https://" + (check.registry == "docker.io" ? std::string("registry-1.docker.io") : check.registry);
  Asking asking(outside, check);
  KTN_TRY(const auto first, asking.get(url, "/v2/", {}, ""));
  if (first.status < 300) return LetIn::everybody;
  const auto said = first.headers.find("www-authenticate");
  if (first.status != 401 || said == first.headers.end())
    return odd(check, "answers with status " + std::to_string(first.status));
  const Challenge challenge = read_challenge(said->second);
  std::string authorization = asking.basic();
  if (challenge.scheme == "bearer") {
    KTN_TRY(const std::string token, asking.token(challenge));
    authorization = "Bearer " + token;
  } else if (challenge.scheme != "basic") {
    return odd(check, "asks for '" + challenge.scheme.substr(0, 50) + "', neither Basic nor Bearer");
  }
  KTN_TRY(const auto second, asking.get(url, "/v2/", {}, authorization));
  if (second.status < 300) return LetIn::yes;
  if (second.status == 401 || second.status == 403) return not_let_in(check);
  return odd(check, "answers with status " + std::to_string(second.status));
}

}  // namespace kontena::client
