#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "changes.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

// The one named by the second word, else the stack's newest.
Result<model::Deployment> find_deployment(Session& session) {
  const std::string& stack = session.arguments.words[0];
  if (session.arguments.words.size() > 1) {
    KTN_TRY(const std::string path, session.link.path(paths::deployment, {stack, session.arguments.words[1]}));
    KTN_TRY(api::DeploymentDetail detail, session.link.get<api::DeploymentDetail>(path));
    return std::move(detail.deployment);
  }
  KTN_TRY(const std::string path, session.link.path(paths::stack, {stack}));
  KTN_TRY(api::StackDetail detail, session.link.get<api::StackDetail>(path));
  if (!detail.deployment) return Error{Code::not_found, "stack '" + stack + "' was never deployed"};
  return std::move(*detail.deployment);
}

std::string deployment_text(Session& session, const api::DeploymentDetail& detail) {
  const model::Deployment& it = detail.deployment;
  const bool colour = session.look.colour_out;
  const std::string state(model::name(it.state));
  std::string text = paint(it.stack, Tone::strong, colour) + "  deployment " + *it.id + "  " +
                     paint(state, it.state == model::DeploymentState::running ? Tone::busy : tone_of(state), colour) +
                     "  revision " + std::to_string(it.from) + " → " + std::to_string(it.to) + '\n';
  text += "begun " + time_text(it.created_ms) + " by " + plain_text(it.by) + '\n';
  if (it.finished_ms) text += "ended " + time_text(it.finished_ms) + '\n';
  if (!it.reason.empty()) text += plain_text(it.reason) + '\n';
  Table services({"SERVICE", "STATE", "INSTANCES", "REASON"});
  for (const api::ServiceSummary& each : detail.services)
    services.add({each.name,
                  {each.state, tone_of(each.state)},
                  std::to_string(each.running) + '/' + std::to_string(each.wanted),
                  plain_text(each.reason)});
  return text + '\n' + services.text(session.look);
}

}  // namespace

Result<int> deployment_abort(Session& session) {
  KTN_TRY(const model::Deployment deployment, find_deployment(session));
  KTN_TRY(const bool sure, session.confirmed("abort deployment " + *deployment.id + " of " + deployment.stack + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was aborted"};
  KTN_TRY(const std::string path, session.link.path(paths::deployment_abort, {deployment.stack, *deployment.id}));
  KTN_TRY(const model::Deployment aborted, session.link.send<model::Deployment>(http::Method::post, path));
  session.note("deployment " + *aborted.id + " of " + aborted.stack +
               " is aborted; what it has not replaced stays as it is");
  if (session.look.quiet || session.look.machine()) session.show(aborted, *aborted.id, [] { return std::string(); });
  return 0;
}

Result<int> deployment_ls(Session& session) {
  KTN_TRY(const std::string path, session.link.path(paths::deployments, {session.arguments.words[0]}));
  KTN_TRY(const api::DeploymentList list, session.link.get<api::DeploymentList>(path));
  return session.list(
      list.deployments, {"DEPLOYMENT", "STATE", "REVISION", "ACTION", "BY", "AGE", "REASON"},
      [&](const model::Deployment& d) -> std::vector<Cell> {
        const std::string state(model::name(d.state));
        return {*d.id,
                {state, tone_of(state)},
                std::to_string(d.from) + " → " + std::to_string(d.to),
                d.action,
                plain_text(d.by),
                session.age(d.created_ms),
                plain_text(d.reason)};
      },
      [](const model::Deployment& d) { return *d.id; });
}

Result<int> deployment_show(Session& session) {
  KTN_TRY(const model::Deployment deployment, find_deployment(session));
  KTN_TRY(const std::string path, session.link.path(paths::deployment, {deployment.stack, *deployment.id}));
  KTN_TRY(const api::DeploymentDetail detail, session.link.get<api::DeploymentDetail>(path));
  return session.show(detail, *deployment.id, [&] { return deployment_text(session, detail); });
}

Result<int> deployment_wait(Session& session) {
  KTN_TRY(model::Deployment deployment, find_deployment(session));
  const std::string what = "deploy of " + deployment.stack;
  return await_changes(session, {{deployment.stack, what, "the " + what + " has ended well", std::move(deployment)}},
                       0);
}

}  // namespace kontena::client
