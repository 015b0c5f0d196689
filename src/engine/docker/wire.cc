#include "wire.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <compare>

#include "kontena/base/text.h"

namespace kontena::engine::docker {
namespace {

struct ApiVersion {
  std::int64_t major = 0;
  std::int64_t minor = 0;
  friend auto operator<=>(const ApiVersion&, const ApiVersion&) = default;
};

struct Spoken {
  Dialect dialect;
  std::string_view name;
  ApiVersion version;
};
constexpr std::array spoken{
    // newest first
    Spoken{Dialect::v1_49, "1.49", {1, 49}},
    Spoken{Dialect::v1_48, "1.48", {1, 48}},
    Spoken{Dialect::v1_45, "1.45", {1, 45}},
    Spoken{Dialect::v1_44, "1.44", {1, 44}},
    Spoken{Dialect::v1_43, "1.43", {1, 43}},
    Spoken{Dialect::v1_41, "1.41", {1, 41}},
};

std::optional<ApiVersion> parse(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto major = text::integer(text.substr(0, dot)), minor = text::integer(text.substr(dot + 1));
  if (!major || !minor) return std::nullopt;
  return ApiVersion{*major, *minor};
}

bool is_version_complaint(const http::Response& response) {
  return response.status == 400 && response.body.find("client version") != std::string::npos;
}

// What most likely keeps us from the engine, and what to do about it.
std::string hint(const std::string& socket) {
  struct stat found {};
  if (::stat(socket.c_str(), &found) != 0)
    return "is Docker installed and running (systemctl start docker)? is --docker-socket right?";
  if (!S_ISSOCK(found.st_mode)) return "it is no socket: --docker-socket names Docker's, most often /run/docker.sock";
  if (::access(socket.c_str(), R_OK | W_OK) != 0)
    return "this user may not use it: run as root, or as a member of the group docker";
  return "Docker does not run, or is starting: systemctl status docker";
}

http::Request request(const Ask& ask, const std::string& prefix) {
  http::Request made;
  made.method = ask.method;
  made.path = prefix + ask.path;
  made.query = ask.query;
  if (!ask.registry_auth.empty()) made.headers["x-registry-auth"] = ask.registry_auth.reveal();
  if (ask.body) {
    made.body = *ask.body;
    made.headers["content-type"] = "application/json";
  }
  return made;
}

}  // namespace

std::string_view name(Dialect dialect) {
  const auto found = std::ranges::find(spoken, dialect, &Spoken::dialect);
  return found == spoken.end() ? "" : found->name;
}

Dialect dialect_named(std::string_view version) {
  const auto found = std::ranges::find(spoken, version, &Spoken::name);
  return found == spoken.end() ? Dialect::none : found->dialect;
}

Result<Dialect> choose(const std::string& engine, const std::string& least, const std::string& most) {
  const auto max = parse(most);
  const auto min = parse(least).value_or(ApiVersion{});
  if (!max) return Error{Code::unsupported, "what answers is no Docker engine: its API version is '" + most + "'"};
  for (const Spoken& ours : spoken)
    if (min <= ours.version && ours.version <= *max) return ours.dialect;
  const std::string they = "Docker " + engine + " speaks API " + (least.empty() ? "" : least + " to ") + most;
  const std::string we =
      "kontena speaks " + std::string(spoken.back().name) + " to " + std::string(spoken.front().name);
  if (*max < spoken.back().version)
    return Error{Code::unsupported, they + ", too old: " + we, "upgrade Docker to 20.10 or newer"};
  return Error{Code::unsupported, they + ", too new: " + we,
               "upgrade kontena, or start dockerd with DOCKER_MIN_API_VERSION=" + std::string(spoken.front().name)};
}

Error refusal(const http::Response& response) {
  std::string said;
  if (auto document = codec::Document::parse(response.body); document)
    said = codec::string_at(document->root(), {"message"});
  if (said.empty()) said = text::trim(response.body);
  if (said.empty()) said = "the engine answered with status " + std::to_string(response.status);
  std::ranges::replace_if(
      said, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  const auto code = [&] {
    switch (response.status) {
      case 400:
        return Code::invalid_argument;
      case 401:
      case 403:
        return Code::permission_denied;
      case 404:
        return Code::not_found;
      case 409:
        return Code::conflict;
      case 501:
        return Code::unsupported;
      default:
        return Code::failed_precondition;  // 500 is anything: a port taken, a registry away, a disk full
    }
  }();
  return {code, std::move(said)};
}

std::string segment(std::string_view name) { return http::percent_encode(name); }

std::string segments(std::string_view image) {
  std::string path;
  for (const auto& part : text::split(image, '/')) {
    if (!path.empty()) path += '/';
    path += segment(part);
  }
  return path;
}

Wire::Wire(std::string socket, std::unique_ptr<http::Client> client)
    : socket_(std::move(socket)), client_(std::move(client)) {}

// Whoever answers next may be another version of the engine.
Error Wire::away(Error error) {
  if (error.code != Code::unavailable) return error;
  dialect_.with([](Dialect& dialect) { dialect = Dialect::none; });
  return {Code::unavailable, "no Docker engine answers on " + socket_ + ": " + error.message, hint(socket_)};
}

Result<std::pair<Version, Dialect>> Wire::greet() {
  http::Request ping{.path = "/_ping"}, version{.path = "/version"};
  auto pong = client_->send(ping, quick);
  if (!pong) return away(std::move(pong).error());
  auto answer = client_->send(version, quick);
  if (!answer) return away(std::move(answer).error());
  if (answer->status >= 300) return refusal(*answer).in("asking Docker for its version");
  KTN_TRY(const auto document, codec::Document::parse(answer->body));
  const auto at = document.root();
  const Version engine{codec::string_at(at, {"Version"}), codec::string_at(at, {"Os"}), codec::string_at(at, {"Arch"}),
                       codec::string_at(at, {"KernelVersion"})};
  const auto header = pong->headers.find("api-version");
  const std::string most = header != pong->headers.end() ? header->second : codec::string_at(at, {"ApiVersion"});
  KTN_TRY(const Dialect chosen, choose(engine.engine, codec::string_at(at, {"MinAPIVersion"}), most));
  dialect_.with([&](Dialect& dialect) { dialect = chosen; });
  return std::pair(engine, chosen);
}

Result<Dialect> Wire::dialect() {
  const auto known = dialect_.with([](Dialect dialect) { return dialect; });
  if (known != Dialect::none) return known;
  KTN_TRY(const auto greeted, greet());
  return greeted.second;
}

// An engine that was upgraded while no connection was open says so by refusing
// the version; then the two agree anew, once.
Result<http::Response> Wire::with_dialect(const Ask& ask,
                                          const std::function<Result<http::Response>(const http::Request&)>& exchange) {
  for (bool again = false;; again = true) {
    KTN_TRY(const auto agreed, dialect());
    auto response = exchange(request(ask, "/v" + std::string(name(agreed))));
    if (!response) return away(std::move(response).error());
    if (again || !is_version_complaint(*response)) return response;
    dialect_.with([](Dialect& dialect) { dialect = Dialect::none; });
  }
}

Result<http::Response> Wire::send(const Ask& ask) {
  return with_dialect(ask, [&](const http::Request& request) { return client_->send(request, ask.timeout); });
}

Result<codec::Document> Wire::read(const Ask& ask) {
  KTN_TRY(const auto response, send(ask));
  if (response.status >= 300) return refusal(response);
  auto document = codec::Document::parse(response.body);
  if (!document) return std::move(document).error().in("reading the engine's answer to " + ask.path);
  return document;
}

Result<http::Response> Wire::stream(const Ask& ask, const http::Client::Bytes& on_bytes) {
  return with_dialect(ask,
                      [&](const http::Request& request) { return client_->stream(request, ask.timeout, on_bytes); });
}

// An archive cannot be sent a second time, so the two agree anew before, and only once.
Result<http::Response> Wire::exchange(const Ask& ask, const http::Headers& headers, const http::Client::Pieces& next,
                                      const http::Client::Bytes& on_bytes) {
  KTN_TRY(const auto greeted, greet());
  http::Request made = request(ask, "/v" + std::string(name(greeted.second)));
  for (const auto& [name, value] : headers) made.headers[name] = value;
  made.headers["content-type"] = "application/x-tar";
  auto response = client_->exchange(made, ask.timeout, next, on_bytes);
  if (!response) return away(std::move(response).error());
  return response;
}

}  // namespace kontena::engine::docker
