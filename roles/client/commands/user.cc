#include "../commands.h"
#include "../proof.h"
#include "../session.h"
#include "kontena/api/people.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

std::string path_of(const std::string& user) { return api::path(paths::user, {user}); }

std::string kind_of(const api::UserSummary& user) { return user.service ? "service" : user.sso ? "sso" : "local"; }

Cell state_cell(const api::UserSummary& user) {
  return {user.state, user.state == "active" ? Tone::good : user.state == "disabled" ? Tone::bad : Tone::busy};
}

std::string given_text(const api::Given& given) {
  return given.role + " at " + plain_text(given.scope) +
         (given.group.empty() ? "" : ", of group " + plain_text(given.group));
}

std::string roles_text(const std::vector<api::Given>& roles) {
  std::vector<std::string> all;
  for (const api::Given& given : roles) all.push_back(given.role + ' ' + plain_text(given.scope));
  return text::join(all, ", ");
}

Result<int> told(Session& session, const api::UserSummary& user, const std::string& note) {
  session.note(note);
  if (session.look.quiet || session.look.machine()) session.show(user, user.name, [] { return std::string(); });
  return 0;
}

Result<int> switch_all(Session& session, bool disabled) {
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_OK(session.link.send<api::UserSummary>(
        http::Method::post, path_of(name),
        api::UserChange{.full_name = {}, .disabled = disabled, .join = {}, .leave = {}}));
    if (session.look.quiet) session.out() << name << '\n';
    session.note("user " + name +
                 (disabled ? " is disabled: sessions have ended, and tokens are worth nothing" : " is enabled"));
    return Done{};
  });
}

std::string about(Session& session, const api::UserSummary& user) {
  Look plain = session.look;
  plain.headers = false;
  Table table({});
  table.add({"user", user.name});
  if (!user.full_name.empty()) table.add({"name", plain_text(user.full_name)});
  table.add({"kind", kind_of(user)});
  table.add({"state", state_cell(user)});
  if (user.invite_expires_ms > to_ms(session.now()))
    table.add({"invited", "for another " + text::human_duration(from_ms(user.invite_expires_ms) - session.now())});
  if (!user.groups.empty()) table.add({"groups", text::join(user.groups, ", ")});
  if (!user.session_groups.empty())
    table.add({"groups, by the provider", plain_text(text::join(user.session_groups, ", "))});
  for (const api::Given& given : user.roles) table.add({"role", given_text(given)});
  table.add({"sessions", std::to_string(user.sessions)});
  table.add({"access tokens", std::to_string(user.tokens)});
  table.add({"made", session.age(user.created_ms) + " ago by " + plain_text(user.created_by)});
  return table.text(plain);
}

}  // namespace

Result<int> user_ls(Session& session) {
  KTN_TRY(const auto list, session.link.get<api::UserList>(std::string(paths::users)));
  return session.list(
      list.users, {"USER", "KIND", "STATE", "GROUPS", "ROLES", "AGE"},
      [&](const api::UserSummary& user) -> std::vector<Cell> {
        return {user.name,
                kind_of(user),
                state_cell(user),
                text::join(user.groups, ","),
                roles_text(user.roles),
                session.age(user.created_ms)};
      },
      [](const api::UserSummary& user) { return user.name; });
}

Result<int> user_show(Session& session) {
  KTN_TRY(const auto user, session.link.get<api::UserSummary>(path_of(session.arguments.words[0])));
  return session.show(user, user.name, [&] { return about(session, user); });
}

Result<int> user_create(Session& session) {
  const std::string& name = session.arguments.words[0];
  const api::UserRequest request{session.arguments.has("--service"), session.arguments.value("--full-name"),
                                 listed(session, "--group")};
  KTN_TRY(const auto user, session.link.send<api::UserSummary>(http::Method::put, path_of(name), request));
  return told(session, user,
              "user " + name + " is made; " +
                  (user.service ? "kontena client token create --for " + name + " makes what it logs in with"
                                : "kontena client user invite " + name + " makes a code to log in with"));
}

Result<int> user_set(Session& session) {
  const Arguments& given = session.arguments;
  api::UserChange change{
      .full_name = {}, .disabled = {}, .join = listed(session, "--join"), .leave = listed(session, "--leave")};
  if (given.has("--full-name")) change.full_name = given.value("--full-name");
  if (!change.full_name && change.join.empty() && change.leave.empty())
    return Error{Code::invalid_argument, "nothing to change is named", "--full-name, --join GROUP or --leave GROUP"};
  KTN_TRY(const auto user, session.link.send<api::UserSummary>(http::Method::post, path_of(given.words[0]), change));
  return told(session, user, "user " + user.name + " is changed");
}

Result<int> user_invite(Session& session) {
  const std::string& name = session.arguments.words[0];
  http::Query query;
  if (session.arguments.has("--expires")) {
    const auto lifetime = text::duration(session.arguments.value("--expires"));
    if (!lifetime || *lifetime <= Duration(0))
      return Error{Code::invalid_argument,
                   "--expires " + session.arguments.value("--expires") + ": a time like 30m, 24h or 7d is wanted"};
    query["lifetime"] = std::to_string(lifetime->count());
  }
  KTN_TRY(const auto answer, session.link.send<api::InviteAnswer>(
                                 http::Method::post, api::path(paths::user_invite, {name}), api::Nothing{}, query));
  session.note("an invitation for " + name + ", shown this once, good once and for " +
               text::human_duration(from_ms(answer.expires_ms) - session.now()) +
               "; with it: kontena client login --url URL --user " + name + " --invited");
  return session.show(answer, answer.code, [&] { return answer.code + '\n'; });
}

Result<int> user_disable(Session& session) { return switch_all(session, true); }
Result<int> user_enable(Session& session) { return switch_all(session, false); }

Result<int> user_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("remove user " + text::join(session.arguments.words, ", ") +
                                             ", with sessions, tokens and roles?"));
  if (!sure) return Error{Code::invalid_argument, "nobody was removed"};
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_OK(session.link.remove(path_of(name)));
    if (session.look.quiet) session.out() << name << '\n';
    session.note("user " + name + " is removed");
    return Done{};
  });
}

Result<int> user_password(Session& session) {
  KTN_TRY(const Replacement given, read_replacement(session, "old password"));
  const api::PasswordChange change{given.first.reveal(), given.password.reveal()};
  KTN_OK(session.link.send<api::Nothing>(http::Method::post, std::string(paths::password), change));
  session.note("the password is changed, and your other sessions have ended");
  return 0;
}

Result<int> session_ls(Session& session) {
  KTN_TRY(api::TokenList list, session.link.get<api::TokenList>(std::string(paths::tokens)));
  std::erase_if(list.tokens, [](const api::TokenSummary& token) { return token.kind != "session"; });
  return session.list(
      list.tokens, {"SESSION", "USER", "FROM", "CLIENT", "USED", "AGE"},
      [&](const api::TokenSummary& token) -> std::vector<Cell> {
        return {token.id,
                token.owner,
                plain_text(token.used_from.empty() ? token.from : token.used_from),
                plain_text(token.description),
                session.age(token.used_ms),
                session.age(token.created_ms)};
      },
      [](const api::TokenSummary& token) { return token.id; });
}

Result<int> session_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("end session " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was ended"};
  return for_each_word(session, [&](const std::string& id) -> Status {
    KTN_OK(session.link.remove(api::path(paths::token, {id})));
    if (session.look.quiet) session.out() << id << '\n';
    session.note("session " + id + " has ended");
    return Done{};
  });
}

}  // namespace kontena::client
