#include "../commands.h"
#include "../proof.h"
#include "../session.h"
#include "../sso_login.h"
#include "kontena/access/token.h"
#include "kontena/api/people.h"
#include "kontena/base/text.h"
#include "kontena/pki/authority.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

Result<Redacted> find_token(Session& session) {
  KTN_TRY(const std::optional<Redacted> from_file, token_from_file(session.outside, session.arguments));
  if (from_file) return *from_file;
  if (const std::string variable = session.outside.variable("KONTENA_TOKEN"); !variable.empty())
    return Redacted(std::string(text::trim(variable)));
  if (!session.outside.in_is_terminal || !session.outside.err_is_terminal)
    return Error{Code::invalid_argument, "no token is given, and there is no terminal to ask on",
                 "--token-file FILE, or --token-file - for standard input"};
  KTN_TRY(const std::string typed, session.outside.ask_secret("token (not shown): "));
  return Redacted(std::string(text::trim(typed)));
}

std::unique_ptr<http::Client> stranger(Session& session, const Context& context) {
  return session.outside.connect(
      {.url = context.url, .ca_pem = context.ca_pem, .user_agent = "kontena-client/" KONTENA_VERSION});
}

// By the account's password.
Status log_in_by_password(Session& session, const Config& config, Context& context, const std::string& user) {
  KTN_TRY(context.ca_pem, authority_at_hand(session, config, context.url));
  KTN_TRY(const Redacted password, read_password(session, "password of " + user));
  const auto client = stranger(session, context);
  const api::LoginRequest request{user, password.reveal(), machine_name()};
  KTN_TRY(const auto answer,
          api::call<api::LoginAnswer>(*client, http::Method::post, std::string(paths::login), request));
  context.token = Redacted(answer.token);
  return Done{};
}

// By an invitation, whose code says which authority the server is of; sets the password.
Status log_in_by_invitation(Session& session, Context& context, const std::string& user) {
  KTN_TRY(const Replacement given, read_replacement(session, "code of the invitation"));
  KTN_TRY(context.ca_pem, pinned_authority(session.outside, given.first, context.url, ""));
  const auto client = stranger(session, context);
  const api::InviteRequest request{user, given.first.reveal(), given.password.reveal(), machine_name()};
  KTN_TRY(const auto answer,
          api::call<api::LoginAnswer>(*client, http::Method::post, std::string(paths::invite), request));
  context.token = Redacted(answer.token);
  return Done{};
}

// Speaks to the server as the token's holder; fails where it is not good for that.
struct Met {
  api::Whoami who;
  api::Hello hello;
  std::vector<api::GridSummary> grids;
};
Result<Met> meet(Session& session, const Context& context) {
  const auto client = session.outside.connect({.url = context.url,
                                               .ca_pem = context.ca_pem,
                                               .bearer = context.token,
                                               .user_agent = "kontena-client/" KONTENA_VERSION});
  Met met;
  KTN_TRY(met.hello, api::call<api::Hello>(*client, {.path = std::string(paths::health)}));
  if (met.hello.product != "kontena")
    return Error{Code::unavailable, "what answers at " + context.url + " is not a kontena server"};
  KTN_TRY(met.who, api::call<api::Whoami>(*client, {.path = std::string(paths::who)}));
  if (met.who.kind == "nobody")
    return Error{Code::unauthenticated, "the server does not know this token",
                 "it may be revoked; ask an administrator for a new one"};
  KTN_TRY(api::GridList grids, api::call<api::GridList>(*client, {.path = std::string(paths::grids)}));
  met.grids = std::move(grids.grids);
  return met;
}

}  // namespace

Result<int> login(Session& session) {
  KTN_TRY(Config config, load_config(session.outside.environment));
  std::string name = session.arguments.value("--name");
  if (name.empty() && session.arguments.from_command_line("--context")) name = session.arguments.value("--context");
  std::string address = session.arguments.value("--url");
  if (address.empty() && config.contexts.contains(name.empty() ? config.current : name))
    address = config.contexts[name.empty() ? config.current : name].url;
  if (address.empty())
    return Error{Code::invalid_argument, "no server is named", "kontena client login --url https://HOST:7443"};

  Context context;
  KTN_TRY(context.url, server_url(address));
  const std::string user = session.arguments.value("--user");
  if (session.arguments.has("--invited") && user.empty())
    return Error{Code::invalid_argument, "whose invitation it is is not said", "--user NAME"};
  if (session.arguments.has("--sso") && !user.empty())
    return Error{Code::invalid_argument, "--sso and --user exclude each other: the provider says who it is"};
  const bool by_code = session.arguments.has("--invited"), by_provider = session.arguments.has("--sso");
  if (!user.empty() && session.arguments.has("--token-file"))
    return Error{Code::invalid_argument, "--user and --token-file exclude each other: a token says whose it is"};
  if (user.empty() && session.arguments.has("--password-file"))
    return Error{Code::invalid_argument, "whose password it is is not said", "--user NAME"};
  if ((by_code || (user.empty() && !by_provider)) && session.arguments.has("--ca-file"))
    return Error{Code::invalid_argument,
                 "--ca-file is for --sso and for --user with a password: "
                 "tokens and invitations say themselves which authority it is"};
  if (by_code) {
    KTN_OK(log_in_by_invitation(session, context, user));
  } else if (!user.empty()) {
    KTN_OK(log_in_by_password(session, config, context, user));
  } else if (session.arguments.has("--sso")) {
    KTN_TRY(context.ca_pem, authority_at_hand(session, config, context.url));
    KTN_TRY(const api::SsoState state, log_in_by_provider(session, context));
    context.token = Redacted(state.token);
  } else {
    KTN_TRY(context.token, find_token(session));
    KTN_TRY(context.ca_pem, pinned_authority(session.outside, context.token, context.url, ""));
  }
  KTN_TRY(const Met met, meet(session, context));

  if (name.empty()) name = host_of(context.url);
  if (const auto before = config.contexts.find(name);
      before != config.contexts.end() && before->second.url == context.url) {
    context.grid = before->second.grid;
    context.project = before->second.project;
  }
  if (session.arguments.has("--grid")) context.grid = session.arguments.value("--grid");
  if (session.arguments.has("--project")) context.project = session.arguments.value("--project");
  if (context.grid.empty() && met.grids.size() == 1) context.grid = met.grids[0].name;
  config.contexts[name] = context;
  config.current = name;
  KTN_OK(save_config(session.outside.environment, config));

  if (const std::string advice = version_advice(KONTENA_VERSION, met.hello.version); !advice.empty())
    session.warn(advice);
  session.note("logged in to " + context.url + " as " + (met.who.name.empty() ? met.who.kind : met.who.name) +
               "; the context is " + name + (context.grid.empty() ? "" : ", the grid " + context.grid));
  if (session.look.quiet) session.out() << name << '\n';
  return 0;
}

Result<int> logout(Session& session) {
  KTN_TRY(Config config, load_config(session.outside.environment));
  const std::string name = session.arguments.words.empty() ? session.arguments.value("--context", config.current)
                                                           : session.arguments.words[0];
  if (name.empty()) return Error{Code::failed_precondition, "not logged in: there is no current context"};
  KTN_OK(config.find(name));
  Context& context = config.contexts[name];
  if (!context.token.empty()) {
    const auto client = session.outside.connect({.url = context.url,
                                                 .ca_pem = context.ca_pem,
                                                 .bearer = context.token,
                                                 .user_agent = "kontena-client/" KONTENA_VERSION});
    const http::Request request{.method = http::Method::post, .path = std::string(paths::logout)};
    const auto ended = api::call<api::Nothing>(*client, request);
    // An access token stays good, and what the server does not know any more has ended.
    if (!ended && ended.error().code == Code::failed_precondition)
      session.note("its token stays good until it is revoked: kontena client token rm");
    else if (!ended && ended.error().code != Code::unauthenticated)
      session.warn("the session could not be ended on the server (" + ended.error().message +
                   "): kontena client session rm, from elsewhere");
  }
  context.token = Redacted();
  KTN_OK(save_config(session.outside.environment, config));
  session.note("context " + name + " is logged out");
  return 0;
}

Result<int> whoami(Session& session) {
  KTN_TRY(const auto who, session.link.get<api::Whoami>(std::string(paths::who)));
  if (who.kind == "nobody") return Error{Code::unauthenticated, "the server does not know this token", "log in again"};
  return session.show(who, who.name, [&] {
    Look plain = session.look;
    plain.headers = false;
    Table table({});
    table.add({"user", plain_text(who.name)});
    table.add({who.session ? "session" : "token", who.id});
    if (who.scope != "/") table.add({"only at", plain_text(who.scope)});
    if (!who.verbs.empty()) table.add({"only for", text::join(who.verbs, ", ")});
    table.add({"ends", who.expires_ms == 0 ? std::string("never")
                                           : "in " + text::human_duration(from_ms(who.expires_ms) - session.now())});
    for (const api::Given& given : who.roles)
      table.add({"role", given.role + " at " + plain_text(given.scope) +
                             (given.group.empty() ? "" : ", of group " + plain_text(given.group))});
    if (who.roles.empty()) table.add({"role", "none: an administrator gives one by kontena client binding create"});
    return table.text(plain);
  });
}

}  // namespace kontena::client
