#include "create_body.h"
#include "engine.h"
#include "filters.h"
#include "image_name.h"
#include "inspect.h"

namespace kontena::engine::docker {
namespace {

using http::Method;

std::string path_of(const std::string& id, std::string_view verb) {
  return "/containers/" + segment(id) + std::string(verb);
}

Status expect(const Result<http::Response>& answer, std::initializer_list<int> done) {
  if (!answer) return answer.error();
  for (const int status : done)
    if (answer->status == status) return Done{};
  return refusal(*answer);
}

}  // namespace

Result<std::vector<Container>> DockerEngine::list(const std::string& node) {
  http::Query query{{"all", "1"}, {"filters", filters({{"label", {label_is(node)}}})}};
  KTN_TRY(const auto answer, wire_.read({.path = "/containers/json", .query = std::move(query)}));
  return read_list(answer.root());
}

Result<Container> DockerEngine::inspect(const std::string& id) {
  KTN_TRY(const auto answer, wire_.read({.path = path_of(id, "/json")}));
  return read_inspected(answer.root());
}

// An empty command means none, but Docker takes an empty Cmd for the image's
// unless an entrypoint comes with it: so the image's own is given.
Status DockerEngine::clear_command(ContainerSpec& spec) {
  auto& service = spec.service;
  if (!service.command || !service.command->empty() || service.entrypoint) return Done{};
  KTN_TRY(const auto answer, wire_.read({.path = "/images/" + segments(service.image) + "/json"}));
  const auto entrypoint = codec::find_path(answer.root(), {"Config", "Entrypoint"});
  service.entrypoint.emplace();
  if (entrypoint && codec::is_array(*entrypoint)) KTN_OK(codec::take(*entrypoint, *service.entrypoint));
  return Done{};
}

Result<std::string> DockerEngine::create(const ContainerSpec& wanted) {
  ContainerSpec spec = wanted;
  KTN_TRY(const auto image, parse_image(wanted.service.image));
  spec.service.image = image.reference();
  const Error no_image{Code::not_found, "the image '" + wanted.service.image + "' is not on this node"};
  if (auto cleared = clear_command(spec); !cleared) {
    if (cleared.error().code == Code::not_found) return no_image;
    return std::move(cleared).error();
  }
  // Docker itself would notice only at the start, or make the container in no network at all.
  KTN_TRY(const auto networks, network_names(spec));
  for (const auto& network : networks) {
    KTN_TRY(const auto there, subnet_of(network));
    if (!there) return Error{Code::not_found, "the network '" + network + "' is not on this node"};
  }

  KTN_TRY(const auto dialect, wire_.dialect());
  KTN_TRY(const auto body, create_body(spec, dialect));
  http::Query query{{"name", spec.name}};
  if (!spec.service.platform.empty()) query["platform"] = spec.service.platform;
  KTN_TRY(const auto answer, wire_.send({.method = Method::post,
                                         .path = "/containers/create",
                                         .query = query,
                                         .body = body.dump(),
                                         .timeout = slow}));
  if (answer.status == 409)
    return Error{Code::already_exists, "a container named '" + spec.name + "' is there already"};
  if (answer.status == 404 && answer.body.find("No such image") != std::string::npos) return no_image;
  if (answer.status >= 300) return refusal(answer);
  KTN_TRY(const auto document, codec::Document::parse(answer.body));
  const std::string id = codec::string_at(document.root(), {"Id"});

  KTN_TRY(const auto further, joins(spec, id, dialect));
  for (const Join& join : further) {
    const auto joined = wire_.send(
        {.method = Method::post, .path = "/networks/" + segment(join.network) + "/connect", .body = join.body.dump()});
    if (auto status = expect(joined, {200, 204}); !status) {
      // One that lacks a network must not be found and started.
      static_cast<void>(remove(id));
      return std::move(status).error().in("joining the network '" + join.network + "'");
    }
  }
  return id;
}

Status DockerEngine::start(const std::string& id) {
  return expect(wire_.send({.method = Method::post, .path = path_of(id, "/start"), .timeout = slow}), {204, 304});
}

Status DockerEngine::stop(const std::string& id, Duration grace) {
  const auto seconds = (std::max<std::int64_t>(grace.count(), 0) + 999) / 1000;
  return expect(wire_.send({.method = Method::post,
                            .path = path_of(id, "/stop"),
                            .query = {{"t", std::to_string(seconds)}},
                            .timeout = Duration(seconds * 1000) + quick}),
                {204, 304, 404});
}

Status DockerEngine::remove(const std::string& id) {
  const auto answer = wire_.send(
      {.method = Method::del, .path = path_of(id, ""), .query = {{"v", "1"}, {"force", "1"}}, .timeout = slow});
  if (!answer || answer->status != 409) return expect(answer, {204, 404});
  // Somebody removes it at this moment; it is done when they are.
  return expect(
      wire_.send(
          {.method = Method::post, .path = path_of(id, "/wait"), .query = {{"condition", "removed"}}, .timeout = slow}),
      {200, 404});
}

}  // namespace kontena::engine::docker
