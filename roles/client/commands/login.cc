#include "../commands.h"
#include "../session.h"
#include "kontena/access/token.h"
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

// Speaks to the server as the token's holder; fails where it is not good for that.
struct Met {
  api::Who who;
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
  KTN_TRY(met.who, api::call<api::Who>(*client, {.path = std::string(paths::who)}));
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
  KTN_TRY(context.token, find_token(session));
  KTN_TRY(context.ca_pem, pinned_authority(session.outside, context.token, context.url, ""));
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
  config.contexts[name].token = Redacted();
  KTN_OK(save_config(session.outside.environment, config));
  session.note("context " + name + " is logged out");
  return 0;
}

}  // namespace kontena::client
