#include "kontena/api/forwards.h"

#include "../commands_watch.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/pki/host_authorities.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

Result<std::string> path_of(Session& session, const std::string& name) {
  return session.link.path(session.arguments.has("--of-grid") ? paths::grid_forward : paths::project_forward, {name});
}

}  // namespace

Result<int> forward_create(Session& session) {
  const std::string& name = session.arguments.words[0];
  api::ForwardRequest request{.to = session.arguments.value("--to"), .ca_pem = {}};
  if (request.to.empty()) return Error{Code::invalid_argument, "--to says where the logs are sent", "kontena client help forward create"};
  if (session.arguments.has("--ca-file")) {
    KTN_TRY(request.ca_pem, files::read(session.arguments.value("--ca-file"), pki::largest_authorities));
  }
  KTN_TRY(const std::string path, path_of(session, name));
  KTN_TRY(const auto made, session.link.send<api::ForwardEntry>(http::Method::put, path, request));
  session.note("lines from now on go to " + plain_text(made.to));
  return session.show(made, made.name, [&] { return made.name + '\n'; });
}

Result<int> forward_ls(Session& session) {
  KTN_TRY(const std::string path, session.link.path(session.arguments.has("--of-grid") ? paths::grid_forwards : paths::project_forwards));
  KTN_TRY(const auto list, session.link.get<api::ForwardList>(path));
  return session.list(
      list.forwards, {"FORWARD", "TO", "TRUSTS", "AGE", "BY"},
      [&](const api::ForwardEntry& each) -> std::vector<Cell> {
        const bool clear = each.to.find("+tcp:") != std::string::npos || each.to.find("+http:") != std::string::npos;
        return {plain_text(each.name), plain_text(each.to), clear ? "-" : each.own_authorities ? "its own" : "the hosts'", session.age(each.created_ms),
                plain_text(each.created_by)};
      },
      [](const api::ForwardEntry& each) { return each.name; });
}

Result<int> forward_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("send no logs on to " + text::join(session.arguments.words, ", ") + " any more?"));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& word) -> Status {
    KTN_TRY(const std::string path, path_of(session, word));
    KTN_OK(session.link.remove(path));
    if (session.look.quiet) session.out() << word << '\n';
    return Done{};
  });
}

}  // namespace kontena::client
