#include "engine.h"
#include "image_name.h"
#include "kontena/base/text.h"
#include "streams.h"

namespace kontena::engine::docker {
namespace {

// The engine passes on what a registry said, mostly with status 500 or, once the
// pull is under way, with none.
Error pull_failed(const std::string& image, Error error) {
  const auto says = [&](std::string_view words) { return error.message.find(words) != std::string::npos; };
  if (error.code == Code::unavailable) return error;
  if (says("not found") || says("manifest unknown") || says("does not exist")) {
    error.code = Code::not_found;
    error.hint = "check the image's name and tag, and that its registry lets everybody read it";
  } else if (says("unauthorized") || says("denied") || says("no basic auth")) {
    error.code = Code::permission_denied;
  }
  return std::move(error).in("pulling '" + image + "'");
}

// What the engine reads of the header X-Registry-Auth.
Redacted registry_auth(const RegistryUser& user) {
  const codec::Document json;
  codec::put(codec::member(json.root(), "username"), user.name);
  codec::put(codec::member(json.root(), "password"), user.password.reveal());
  codec::put(codec::member(json.root(), "serveraddress"),
             user.registry == "docker.io" ? std::string("https://index.docker.io/v1/") : user.registry);
  return Redacted(text::base64_url(json.dump()));
}

}  // namespace

Result<bool> DockerEngine::has_image(const std::string& image) {
  KTN_TRY(const auto name, parse_image(image));
  KTN_TRY(const auto answer, wire_.send({.path = "/images/" + segments(name.reference()) + "/json"}));
  if (answer.status == 404) return false;
  if (answer.status >= 300) return refusal(answer);
  return true;
}

Result<std::string> DockerEngine::image_id(const std::string& image) {
  KTN_TRY(const auto name, parse_image(image));
  auto found = wire_.read({.path = "/images/" + segments(name.reference()) + "/json"});
  if (found) return codec::string_at(found->root(), {"Id"});
  if (found.error().code != Code::not_found) return std::move(found).error();
  return Error{Code::not_found, "the image '" + image + "' is not on this node"};
}

Result<bool> DockerEngine::remove_image(const std::string& id) {
  KTN_TRY(const auto answer,
          wire_.send({.method = http::Method::del, .path = "/images/" + segment(id), .timeout = slow}));
  if (answer.status < 300 || answer.status == 404) return true;
  if (answer.status == 409) return false;
  return refusal(answer);
}

Status DockerEngine::pull(const std::string& image, const RegistryUser* user,
                          const std::function<void(const PullProgress&)>& on_progress) {
  KTN_TRY(const auto name, parse_image(image));
  Lines lines;
  PullReport report;
  const auto on_line = [&](std::string_view line) {
    if (report.take(line) && on_progress) on_progress(report.progress());
  };
  const auto answer = wire_.stream({.method = http::Method::post,
                                    .path = "/images/create",
                                    .query = {{"fromImage", name.repository}, {"tag", name.version()}},
                                    .registry_auth = user ? registry_auth(*user) : Redacted(),
                                    .timeout = slow},
                                   [&](std::string_view bytes) {
                                     lines.take(bytes, on_line);
                                     return true;
                                   });
  if (!answer) return pull_failed(image, answer.error());
  if (answer->status >= 300) return pull_failed(image, refusal(*answer));
  lines.finish(on_line);
  // A failure that came after the first byte is told with status 200.
  if (!report.error().empty()) return pull_failed(image, refusal({.status = 500, .body = report.error()}));
  return Done{};
}

}  // namespace kontena::engine::docker
