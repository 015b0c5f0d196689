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

constexpr std::size_t largest_header = 8'192;

Result<std::string> path_of(Session& session, const std::string& name) {
  return session.link.path(session.arguments.has("--of-grid") ? paths::grid_forward : paths::project_forward, {name});
}

// Never from the command line, which others can see.
Status read_headers(Session& session, api::ForwardRequest& request) {
  bool by_input = false;
  for (const std::string& given : session.arguments.values("--header")) {
    const auto equals = given.find('=');
    if (equals == std::string::npos || given.substr(equals + 1, 1) != "@" || given.size() == equals + 2)
      return Error{Code::invalid_argument, "--header " + given.substr(0, equals) + ": a value is given by a file", "--header NAME=@FILE, or NAME=@- for standard input"};
    const std::string name = text::lower(given.substr(0, equals)), file = given.substr(equals + 2);
    if (file == "-" && std::exchange(by_input, true)) return Error{Code::invalid_argument, "--header: standard input has the value of one header alone"};
    auto value = file == "-" ? session.outside.read_input() : files::read(file, largest_header);
    if (!value) return value.error();
    if (!request.headers.emplace(name, text::trim(*value)).second) return Error{Code::invalid_argument, "--header " + name + " is given twice"};
  }
  return Done{};
}

std::string lines_text(std::int64_t lines) { return std::to_string(lines) + (lines == 1 ? " line" : " lines") + " dropped"; }

// "ok", or "h2: cannot connect, 120 lines dropped; h3: …"
std::string state_of(const api::ForwardEntry& each) {
  constexpr std::size_t most = 3;
  std::string state;
  for (std::size_t i = 0; i < each.troubles.size() && i < most; ++i) {
    const api::ForwardTrouble& trouble = each.troubles[i];
    state += (i > 0 ? "; " : "") + trouble.node + ": " + trouble.error;
    if (trouble.dropped_lines > 0) state += (trouble.error.empty() ? "" : ", ") + lines_text(trouble.dropped_lines);
  }
  if (each.troubles.size() > most) state += "; and " + std::to_string(each.troubles.size() - most) + " more";
  return state.empty() ? "ok" : state;
}

bool is_clear(const std::string& to) { return to.find("+tcp:") != std::string::npos || to.find("+http:") != std::string::npos; }

}  // namespace

Result<int> forward_create(Session& session) {
  const std::string& name = session.arguments.words[0];
  api::ForwardRequest request{.to = session.arguments.value("--to"), .ca_pem = {}, .headers = {}};
  if (request.to.empty()) return Error{Code::invalid_argument, "--to says where the logs are sent", "kontena client help forward create"};
  if (session.arguments.has("--ca-file")) {
    KTN_TRY(request.ca_pem, files::read(session.arguments.value("--ca-file"), pki::largest_authorities));
  }
  KTN_OK(read_headers(session, request));
  KTN_TRY(const std::string path, path_of(session, name));
  KTN_TRY(const auto made, session.link.send<api::ForwardEntry>(http::Method::put, path, request));
  session.note("lines from now on go to " + plain_text(made.to));
  if (!made.headers.empty() && is_clear(made.to)) session.note("the headers are sent in clear: otlp+https would not");
  return session.show(made, made.name, [&] { return made.name + '\n'; });
}

Result<int> forward_ls(Session& session) {
  KTN_TRY(const std::string path, session.link.path(session.arguments.has("--of-grid") ? paths::grid_forwards : paths::project_forwards));
  KTN_TRY(const auto list, session.link.get<api::ForwardList>(path));
  return session.list(
      list.forwards, {"FORWARD", "TO", "TRUSTS", "HEADERS", "AGE", "BY", "STATE"},
      [&](const api::ForwardEntry& each) -> std::vector<Cell> {
        return {plain_text(each.name), plain_text(each.to), is_clear(each.to) ? "-" : each.own_authorities ? "its own" : "the hosts'",
                each.headers.empty() ? "-" : plain_text(text::join(each.headers, ",")), session.age(each.created_ms), plain_text(each.created_by),
                Cell{plain_text(state_of(each)), each.troubles.empty() ? Tone::good : Tone::bad}};
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
