#include "build_on.h"

#include "build_context.h"
#include "kontena/api/build.h"
#include "kontena/api/call.h"
#include "kontena/base/text.h"
#include "uploads.h"

namespace kontena::client {
namespace {

constexpr Duration longest_silence{60'000};
constexpr std::size_t longest_line = 256u << 10;

api::BuildOrder order_of(engine::BuildSpec spec) {
  return {.image = std::move(spec.name),
          .remote = std::move(spec.remote),
          .dockerfile = std::move(spec.dockerfile),
          .args = std::move(spec.args),
          .labels = std::move(spec.labels),
          .target = std::move(spec.target),
          .cache_from = std::move(spec.cache_from),
          .network = std::move(spec.network),
          .shm_bytes = spec.shm_bytes,
          .extra_hosts = std::move(spec.extra_hosts),
          .no_cache = spec.no_cache,
          .pull = spec.pull,
          .platform = std::move(spec.platform),
          .ulimits = std::move(spec.ulimits)};
}

}  // namespace

Result<Built> NodeBuilder::image_of(const std::string& service, const compose::Build& build) {
  for (const auto& [same, built] : done_)
    if (same == build) return built;
  auto built = make(service, build);
  if (!built) return std::move(built).error().in("building '" + service + "' on " + node_);
  done_.emplace_back(build, *built);
  return built;
}

Result<Built> NodeBuilder::make(const std::string& service, const compose::Build& build) {
  const Arguments& arguments = session_.arguments;
  if (build.pull_policy == "never" || arguments.has("--no-build"))
    return Error{Code::invalid_argument, "with --on it is built, and must not be",
                 build.pull_policy == "never" ? "take `pull_policy: never` out" : "leave --no-build or --on out"};
  if (!build.tags.empty())
    session_.warn("services." + service + ".build.tags: images on nodes have no further names; they are left out");
  if (build.pull_policy == "always" && build.named)
    session_.warn("services." + service + ".pull_policy: with --on the image is built, and its registry is not asked");

  KTN_TRY(const Prepared prepared, prepare(build));
  api::BuildOrder order = order_of(request_of(build, prepared));
  order.node = node_;
  order.no_cache = order.no_cache || arguments.has("--no-cache");
  order.pull = order.pull || arguments.has("--pull");
  order.anyway = arguments.has("--build") || session_.command.words == "stack build" || build.remote ||
                 build.pull_policy == "build";
  order.send = send_;
  if (!build.remote) {
    KTN_TRY(const std::string digest, image::digest_of(prepared.context));
    order.context = "sha256:" + digest;
    KTN_TRY(const bool known, has_blob(session_, order.context));
    if (!known) {
      session_.note("sending what " + service + " is built from");
      KTN_OK(send_context(session_, order.context, prepared.context));
    }
  }

  KTN_TRY(const std::string path, session_.link.path(api::paths::builds));
  KTN_TRY(http::Client * client, session_.link.client());
  http::Request request{.method = http::Method::post, .path = path, .body = codec::to_json(order)};
  request.headers["content-type"] = "application/json";
  BuildLines lines(session_, mode_);
  const Duration start = session_.outside.clock.steady();
  std::string rest;
  std::optional<api::BuildRecord> end;
  bool begun = false;
  const auto take = [&](const api::BuildRecord& record) {
    if (!record.line.empty()) {
      if (!std::exchange(begun, true)) session_.note("building " + service + " as " + build.image + " on " + node_);
      lines.say(record.line);
    }
    if (record.done || !record.error.empty()) end = record;
  };
  const auto answer = client->stream(request, longest_silence, [&](std::string_view bytes) {
    rest += bytes;
    std::size_t from = 0;
    for (auto at = rest.find('\n'); at != std::string::npos && !end; at = rest.find('\n', from)) {
      if (const auto record = codec::from_json<api::BuildRecord>(std::string_view(rest).substr(from, at - from)))
        take(*record);
      from = at + 1;
    }
    rest.erase(0, from);
    return !end && rest.size() <= longest_line;
  });
  if (answer && answer->status >= 300) return api::error_of(*answer);
  if (!end)
    return Error{Code::unavailable, answer ? "the server ended before the build did" : answer.error().message,
                 "start it again"};
  if (!end->error.empty()) {
    lines.failed();
    return Error{code_named(end->code).value_or(Code::failed_precondition), plain_text(end->error),
                 plain_text(end->hint)};
  }
  if (!end->same)
    session_.note("built " + build.image + " on " + node_ + ", after " +
                  text::human_duration(session_.outside.clock.steady() - start));
  if (end->sent > 0)
    session_.note(node_ + " sent " + build.image + ": " + std::to_string(end->sent) + " of " +
                  std::to_string(end->parts) + " parts, " + text::human_bytes(end->bytes));
  if (send_ && end->manifest.empty())
    return Error{Code::unavailable, "the node does not say what it has built", "is its agent of another version?"};
  Built built{.facts = {.id = end->id, .labels = {}, .platform = end->platform, .layers = {}},
              .manifest = end->manifest};
  return built;
}

}  // namespace kontena::client
