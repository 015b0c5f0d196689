#include "join.h"

#include <iostream>
#include <iterator>

#include "beat.h"
#include "exits.h"
#include "kontena/api/call.h"
#include "kontena/api/endpoints.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/pki/authority.h"

namespace kontena::agent {
namespace {

constexpr std::size_t longest_token = 4096;
const std::string agent_name = "kontena-agent/" KONTENA_VERSION;

Error no_token(std::string why) {
  return {Code::invalid_argument, std::move(why),
          "make one on the server, 'kontena client token create', and give its file: --token-file FILE"};
}

Attempt refused(Error error, std::optional<int> exit) { return {.error = std::move(error), .exit = exit}; }

Attempt refused(Error error) {
  const auto exit = final_status(error);
  return refused(std::move(error), exit);
}

}  // namespace

std::optional<int> final_status(const Error& error) {
  switch (error.code) {
    case Code::unavailable:
    case Code::deadline_exceeded:
    case Code::conflict:  // many join at once
    case Code::exhausted:  // the server's disk is full
      return std::nullopt;
    case Code::unauthenticated:
    case Code::permission_denied:
    case Code::expired:
    case Code::failed_precondition:
      return exit_refused;
    default:
      return exit_status(error.code);
  }
}

Result<access::TokenText> read_token(const Settings& settings) {
  if (settings.token_file.empty()) return no_token("this node has not joined yet, and there is no join token");
  std::string text;
  if (settings.token_file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
    if (text.size() > longest_token) return no_token("what came by standard input is no join token");
  } else {
    const auto read = files::read(settings.token_file, longest_token);
    if (!read && read.error().code == Code::not_found && settings.token_by_default)
      return no_token("this node has not joined yet, and there is no join token");
    if (!read) return no_token("the join token: " + read.error().message);
    if (const auto kept = files::check_private(settings.token_file, "the join token"); !kept)
      log::warn("a secret lies open", {{"reason", kept.error().message}, {"hint", kept.error().hint}});
    text = *read;
  }
  auto token = access::parse_token(text);
  if (!token) return no_token("the join token: " + token.error().message);
  return token;
}

Attempt join(const Server& server, const Settings& settings, const access::TokenText& token, const pki::Request& request,
             const Clock& clock, const PoolCheck& check) {
  const std::string url = server.url();
  auto authority = api::fetch_authority(url, token.fingerprint);
  if (!authority) return refused(std::move(authority).error());

  // Asked before any certificate is checked, since that would fail with no word of the clock.
  const auto stranger = http::connect({.url = url, .insecure = true, .user_agent = agent_name});
  const auto hello = api::call<api::Hello>(*stranger, {.path = std::string(api::paths::health)});
  if (!hello) return refused(hello.error());
  if (const auto difference = clock_difference(clock.now(), from_ms(hello->time_ms)); !difference.empty())
    return refused({Code::failed_precondition, "a clock is wrong: " + difference, "set the clock, best by NTP"},
                   exit_misconfigured);

  const auto client = http::connect(
      {.url = url, .ca_pem = *authority, .bearer = Redacted(access::format(token)), .user_agent = agent_name});
  if (check) {
    const auto terms = api::call<api::JoinTerms>(*client, {.path = std::string(api::paths::agent_join)});
    if (!terms) return refused(terms.error());
    if (Status fits = check(terms->pool); !fits) return refused(std::move(fits).error(), exit_misconfigured);
  }
  auto answer = api::call<api::JoinAnswer>(
      *client, http::Method::post, std::string(api::paths::agent_join),
      api::JoinRequest{
          .name = settings.name, .labels = settings.labels, .csr_pem = request.csr_pem, .version = KONTENA_VERSION});
  if (!answer) return refused(std::move(answer).error());
  Identity identity{.node = answer->node,
                    .grid = answer->grid,
                    .name = answer->name,
                    .ca_pem = *authority,
                    .certificate_pem = answer->certificate_pem,
                    .key_pem = request.key_pem};
  for (const Server& one : settings.servers) identity.servers.push_back(one.text());
  return {.identity = std::move(identity)};
}

}  // namespace kontena::agent
