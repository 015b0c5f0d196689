#include "kontena/api/secrets.h"

#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "changes.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr std::size_t largest_secret = 512u << 10;

// By --file, on standard input, or asked for: never an argument.
Result<Redacted> value_of(Session& session, const std::string& prompt) {
  const std::string path = session.arguments.value("--file");
  if (!path.empty() && path != "-") {
    auto text = files::read(path, largest_secret);
    if (!text && text.error().code == Code::exhausted)
      return Error{Code::exhausted, "'" + path + "' is larger than " + text::human_bytes(largest_secret)};
    if (!text) return std::move(text).error();
    return Redacted(*std::move(text));
  }
  if (session.outside.in_is_terminal && session.outside.err_is_terminal) {
    KTN_TRY(const std::string typed, session.outside.ask_secret(prompt + " (not shown): "));
    KTN_TRY(const std::string again, session.outside.ask_secret("once more: "));
    if (typed != again) return Error{Code::invalid_argument, "the two are not the same"};
    return Redacted(typed);
  }
  KTN_TRY(std::string text, session.outside.read_input());
  if (text.size() > largest_secret)
    return Error{Code::exhausted, "the value is larger than " + text::human_bytes(largest_secret)};
  return Redacted(std::move(text));
}

template <class T>
Result<T> answer_of(Session& session, http::Request request, Duration timeout = api::usual_timeout) {
  KTN_TRY(http::Client * client, session.link.client());
  return api::call<T>(*client, request, timeout);
}

std::string detail_text(Session& session, const api::SecretDetail& detail) {
  const api::SecretVersionSummary& newest = detail.versions.front();
  std::string text = "Secret    " + plain_text(detail.name) + "\nVersion   " + std::to_string(newest.version) + ", " +
                     text::human_bytes(newest.bytes) + ", set " + session.age(newest.created_ms) + " ago by " +
                     plain_text(newest.created_by) + '\n';
  if (detail.users.empty()) return text + "Used by   nobody\n";
  Table users({"USED BY", "AS", "VERSION"});
  for (const api::SecretUse& use : detail.users) {
    const bool old = use.version != newest.version;
    const std::string version = use.version == 0 ? "older" : std::to_string(use.version);
    users.add({plain_text(use.stack) + '/' + plain_text(use.service), plain_text(use.as),
               old ? Cell{version + " (newest with its next deploy)", Tone::busy} : Cell{version}});
  }
  return text + '\n' + users.text(session.look);
}

Result<api::SecretDetail> detail_of(Session& session, const std::string& name) {
  KTN_TRY(const std::string path, session.link.path(paths::secret, {name}));
  KTN_TRY(auto detail, session.link.get<api::SecretDetail>(path));
  if (detail.versions.empty()) return Error{Code::unavailable, "the server tells of no version of it"};
  return detail;
}

Result<int> reveal(Session& session, const std::string& name) {
  KTN_TRY(const std::string path, session.link.path(paths::secret_value, {name}));
  http::Query query;
  if (session.arguments.has("--at")) query["version"] = session.arguments.value("--at");
  KTN_TRY(http::Client * client, session.link.client());
  KTN_TRY(const auto answer, client->send({.path = path, .query = query}, api::usual_timeout));
  if (answer.status >= 300) return api::error_of(answer);
  if (session.outside.out_is_terminal)
    session.out() << plain_text(answer.body) << '\n';
  else
    session.out() << answer.body;
  return 0;
}

}  // namespace

Result<int> secret_ls(Session& session) {
  KTN_TRY(const std::string path, session.link.path(paths::secrets));
  KTN_TRY(const auto list, session.link.get<api::SecretList>(path));
  return session.list(
      list.secrets, {"SECRET", "VERSION", "SIZE", "USED BY", "AGE", "BY"},
      [&](const api::SecretSummary& each) -> std::vector<Cell> {
        return {plain_text(each.name),
                std::to_string(each.version),
                text::human_bytes(each.bytes),
                each.users == 0 ? std::string("nobody")
                                : std::to_string(each.users) + (each.users == 1 ? " service" : " services"),
                session.age(each.updated_ms),
                plain_text(each.updated_by)};
      },
      [](const api::SecretSummary& each) { return each.name; });
}

Result<int> secret_set(Session& session) {
  const std::string& name = session.arguments.words[0];
  http::Request request{.method = http::Method::put};
  KTN_TRY(request.path, session.link.path(paths::secret, {name}));
  KTN_TRY(const Redacted value, value_of(session, "value of '" + name + "'"));
  if (value.empty())
    return Error{Code::invalid_argument, "the value is empty", "give it on standard input, or by --file FILE"};
  if (value.reveal().ends_with('\n')) session.note("the value ends with the end of a line, which is part of it");
  request.body = value.reveal();
  request.headers["content-type"] = "application/octet-stream";
  if (session.arguments.has("--no-roll")) request.query["roll"] = "false";
  KTN_TRY(const auto set, answer_of<api::SecretSet>(session, std::move(request)));
  if (!set.changed)
    session.note("secret '" + set.name + "' has that value already: version " + std::to_string(set.version));
  else
    session.note("secret '" + set.name + "' is at version " + std::to_string(set.version));
  std::vector<Changed> changes;
  for (const model::Deployment& deployment : set.deployments)
    changes.push_back({deployment.stack, "roll-out of secret " + set.name + " to " + deployment.stack,
                       deployment.stack + " has the new value", deployment});
  if (changes.empty()) return session.show(set, set.name, [] { return std::string(); });
  return await_changes(session, std::move(changes), 0);
}

Result<int> secret_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("remove secret " + text::join(session.arguments.words, ", ") + " with all its versions?"));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_TRY(const std::string path, session.link.path(paths::secret, {name}));
    KTN_OK(session.link.remove(path));
    if (session.look.quiet) session.out() << name << '\n';
    session.note("secret '" + name + "' is removed");
    return Done{};
  });
}

Result<int> secret_history(Session& session) {
  KTN_TRY(const auto detail, detail_of(session, session.arguments.words[0]));
  return session.list(
      detail.versions, {"VERSION", "SIZE", "IN USE", "AGE", "BY"},
      [&](const api::SecretVersionSummary& each) -> std::vector<Cell> {
        return {std::to_string(each.version), text::human_bytes(each.bytes), each.in_use ? "yes" : "no",
                session.age(each.created_ms), plain_text(each.created_by)};
      },
      [](const api::SecretVersionSummary& each) { return std::to_string(each.version); });
}

Result<int> secret_show(Session& session) {
  const std::string& name = session.arguments.words[0];
  if (session.arguments.has("--reveal")) return reveal(session, name);
  KTN_TRY(const auto detail, detail_of(session, name));
  return session.show(detail, detail.name, [&] { return detail_text(session, detail); });
}

Result<int> secret_key(Session& session) {
  KTN_TRY(const auto key, session.link.get<api::MasterKey>(std::string(paths::master_key)));
  return session.show(key, key.id, [&] {
    std::string text = "Master key  " + (key.id.empty() ? "none" : key.id + ", from a " + key.kind) + "\nSealed      " +
                       std::to_string(key.sealed) + " records\nState       " +
                       (!key.usable      ? "not at hand"
                        : key.resealing ? "in use; everything is being sealed under it"
                                        : "in use") +
                       '\n';
    if (!key.why.empty()) text += '\n' + plain_text(key.why) + "\nhint: " + plain_text(key.hint) + '\n';
    return text;
  });
}

Result<int> secret_reseal(Session& session) {
  api::ResealRequest request{.kind = session.arguments.value("--to", "file"), .key = {}, .lost = session.arguments.has("--lost")};
  if (request.kind != "file" && request.kind != "credential" && request.kind != "passphrase")
    return Error{Code::invalid_argument, "--to " + request.kind + ": file, credential or passphrase is wanted"};
  if (request.lost) {
    KTN_TRY(const bool sure, session.confirmed("give up all secrets and passwords of registries that the old key has sealed?"));
    if (!sure) return Error{Code::invalid_argument, "nothing was given up"};
  }
  if (request.kind != "file") {
    KTN_TRY(const Redacted key, value_of(session, request.kind == "passphrase" ? "new passphrase" : "new key, as base64"));
    request.key = std::string(text::trim(key.reveal()));
  }
  KTN_TRY(const Duration limit, session.time_limit(Duration(600'000)));
  KTN_TRY(const auto done, session.link.send<api::ResealAnswer>(http::Method::post, std::string(paths::master_key), request, {}, limit));
  session.note(request.lost ? std::to_string(done.given_up) + " records are given up: set the secrets again, and deploy what brings its own"
                            : std::to_string(done.resealed) + " records are sealed under the new key");
  if (done.kind == "passphrase") session.note("start the server with the new passphrase from now on: --passphrase-file");
  if (done.kind == "credential") session.note("give the server's unit the new key from now on: LoadCredential=kontena-master-key:FILE");
  return session.show(done, done.id, [] { return std::string(); });
}

}  // namespace kontena::client
