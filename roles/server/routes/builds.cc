// Builds by nodes' engines, for people who have none.
#include <algorithm>
#include <array>
#include <memory>

#include "../identity.h"
#include "../policies.h"
#include "blob_transfer.h"
#include "find.h"
#include "handlers.h"
#include "kontena/access/policy.h"
#include "kontena/api/build.h"
#include "kontena/image/parts.h"

namespace kontena::server {
namespace {

constexpr Duration beat{1'000};
constexpr Duration agent_has_to_answer{15'000};
constexpr Duration ask_again_after{3'000};
constexpr std::size_t longest_name = 255;

std::string scope_of(const Call& call) { return call.at("grid") + '/' + call.at("project"); }
std::string key_of(const Call& call) { return call.who.grid + '/' + call.who.id; }  // of a node

// What is wrong with it whoever asks. A network or a container of an engine has a name there that may be anybody's.
Status check_order(const api::BuildOrder& order) {
  static constexpr std::array<std::string_view, 4> networks{"", "default", "none", "host"};
  if (std::ranges::find(networks, order.network) == networks.end())
    return Error{Code::invalid_argument, "build.network: '" + order.network.substr(0, 100) + "' is of one engine alone",
                 "on a node it is default, none or host"};
  if (order.image.empty() || order.image.size() > longest_name)
    return Error{Code::invalid_argument, "a build needs the image's name, of at most 255 bytes"};
  if (order.context.empty() == order.remote.empty())
    return Error{Code::invalid_argument, "a build is of a context or of a remote one"};
  if (!order.context.empty() && !image::is_digest(order.context))
    return Error{Code::invalid_argument, "the context's digest is none"};
  if (order.shm_bytes < 0) return Error{Code::invalid_argument, "build.shm_size is below 0"};
  return Done{};
}

// A build must not give more of its host than the project's services have, and what a Dockerfile names cannot be told
// before: the project may build on nodes at all, or not.
Status check_allowed_to(const ClusterView& view, const model::ProjectPath& project, api::BuildOrder& order) {
  model::ServiceSpec step{.name = "build"};
  if (order.network == "host") step.network_mode = "host";
  if (!order.ulimits.empty()) {
    model::ContainerOptions options;
    options.ulimits = order.ulimits;
    step.options = options;
  }
  KTN_OK(check_switches(view, project, {.services = {{"build", step}}}));
  const access::Allowance allowed = access::allowance(view, project);
  const std::string may_not = "project '" + project.project + "' may not build on nodes";
  if (!allowed.allows("builds"))
    return Error{Code::permission_denied, may_not + " (builds)",
                 "build by an engine of your own, or ask whoever administers the grid: kontena client policy set " +
                     project.project + " --allow builds"};
  if (allowed.registries)
    return Error{Code::permission_denied,
                 may_not + ": it may have images of some registries only, and a Dockerfile names any",
                 "build by an engine of your own"};
  const auto quota = [&](std::string_view name) {
    const auto found = allowed.quotas.find(name);
    return found == allowed.quotas.end() ? 0 : found->second;
  };
  order.memory_bytes = quota("memory");
  order.nano_cpus = quota("cpus");
  return Done{};
}

api::BuildRecord ended(const Error& error) {
  return {.error = error.message, .code = std::string(name(error.code)), .hint = error.hint};
}

// Under way for as long as this lives.
class Running {
 public:
  Running(Context& context, std::string id) : context_(context), id_(std::move(id)) {}
  Running(const Running&) = delete;
  ~Running() { context_.builds.end(id_); }

 private:
  Context& context_;
  const std::string id_;
};

// What the node says, passed on until its end. Who may not deploy any more has it ended.
void write_build(Context& context, const std::shared_ptr<LogHub::Session>& session, const std::string& by_node,
                 Call call, http::Writer& writer) {
  const Duration patience = context.clock.steady() + agent_has_to_answer;
  Duration again = context.clock.steady() + ask_again_after;
  bool gave_up = false, end = false;
  const auto say = [&](const api::BuildRecord& record) {
    end = end || record.done || !record.error.empty();
    return writer.write(codec::to_json(record) + '\n');
  };
  while (!end) {
    const auto records = session->next(beat);
    for (const api::LogRecord& record : records) {
      if (end) break;
      auto said = record.error.empty()
                      ? codec::from_json<api::BuildRecord>(record.text)
                      : Result<api::BuildRecord>(ended({Code::unavailable, record.error, "start the build again"}));
      if (said && !say(*said)) return session->close();
    }
    if (end) break;
    if (session->ended()) {
      say(ended({Code::unavailable, "the node ended the build without a word", "start the build again"}));
      break;
    }
    // A beat: is the reader still there?
    if (records.empty() && !say({})) break;
    if (!gave_up && context.clock.steady() > again) {
      context.logs.ask_again(session);
      context.views.nudge("streams/" + by_node);
      again += ask_again_after;
    }
    if (!gave_up && context.clock.steady() > patience) {
      context.logs.give_up(session);
      gave_up = true;
    }
    const View view = context.views.now();  // what the caller may is asked of it
    Status may = identify_again(*view, context.clock.now(), call);
    if (may && !call.who.rights.reaches({call.at("grid"), call.at("project"), ""}, access::Verb::deploy))
      may = Error{Code::permission_denied, "you may not deploy here any more"};
    if (!may) say(ended(may.error()));
  }
  session->close();
}

}  // namespace

Result<http::Response> build_on_node(Context& context, const View& view, const Call& call, http::Upload*) {
  KTN_OK(need_project(*view, call));
  KTN_TRY(api::BuildOrder order, body_of<api::BuildOrder>(call));
  KTN_OK(check_order(order));
  const model::ProjectPath project{call.at("grid"), call.at("project")};
  KTN_OK(check_allowed_to(*view, project, order));
  Call named = call;
  named.path["node"] = order.node;
  KTN_TRY(const auto* item, find_node(*view, named));
  const model::Node& node = item->value;
  if (context.liveness.state(node.id) == model::NodeState::lost)
    return Error{Code::unavailable, "node '" + node.name + "' is lost: nothing can be built there",
                 "kontena client node ls"};
  if (!order.context.empty() && !context.blobs.has(scope_of(call), order.context))
    return Error{Code::failed_precondition, "the server does not have the build's context",
                 "start the build again: what is missing is sent"};
  order.project = project.project;
  order.node = *node.id;

  const std::string by_node = node.grid + '/' + *node.id, id = context.ids.id();
  KTN_OK(context.builds.begin(id, {by_node, scope_of(call), order.context}));
  const auto running = std::make_shared<Running>(context, id);
  const auto session = context.logs.open();
  context.logs.ask(session, {.by_node = by_node, .stack = {}, .service = {}, .node = node.name},
                   {.stream = id, .kind = "build", .order = codec::to_json(order)});
  context.views.nudge("streams/" + by_node);
  http::Response response{.content_type = "application/jsonl"};
  response.stream = [&context, running, session, by_node, call](http::Writer& writer) {
    write_build(context, session, by_node, call, writer);
  };
  return response;
}

// ---- the node's side

namespace {

Result<BuildHub::Build> build_of(const Context& context, const Call& call) {
  auto build = context.builds.of(call.at("build"), key_of(call));
  if (build) return *std::move(build);
  return absent("build", call.at("build"), "");
}

}  // namespace

Result<http::Response> get_build_blob(Context& context, const View&, const Call& call, http::Upload*) {
  KTN_TRY(const BuildHub::Build build, build_of(context, call));
  if (build.context.empty() || build.context != call.at("digest")) return absent("blob", call.at("digest"), "");
  KTN_TRY(blobs::Outgoing blob, context.blobs.get(build.scope, build.context));
  return sent(std::move(blob));
}

Result<http::Response> head_build_blob(Context& context, const View&, const Call& call, http::Upload*) {
  KTN_TRY(const BuildHub::Build build, build_of(context, call));
  if (context.blobs.has(build.scope, call.at("digest"))) return http::Response{};
  return absent("blob", call.at("digest"), "");
}

Result<http::Response> put_build_blob(Context& context, const View&, const Call& call, http::Upload* upload) {
  KTN_TRY(const BuildHub::Build build, build_of(context, call));
  return take_blob(context, build.scope, call.at("digest"), context.largest_image_part, upload);
}

}  // namespace kontena::server
