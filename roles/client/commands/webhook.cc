#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/api/alerts.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/pki/host_authorities.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr std::size_t largest_url = 16u << 10;

Result<std::string> path_of(Session& session, const std::string& name) {
  return session.link.path(session.arguments.has("--of-grid") ? paths::grid_webhook : paths::project_webhook, {name});
}

// A secret, as many have a token in it: by a file, on standard input, or asked for.
Result<std::string> url_of(Session& session) {
  const std::string path = session.arguments.value("--url-file");
  std::string text;
  if (!path.empty() && path != "-") {
    KTN_TRY(text, files::read(path, largest_url));
  } else if (path.empty() && session.outside.in_is_terminal && session.outside.err_is_terminal) {
    KTN_TRY(text, session.outside.ask_secret("URL (not shown): "));
  } else {
    KTN_TRY(text, session.outside.read_input());
  }
  text = text::trim(text);
  if (text.empty()) return Error{Code::invalid_argument, "no URL was given", "on standard input, or by --url-file FILE"};
  return text;
}

}  // namespace

Result<int> webhook_create(Session& session) {
  const std::string& name = session.arguments.words[0];
  KTN_TRY(const std::string path, path_of(session, name));
  api::WebhookRequest request;
  KTN_TRY(request.url, url_of(session));
  if (session.arguments.has("--ca-file")) {
    KTN_TRY(request.ca_pem, files::read(session.arguments.value("--ca-file"), pki::largest_authorities));
  }
  KTN_TRY(const auto made, session.link.send<api::WebhookMade>(http::Method::put, path, request));
  session.note("the key that notices are signed with; it is not shown again:");
  // With -q it is what is wanted as well: the name is known.
  return session.show(made, made.key, [&] { return made.key + '\n'; });
}

Result<int> webhook_ls(Session& session) {
  KTN_TRY(const std::string path, session.link.path(session.arguments.has("--of-grid") ? paths::grid_webhooks : paths::project_webhooks));
  KTN_TRY(const auto list, session.link.get<api::WebhookList>(path));
  return session.list(
      list.webhooks, {"WEBHOOK", "HOST", "AGE", "BY", "TROUBLE"},
      [&](const api::WebhookEntry& each) -> std::vector<Cell> {
        return {plain_text(each.name), plain_text(each.host), session.age(each.created_ms), plain_text(each.created_by),
                Cell{plain_text(each.trouble), Tone::bad}};
      },
      [](const api::WebhookEntry& each) { return each.name; });
}

Result<int> webhook_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("remove the webhook " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& word) -> Status {
    KTN_TRY(const std::string path, path_of(session, word));
    KTN_OK(session.link.remove(path));
    if (session.look.quiet) session.out() << word << '\n';
    return Done{};
  });
}

}  // namespace kontena::client
