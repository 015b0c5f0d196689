// Services that end, and those that wait for the end of others.
#include "kontena/model/names.h"
#include "specify_together.h"

namespace kontena::compose {
namespace {

using model::RestartWhen;

bool restarts_for_ever(const model::ServiceSpec& spec) {
  return spec.restart.when == RestartWhen::always || spec.restart.when == RestartWhen::unless_stopped;
}

// A job is started again where it failed; a policy for services means no more than that.
void complete_job(const Node& value, model::ServiceSpec& spec) {
  const Node* deploy = value.find("deploy");
  const bool says = value.find("restart") || (deploy && deploy->find("restart_policy"));
  if (restarts_for_ever(spec) || !says) spec.restart.when = RestartWhen::on_failure;
}

}  // namespace

void check_jobs(Specifier& to) {
  const Node& services = *to.root.find("services");
  for (auto& [name, spec] : to.spec.services)
    if (spec.job) complete_job(*services.find(name), spec);
  for (const auto& [name, spec] : to.spec.services) {
    for (const auto& [on, dependency] : spec.depends_on) {
      const auto other = to.spec.services.find(on);
      if (dependency.condition != model::Condition::completed || other == to.spec.services.end() ||
          !restarts_for_ever(other->second))
        continue;
      const Member* written = services.find(name)->find("depends_on")->member(on);
      to.notes.problem(written->at, under(under(under("services", name), "depends_on"), on),
                       "this waits until '" + on + "' has ended well, and its restart policy '" +
                           std::string(model::name(other->second.restart.when)) + "' starts it again each time",
                       "give '" + on + "' restart: on-failure, or none");
    }
  }
}

}  // namespace kontena::compose
