#include "../commands.h"
#include "../session.h"
#include "kontena/api/people.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

// "/eu/shop/web" as it is; what does not begin with a slash is a stack of the current project.
Result<std::string> scope_of(Session& session, const std::string& given) {
  if (given.starts_with('/')) return given;
  KTN_TRY(const std::string grid, session.link.grid());
  KTN_TRY(const std::string project, session.link.project());
  return '/' + grid + '/' + project + (given.empty() ? "" : '/' + given);
}

// "ann", or "group:devs".
struct Subject {
  std::string kind;
  std::string name;
};
Subject subject_of(const std::string& word) {
  constexpr std::string_view group = "group:";
  if (word.starts_with(group)) return {"group", word.substr(group.size())};
  return {"user", word};
}

std::string subject_text(const api::BindingSummary& binding) {
  return (binding.kind == "group" ? "group:" : "") + plain_text(binding.subject);
}

}  // namespace

Result<int> role_ls(Session& session) {
  KTN_TRY(const auto list, session.link.get<api::RoleList>(std::string(paths::roles)));
  return session.list(
      list.roles, {"ROLE", "VERBS", "DESCRIPTION"},
      [](const api::RoleSummary& role) -> std::vector<Cell> {
        return {role.name, static_cast<std::int64_t>(role.verbs.size()), plain_text(role.description)};
      },
      [](const api::RoleSummary& role) { return role.name; });
}

Result<int> role_show(Session& session) {
  const std::string& name = session.arguments.words[0];
  KTN_TRY(const auto list, session.link.get<api::RoleList>(std::string(paths::roles)));
  for (const api::RoleSummary& role : list.roles)
    if (role.name == name)
      return session.show(role, name, [&] {
        return name + (role.built_in ? " (built in)" : "") + ": " + plain_text(role.description) + "\n\n" +
               text::join(role.verbs, "\n") + '\n';
      });
  return Error{Code::not_found, "there is no role '" + plain_text(name) + "'", "kontena client role ls"};
}

Result<int> role_create(Session& session) {
  const std::string& name = session.arguments.words[0];
  const api::RoleRequest request{session.arguments.value("--description"), listed(session, "--verbs")};
  if (request.verbs.empty())
    return Error{Code::invalid_argument, "a role needs verbs",
                 "--verbs view,logs; kontena client role show deployer has more"};
  KTN_TRY(const auto role,
          session.link.send<api::RoleSummary>(http::Method::put, api::path(paths::role, {name}), request));
  session.note("role " + name + " is made; kontena client binding create USER " + name + " SCOPE gives it");
  if (session.look.quiet || session.look.machine()) session.show(role, name, [] { return std::string(); });
  return 0;
}

Result<int> role_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("remove role " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_OK(session.link.remove(api::path(paths::role, {name})));
    if (session.look.quiet) session.out() << name << '\n';
    session.note("role " + name + " is removed");
    return Done{};
  });
}

Result<int> binding_ls(Session& session) {
  http::Query query;
  for (const auto& [option, name] : {std::pair{"--user", "user"}, {"--group", "group"}, {"--scope", "scope"}})
    if (session.arguments.has(option)) query[name] = session.arguments.value(option);
  KTN_TRY(const auto list, session.link.get<api::BindingList>(std::string(paths::bindings), query));
  return session.list(
      list.bindings, {"SUBJECT", "ROLE", "SCOPE", "AGE", "BY"},
      [&](const api::BindingSummary& binding) -> std::vector<Cell> {
        return {subject_text(binding), binding.role, plain_text(binding.scope), session.age(binding.created_ms),
                plain_text(binding.created_by)};
      },
      [](const api::BindingSummary& binding) {
        return subject_text(binding) + ' ' + binding.role + ' ' + plain_text(binding.scope);
      });
}

Result<int> binding_create(Session& session) {
  const auto& words = session.arguments.words;
  const Subject subject = subject_of(words[0]);
  KTN_TRY(const std::string scope, scope_of(session, words[2]));
  const api::BindingSummary asked{subject.kind, subject.name, words[1], scope, 0, {}};
  KTN_TRY(const auto binding,
          session.link.send<api::BindingSummary>(http::Method::post, std::string(paths::bindings), asked));
  session.note(words[0] + " has the role " + binding.role + " at " + binding.scope);
  if (session.look.machine()) session.show(binding, binding.subject, [] { return std::string(); });
  return 0;
}

Result<int> binding_rm(Session& session) {
  const auto& words = session.arguments.words;
  const Subject subject = subject_of(words[0]);
  KTN_TRY(const std::string scope, scope_of(session, words[2]));
  KTN_TRY(const bool sure, session.confirmed("take the role " + words[1] + " at " + scope + " from " + words[0] + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was taken away"};
  KTN_OK(session.link.remove(std::string(paths::bindings),
                             {{subject.kind, subject.name}, {"role", words[1]}, {"scope", scope}}));
  session.note(words[0] + " has the role " + words[1] + " at " + scope + " no more");
  return 0;
}

Result<int> can_i(Session& session) {
  const auto& words = session.arguments.words;
  const bool list = session.arguments.has("--list");
  if (list ? words.size() > 1 : words.empty())
    return Error{Code::invalid_argument,
                 list ? "with --list only a resource is named" : "which verb is meant is not said",
                 "kontena client can-i deploy shop; kontena client can-i --list"};
  const std::size_t at = list ? 0 : 1;
  KTN_TRY(const std::string scope, scope_of(session, at < words.size() ? words[at] : std::string()));
  http::Query query{{"at", scope}};
  if (!list) query["verb"] = words[0];
  if (session.arguments.has("--as")) query["user"] = session.arguments.value("--as");
  KTN_TRY(const auto said, session.link.get<api::CanI>(std::string(paths::can_i), query));
  if (list) {
    if (said.verbs.empty()) session.note(said.user + " may do nothing at " + said.scope);
    if (session.look.machine()) return session.show(said, said.user, [] { return std::string(); });
    for (const std::string& verb : said.verbs) session.out() << verb << '\n';
    return 0;
  }
  session.show(said, said.allowed ? "yes" : "no", [&] {
    return said.allowed ? "yes: " + plain_text(said.binding) + '\n' : "no: " + plain_text(said.missing) + '\n';
  });
  return said.allowed ? 0 : 1;
}

}  // namespace kontena::client
