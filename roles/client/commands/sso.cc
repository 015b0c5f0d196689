#include "kontena/api/sso.h"

#include "../commands.h"
#include "../session.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr std::size_t largest_secret = 64u << 10, largest_authorities = 256u << 10;

Result<std::string> read_secret(Session& session, const std::string& path) {
  std::string text;
  if (path == "-") {
    KTN_TRY(text, session.outside.read_input());
  } else {
    KTN_TRY(text, files::read(path, largest_secret));
  }
  text = text::trim(text);
  if (text.empty())
    return Error{Code::invalid_argument, "the client's secret is empty", "--no-client-secret says that it has none"};
  return text;
}

std::string about(Session& session, const api::SsoSummary& sso) {
  Look plain = session.look;
  plain.headers = false;
  Table table({});
  table.add({"issuer", sso.issuer});
  table.add({"client id", sso.client_id});
  table.add({"client secret", sso.secret ? "kept sealed" : "none"});
  table.add({"user claim", sso.user_claim});
  table.add({"groups claim", sso.groups_claim});
  table.add({"scopes", text::join(sso.scopes, " ")});
  table.add({"trusted",
             sso.authority.empty() ? "what the server's host trusts" : "the authority '" + sso.authority + "' only"});
  table.add({"sessions", "up to " + text::human_duration(Duration(sso.session_ms))});
  table.add({"accounts", std::to_string(sso.accounts)});
  table.add({"set", session.age(sso.updated_ms) + " ago by " + sso.updated_by});
  return table.text(plain);
}

}  // namespace

Result<int> sso_set(Session& session) {
  const Arguments& given = session.arguments;
  const auto text = [&](std::string_view option) {
    return given.has(option) ? std::optional(given.value(option)) : std::nullopt;
  };
  const auto known = session.link.get<api::SsoSummary>(std::string(paths::sso));
  if (!known && known.error().code != Code::not_found) return known.error();
  api::SsoRequest request{.issuer = given.value("--issuer", known ? known->issuer : ""),
                          .client_id = given.value("--client-id", known ? known->client_id : ""),
                          .secret = {},
                          .user_claim = text("--user-claim"),
                          .groups_claim = text("--groups-claim"),
                          .scopes = {},
                          .authorities = {},
                          .session_ms = {}};
  if (request.issuer.empty() || request.client_id.empty())
    return Error{Code::invalid_argument, "which provider is meant is not said",
                 "--issuer https://login.example.org --client-id kontena"};
  if (given.has("--client-secret-file")) {
    if (given.has("--no-client-secret"))
      return Error{Code::invalid_argument, "--client-secret-file and --no-client-secret exclude each other"};
    KTN_TRY(request.secret, read_secret(session, given.value("--client-secret-file")));
  }
  if (given.has("--no-client-secret")) request.secret = "";
  if (given.has("--scopes")) {
    request.scopes.emplace();
    for (const std::string& list : given.values("--scopes"))
      for (const std::string& scope : text::split(list, ',')) request.scopes->emplace_back(text::trim(scope));
  }
  if (given.has("--ca-file") && given.has("--host-authorities"))
    return Error{Code::invalid_argument, "--ca-file and --host-authorities exclude each other"};
  if (given.has("--ca-file")) {
    KTN_TRY(request.authorities, files::read(given.value("--ca-file"), largest_authorities));
  }
  if (given.has("--host-authorities")) request.authorities = "";
  if (given.has("--session")) {
    KTN_TRY(const Duration session_time, text::duration(given.value("--session")));
    request.session_ms = session_time.count();
  }
  http::Query query;
  if (given.has("--unchecked")) query["unchecked"] = "true";
  KTN_TRY(const auto sso, session.link.send<api::SsoSummary>(http::Method::put, std::string(paths::sso), request, query,
                                                             Duration(60'000)));
  session.note("people log in by " + sso.issuer + " from now on: kontena client login --sso");
  if (!sso.secret && !given.has("--no-client-secret"))
    session.warn("the client has no secret there, or it was not given: --client-secret-file");
  if (session.look.quiet || session.look.machine()) session.show(sso, sso.issuer, [] { return std::string(); });
  return 0;
}

Result<int> sso_show(Session& session) {
  KTN_TRY(const auto sso, session.link.get<api::SsoSummary>(std::string(paths::sso)));
  return session.show(sso, sso.issuer, [&] { return about(session, sso); });
}

Result<int> sso_rm(Session& session) {
  KTN_TRY(const auto sso, session.link.get<api::SsoSummary>(std::string(paths::sso)));
  KTN_TRY(const bool sure,
          session.confirmed("end the sessions of the people of " + sso.issuer + ", and let none of them in any more?"));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  KTN_OK(session.link.remove(std::string(paths::sso)));
  session.note(sso.issuer + " logs nobody in any more; " + std::to_string(sso.accounts) +
               " accounts of its people are left, with the access tokens that they made: kontena client user ls");
  return 0;
}

}  // namespace kontena::client
