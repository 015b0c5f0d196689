#pragma once

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <variant>

#include "kontena/rollout/rollout.h"

namespace kontena::support {

// What the server's commit of a plan makes of the view. Requires what a commit
// does: nothing made twice, nothing changed that is not there, no record touched twice.
inline void apply_plan(model::ClusterView& view, const rollout::Plan& plan, std::int64_t now_ms) {
  std::set<std::string> touched;
  const auto once = [&](const std::string& key) {
    CAPTURE(key);
    REQUIRE(touched.insert(key).second);
  };
  const auto replace = [&](model::Instance instance) {
    const std::string key = model::instance_key(instance);
    once("instances/" + key);
    REQUIRE(view.instances.get(key));
    view.instances.put(key, std::move(instance));
  };
  for (const rollout::Step& step : plan.steps) {
    if (const auto* create = std::get_if<rollout::CreateInstance>(&step)) {
      const std::string key = model::instance_key(create->instance);
      once("instances/" + key);
      REQUIRE_FALSE(view.instances.get(key));
      REQUIRE(create->instance.node.empty() != create->instance.why_not.empty());
      view.instances.put(key, create->instance);
    } else if (const auto* place = std::get_if<rollout::PlaceInstance>(&step)) {
      REQUIRE(place->instance.node.empty() != place->instance.why_not.empty());
      replace(place->instance);
    } else if (const auto* set = std::get_if<rollout::SetDesired>(&step)) {
      REQUIRE(set->instance.desired != set->desired);
      model::Instance instance = set->instance;
      instance.desired = set->desired;
      replace(instance);
    } else if (const auto* forget = std::get_if<rollout::ForgetInstance>(&step)) {
      const std::string key = model::instance_key(forget->instance);
      once("instances/" + key);
      REQUIRE(view.instances.get(key));
      view.instances.erase(key);
      view.statuses.erase(key);
    } else if (const auto* pin = std::get_if<rollout::PinVolume>(&step)) {
      const std::string key = pin->volume.grid + '/' + pin->volume.project + '/' + pin->volume.name;
      once("volumes/" + key);
      REQUIRE_FALSE(view.volumes.get(key));
      view.volumes.put(key, pin->volume);
    } else if (const auto* service = std::get_if<rollout::ForgetService>(&step)) {
      once("services/" + service->service.text());
      REQUIRE(view.services.get(service->service.text()));
      view.services.erase(service->service.text());
    } else if (const auto* revision = std::get_if<rollout::ForgetRevision>(&step)) {
      const std::string key = model::revision_key(revision->service, revision->revision);
      once("revisions/" + key);
      REQUIRE(view.revisions.get(key));
      view.revisions.erase(key);
    } else if (const auto* stack = std::get_if<rollout::ForgetStack>(&step)) {
      once("stacks/" + stack->stack.text());
      view.stacks.erase(stack->stack.text());
    } else if (const auto* finish = std::get_if<rollout::FinishDeployment>(&step)) {
      model::Deployment done = finish->deployment;
      const std::string key = model::StackPath{done.grid, done.project, done.stack}.text() + '/' + *done.id;
      once("deployments/" + key);
      REQUIRE(done.state == model::DeploymentState::running);
      done.state = finish->state;
      done.reason = finish->reason;
      done.finished_ms = now_ms;
      view.deployments.put(key, std::move(done));
    }
  }
}

}  // namespace kontena::support
