#include "sso.h"

#include <algorithm>

#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"
#include "kontena/pki/host_authorities.h"

namespace kontena::server {
namespace {

constexpr std::size_t largest_answer = 512u << 10;
constexpr std::size_t most_groups = 100, longest_called = 200;
constexpr Duration slower_by{5'000};  // RFC 8628, section 3.5

Error no_login() {
  return {Code::expired, "this login is not waited for any more: its code has expired, or the server was started anew",
          "kontena client login --sso gives another code"};
}

std::string shown(const std::string& text) {
  std::string part = text.substr(0, 100);
  for (char& c : part)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  return part;
}

}  // namespace

std::string outside_of(const model::Provider& provider, const std::string& subject) {
  return provider.issuer + '|' + subject;
}
bool is_of(const model::User& user, const model::Provider& provider) {
  return user.outside.starts_with(provider.issuer + '|');
}

Sso::Sso(const Clock& clock) : Sso(clock, http::connect, [] { return pki::host_authorities("kontena client sso set --ca-file FILE"); }, {}) {}

void Sso::stop() {
  gate_.change([](Gate& gate) { gate.stopped = true; });
  known_.with([](Known& known) {
    for (const auto& [origin, client] : known.clients) client->reconnect();
  });
}

// What is known of another provider is forgotten first.
void Sso::for_known(const As& as, auto&& use) {
  known_.with([&](Known& known) {
    if (known.issuer != as.provider.issuer || known.authorities != as.provider.authorities)
      known = {.issuer = as.provider.issuer, .authorities = as.provider.authorities};
    use(known);
  });
}

Result<std::shared_ptr<http::Client>> Sso::client_of(const As& as, const std::string& origin) {
  std::shared_ptr<http::Client> client;
  for_known(as, [&](Known& known) {
    if (const auto found = known.clients.find(origin); found != known.clients.end()) client = found->second;
  });
  if (client) return client;
  std::string authorities = as.provider.authorities;
  if (authorities.empty()) {
    KTN_TRY(authorities, authorities_());
  }
  client = connect_({.url = origin,
                     .ca_pem = authorities,
                     .user_agent = "kontena-server/" KONTENA_VERSION,
                     .largest_body = largest_answer});
  for_known(as, [&](Known& known) { known.clients[origin] = client; });
  return client;
}

Result<http::Response> Sso::ask(const As& as, const oidc::Url& url, const http::Request& request) {
  KTN_TRY(const auto client, client_of(as, url.origin));
  const bool mine = gate_.wait_then(
      limits_.patience, [&](const Gate& gate) { return gate.stopped || gate.running < limits_.at_once; },
      [&](Gate& gate) {
        const bool free = !gate.stopped && gate.running < limits_.at_once;
        gate.running += free ? 1 : 0;
        return free;
      });
  if (!mine) return Error{Code::exhausted, "too many log in at this moment", "try again in 5 s"};
  auto response = client->send(request, limits_.timeout);
  gate_.change([](Gate& gate) { gate.running -= 1; });
  if (response) return response;
  log::warn("the provider of logins cannot be asked", {{"provider", url.origin}, {"reason", response.error().message}});
  // Whether its certificate is not trusted, or it is away: nobody is less known here by that.
  const bool trusted = response.error().code != Code::unauthenticated;
  return Error{Code::unavailable, "the provider: " + response.error().message,
               trusted ? "local accounts log in without it: kontena client login"
                       : "whose certificates are trusted for it says kontena client sso set --ca-file FILE"};
}

Result<std::shared_ptr<const oidc::Metadata>> Sso::metadata_of(const As& as) {
  std::shared_ptr<const oidc::Metadata> metadata;
  const Duration now = clock_.steady();
  for_known(as, [&](Known& known) {
    if (known.metadata && known.metadata_at + limits_.fresh > now) metadata = known.metadata;
  });
  if (metadata) return metadata;
  KTN_TRY(const oidc::Url url, oidc::metadata_url(as.provider.issuer));
  KTN_TRY(const http::Response response, ask(as, url, {.path = url.path}));
  if (response.status != 200)
    return Error{response.status >= 500 ? Code::unavailable : Code::failed_precondition,
                 "the provider does not say what it is: status " + std::to_string(response.status) + " at " +
                     url.origin + url.path};
  KTN_TRY(oidc::Metadata read, oidc::read_metadata(response.body, as.provider.issuer));
  metadata = std::make_shared<const oidc::Metadata>(std::move(read));
  for_known(as, [&](Known& known) {
    known.metadata = metadata;
    known.metadata_at = now;
  });
  return metadata;
}

// Whoever makes tokens up cannot have us ask for keys all the time: anew, but not too often.
Result<Sso::Keys> Sso::keys_of(const As& as, const oidc::Metadata& metadata, bool anew) {
  Keys keys;
  const Duration now = clock_.steady();
  for_known(as, [&](Known& known) {
    if (known.keys && known.keys_at + (anew ? limits_.refetch : limits_.fresh) > now) keys = known.keys;
  });
  if (keys) return keys;
  KTN_TRY(const http::Response response,
          ask(as, metadata.keys, {.path = metadata.keys.path, .query = metadata.keys.query}));
  if (response.status != 200)
    return Error{Code::unavailable, "the provider does not give its keys: status " + std::to_string(response.status)};
  KTN_TRY(std::vector<oidc::Key> read, oidc::read_keys(response.body));
  keys = std::make_shared<const std::vector<oidc::Key>>(std::move(read));
  for_known(as, [&](Known& known) {
    known.keys = keys;
    known.keys_at = now;
  });
  return keys;
}

Status Sso::check(const As& as) {
  KTN_TRY(const auto metadata, metadata_of(as));
  KTN_TRY(const Keys keys, keys_of(as, *metadata, true));
  if (keys->empty())
    return Error{Code::failed_precondition,
                 "the provider has no key for RS256, ES256 or EdDSA: its tokens could not be verified here"};
  return Done{};
}

Result<Sso::Begun> Sso::begin(const As& as, const std::string& login, const std::string& nonce) {
  KTN_TRY(const auto metadata, metadata_of(as));
  const oidc::Client client{as.provider.client_id, as.secret};
  KTN_TRY(const http::Response response,
          ask(as, metadata->device, oidc::ask_device(*metadata, client, text::join(as.provider.scopes, " "), nonce)));
  KTN_TRY(oidc::Device device, oidc::read_device(response));
  const Duration now = clock_.steady();
  Begun begun{device, device.interval};
  logins_.with([&](auto& logins) {
    std::erase_if(logins, [&](const auto& each) { return each.second.ends <= now; });
    // Strangers can begin as many as they like: the oldest goes.
    if (logins.size() >= limits_.pending)
      logins.erase(std::ranges::min_element(logins, {}, [](const auto& each) { return each.second.begun; }));
    const Duration ends = now + device.lifetime, next = now + device.interval;
    logins[crypto::sha256_hex(login)] = {.provider = as.provider.updated_ms,
                                         .device = std::move(device),
                                         .nonce = nonce,
                                         .begun = now,
                                         .ends = ends,
                                         .next = next};
  });
  return begun;
}

void Sso::cancel(const std::string& login) {
  logins_.with([&](auto& logins) { logins.erase(crypto::sha256_hex(login)); });
}

// The provider could not be asked: again later, a few times, or that was it.
Result<Sso::Waited> Sso::after(const std::string& digest, const Login& login, Error error) {
  const bool passing =
      error.code == Code::exhausted || (error.code == Code::unavailable && login.failures + 1 < limits_.failures);
  const Duration wait = login.device.interval * (error.code == Code::exhausted ? 1 : 2);
  logins_.with([&](auto& logins) {
    const auto found = logins.find(digest);
    if (found == logins.end()) return;
    if (!passing) {
      logins.erase(found);
      return;
    }
    found->second.asking = false;
    found->second.failures += error.code == Code::exhausted ? 0 : 1;
    found->second.next = clock_.steady() + wait;
  });
  if (passing) return Waited{std::nullopt, wait};
  return error;
}

Result<Sso::Waited> Sso::wait(const As& as, const std::string& secret) {
  const std::string digest = crypto::sha256_hex(secret);
  const Duration now = clock_.steady();
  Login login;
  std::optional<Duration> too_soon;
  const bool known = logins_.with([&](auto& logins) {
    const auto found = logins.find(digest);
    if (found == logins.end()) return false;
    Login& each = found->second;
    if (each.ends <= now || each.provider != as.provider.updated_ms) {
      logins.erase(found);
      return false;
    }
    if (each.asking) too_soon = each.device.interval;
    if (each.next > now) too_soon = each.next - now;
    if (!too_soon) each.asking = true;
    login = each;
    return true;
  });
  if (!known) return no_login();
  if (too_soon) return Waited{std::nullopt, *too_soon};

  const oidc::Client client{as.provider.client_id, as.secret};
  const auto metadata = metadata_of(as);
  if (!metadata) return after(digest, login, metadata.error());
  const auto response = ask(as, (*metadata)->token, oidc::ask_token(**metadata, client, login.device.code));
  if (!response) return after(digest, login, response.error());
  const auto answer = oidc::read_token(*response);
  if (!answer) return after(digest, login, answer.error());
  using enum oidc::TokenAnswer::State;
  if (answer->state == done) {
    cancel(secret);  // once
    KTN_TRY(Person person, person_of(as, **metadata, *answer, login.nonce));
    return Waited{std::move(person), {}};
  }
  const Duration interval = login.device.interval + (answer->state == slower ? slower_by : Duration(0));
  logins_.with([&](auto& logins) {
    const auto found = logins.find(digest);
    if (found == logins.end()) return;  // cancelled meanwhile
    found->second.asking = false;
    found->second.failures = 0;
    found->second.device.interval = interval;
    found->second.next = clock_.steady() + interval;
  });
  return Waited{std::nullopt, interval};
}

Result<std::string> Sso::verified(const As& as, const oidc::Metadata& metadata, const Redacted& token,
                                  const std::string& nonce) {
  const oidc::Expected expected{as.provider.issuer, as.provider.client_id, nonce, clock_.now()};
  KTN_TRY(const Keys keys, keys_of(as, metadata, false));
  auto claims = oidc::verify(token.reveal(), *keys, expected);
  if (claims || claims.error().code != Code::not_found) return claims;
  KTN_TRY(const Keys newer, keys_of(as, metadata, true));
  claims = oidc::verify(token.reveal(), *newer, expected);
  if (!claims && claims.error().code == Code::not_found) return Error{Code::unauthenticated, claims.error().message};
  return claims;
}

Result<Person> Sso::person_of(const As& as, const oidc::Metadata& metadata, const oidc::TokenAnswer& answer,
                              const std::string& nonce) {
  const model::Provider& provider = as.provider;
  KTN_TRY(const std::string json, verified(as, metadata, answer.id_token, nonce));
  KTN_TRY(oidc::Claims claims, oidc::read_claims(json, provider.user_claim, provider.groups_claim));
  if ((!claims.user || !claims.groups) && !metadata.userinfo.empty() && !answer.access_token.empty()) {
    KTN_TRY(const oidc::Url url, oidc::parse_url(metadata.userinfo));
    KTN_TRY(const http::Response response, ask(as, url, oidc::ask_userinfo(url, answer.access_token)));
    if (response.status != 200)
      return Error{Code::unavailable, "the provider does not say more of the user: status " +
                                          std::to_string(response.status) + " at its userinfo_endpoint"};
    KTN_TRY(const oidc::Claims more, oidc::read_claims(response.body, provider.user_claim, provider.groups_claim));
    if (more.subject != claims.subject)
      return Error{Code::unauthenticated, "what the provider says more of the user is of another one"};
    if (!claims.user) claims.user = more.user;
    if (!claims.groups) claims.groups = more.groups;
  }
  if (!claims.user || claims.user->empty())
    return Error{Code::failed_precondition,
                 "the provider does not say what the user is called: there is no '" + shown(provider.user_claim) + "'",
                 "an administrator names another claim, or asks for the scope that has it: kontena client sso set "
                 "--user-claim, --scopes"};
  Person person{claims.subject, claims.user->substr(0, longest_called), {}};
  if (claims.groups) person.groups = oidc::usable_groups(*claims.groups);
  if (person.groups.size() > most_groups)
    return Error{Code::failed_precondition,
                 "the provider says that the user is in " + std::to_string(person.groups.size()) +
                     " groups, and more than 100 are too many",
                 "have it say only those that matter to this client"};
  return person;
}

}  // namespace kontena::server
