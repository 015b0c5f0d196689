#include "../commands.h"
#include "../describe.h"
#include "../registry_check.h"
#include "../session.h"
#include "kontena/api/secrets.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/pki/host_authorities.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr std::size_t largest_password = 64u << 10;

Result<std::string> list_path(Session& session) {
  return session.link.path(session.arguments.has("--of-grid") ? paths::grid_registries : paths::project_registries);
}
Result<std::string> path_of(Session& session, const std::string& registry) {
  return session.link.path(session.arguments.has("--of-grid") ? paths::grid_registry : paths::project_registry, {registry});
}

Result<std::string> authorities(Session& session) {
  if (session.arguments.has("--ca-file")) return files::read(session.arguments.value("--ca-file"), pki::largest_authorities);
  return pki::host_authorities("--ca-file FILE");
}

Result<Redacted> password(Session& session) {
  const std::string path = session.arguments.value("--password-file");
  const bool terminal = session.outside.in_is_terminal;
  std::string text;
  if (!path.empty() && path != "-") {
    KTN_TRY(text, files::read(path, largest_password));
  } else if (terminal && session.outside.err_is_terminal) {
    KTN_TRY(text, session.outside.ask_secret("password (not shown): "));
  } else {
    KTN_TRY(text, session.outside.read_input());
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return Error{Code::invalid_argument, "the password is empty", "give it on standard input, or by --password-file FILE"};
  return Redacted(std::move(text));
}

Result<std::string> user_name(Session& session) {
  const std::string user = session.arguments.value("--user");
  if (!user.empty()) return user;
  if (!session.outside.in_is_terminal || !session.outside.err_is_terminal)
    return Error{Code::invalid_argument, "no user is named", "--user NAME"};
  return session.outside.ask("user: ");
}

// As it is in images' names: people type what they have of it.
Result<std::string> registry_name(std::string name) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (name.starts_with(scheme)) name.erase(0, scheme.size());
  while (name.ends_with('/')) name.pop_back();
  if (name == "index.docker.io" || name == "registry-1.docker.io" || name == "hub.docker.com") name = "docker.io";
  if (name.empty() || name.find('/') != std::string::npos)
    return Error{Code::invalid_argument, "'" + name + "' is no registry", "write it as in an image's name: registry.example:5000, docker.io"};
  return text::lower(name);
}

}  // namespace

Result<int> registry_login(Session& session) {
  KTN_TRY(const std::string registry, registry_name(session.arguments.words[0]));
  KTN_TRY(const std::string path, path_of(session, registry));
  api::RegistryRequest request;
  KTN_TRY(request.user, user_name(session));
  KTN_TRY(const Redacted secret, password(session));
  if (session.arguments.has("--no-check")) {
    session.warn("the registry was not asked whether it lets '" + request.user + "' in");
  } else {
    KTN_TRY(const std::string trusted, authorities(session));
    KTN_TRY(const LetIn let, check_registry(session.outside, {registry, request.user, secret, trusted}));
    if (let == LetIn::everybody) session.warn("the registry lets everybody in: whether the password is right it does not say");
    request.checked = let == LetIn::yes;
  }
  request.password = secret.reveal();
  KTN_TRY(const auto entry, session.link.send<api::RegistryEntry>(http::Method::put, path, request));
  session.note("images of " + registry + " are pulled as '" + entry.user + "' from now on");
  return session.show(entry, registry, [] { return std::string(); });
}

Result<int> registry_ls(Session& session) {
  KTN_TRY(const std::string path, list_path(session));
  KTN_TRY(const auto list, session.link.get<api::RegistryList>(path));
  return session.list(
      list.registries, {"REGISTRY", "USER", "OF", "CHECKED", "AGE", "BY"},
      [&](const api::RegistryEntry& each) -> std::vector<Cell> {
        return {plain_text(each.registry),
                each.user.empty() ? std::string("-") : plain_text(each.user),
                each.project.empty() ? std::string("grid") : "project " + plain_text(each.project),
                each.checked ? "yes" : "no",
                session.age(each.created_ms),
                plain_text(each.created_by)};
      },
      [](const api::RegistryEntry& each) { return each.registry; });
}

Result<int> registry_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("forget the login of " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& word) -> Status {
    KTN_TRY(const std::string registry, registry_name(word));
    KTN_TRY(const std::string path, path_of(session, registry));
    KTN_OK(session.link.remove(path));
    if (session.look.quiet) session.out() << registry << '\n';
    session.note("the login of " + registry + " is forgotten; images that nodes have stay there");
    return Done{};
  });
}

}  // namespace kontena::client
