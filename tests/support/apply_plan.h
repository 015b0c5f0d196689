#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <variant>

#include "kontena/model/names.h"
#include "kontena/rollout/rollout.h"

namespace kontena::support {

// "create a/web-1@n1; set a/web-2@n2 removed", for messages.
inline std::string text(const rollout::Plan& plan) {
  std::string text;
  const auto add = [&](const std::string& what, const model::Instance& i) {
    text += what + ' ' + i.stack + '/' + i.service + '-' + std::to_string(i.slot) + '@' + *i.node + '#' + *i.id + "; ";
  };
  for (const rollout::Step& step : plan.steps) {
    if (const auto* create = std::get_if<rollout::CreateInstance>(&step))
      add("create", create->instance);
    else if (const auto* place = std::get_if<rollout::PlaceInstance>(&step))
      add("place", place->instance);
    else if (const auto* set = std::get_if<rollout::SetDesired>(&step))
      add(std::string(name(set->desired)), set->instance);
    else if (const auto* forget = std::get_if<rollout::ForgetInstance>(&step))
      add("forget", forget->instance);
    else if (const auto* finish = std::get_if<rollout::FinishDeployment>(&step))
      text += "finish " + *finish->deployment.id + ' ' + finish->reason + "; ";
    else
      text += "step " + std::to_string(step.index()) + "; ";
  }
  return text;
}

// It ends a deployment as failed: from then on less is done than before, and some things are done differently.
inline bool fails(const rollout::Plan& plan) {
  return std::ranges::any_of(plan.steps, [](const rollout::Step& step) {
    const auto* finish = std::get_if<rollout::FinishDeployment>(&step);
    return finish && finish->state == model::DeploymentState::failed;
  });
}

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
