// What is not as wanted, once no faults come any more.
#include "agent/beside.h"
#include "kontena/model/names.h"
#include "kontena/model/together.h"
#include "kontena/store/tables.h"
#include "world.h"

namespace kontena::sim {
namespace {

using model::Desired;

std::string label(const engine::Container& container, std::string_view name) {
  const auto found = container.labels.find(std::string(name));
  return found == container.labels.end() ? "" : found->second;
}

bool runs(const engine::Container& container) { return container.state == engine::ContainerState::running; }

bool runs_on_and_on(const model::ServiceSpec& spec) {
  return spec.restart.when == model::RestartWhen::always || spec.restart.when == model::RestartWhen::unless_stopped;
}

// Anything that could keep it from being placed, or have it placed more than once.
bool may_wait(const model::ServiceSpec& spec) {
  return !spec.placing.constraints.empty() || spec.placing.max_replicas_per_node != 0 || !spec.ports.empty() ||
         spec.reservations.memory_bytes != 0 || spec.options || spec.reservations.nano_cpus != 0 ||
         !spec.mounts.empty() || !spec.depends_on.empty();
}

class Looker {
 public:
  explicit Looker(World& world, const model::ClusterView& view) : world_(world), view_(view) {}

  std::vector<std::string> amiss;

  void look() {
    look_at_processes();
    view_.stacks.each("", [&](const auto& item) { look_at_stack(item); });
    view_.instances.each("", [&](const auto& item) { look_at_instance(item); });
    look_at_engines();
    view_.deployments.each("", [&](const auto& item) {
      if (item.value.state == model::DeploymentState::running)
        amiss.push_back("deployment " + item.key + " did not end");
    });
  }

 private:
  void look_at_processes() {
    if (!world_.serving) amiss.push_back("the server is down");
    for (const auto& machine : world_.machines)
      if (!machine->process.up) amiss.push_back(machine->name + " is down");
  }

  void look_at_stack(const Ordered<model::Stack>::Item& item) {
    if (item.value.wanted == model::StackWanted::removed) {
      amiss.push_back("stack " + item.key + " is not gone");
      return;
    }
    view_.services.each(item.key + '/', [&](const auto& service) { look_at_service(item.value, service); });
  }

  model::DeploymentState newest_deployment(const model::StackPath& path) {
    const model::Deployment* newest = nullptr;
    view_.deployments.each(path.text() + '/', [&](const auto& item) {
      if (!newest || item.value.created_ms > newest->created_ms) newest = &item.value;
    });
    return newest ? newest->state : model::DeploymentState::succeeded;
  }

  void look_at_service(const model::Stack& stack, const Ordered<model::Service>::Item& item) {
    const model::ServiceSpec& spec = item.value.spec;
    const bool job = spec.job;
    // What was aborted stays where it was, and of what failed the old may stay.
    const auto newest = newest_deployment({stack.grid, stack.project, stack.name});
    const bool aborted = newest == model::DeploymentState::aborted;
    const bool rolled_out = !aborted && newest != model::DeploymentState::failed;
    if (item.value.removed) {
      amiss.push_back("service " + item.key + " is not gone");
      return;
    }
    const auto wanted = stack.wanted == model::StackWanted::running ? Desired::running : Desired::stopped;
    std::map<std::int64_t, int> slots;
    int waiting = 0;
    view_.instances.each(item.key + '/', [&](const auto& instance) {
      const model::Instance& one = instance.value;
      if (one.node.empty()) {
        ++waiting;
        if (!may_wait(spec) && wanted == Desired::running)
          amiss.push_back("an instance of " + item.key + " is not placed: " + one.why_not);
        return;
      }
      ++slots[one.slot];
      // A paused node takes no new work: of a global service it keeps what it has, as it is.
      const auto* node = view_.nodes.get("default/" + *one.node);
      const bool paused = node && node->availability == model::Availability::pause;
      if (paused && spec.mode == model::Mode::global) return;
      if (one.desired != wanted && !job && !(wanted == Desired::stopped && one.desired == Desired::running))
        amiss.push_back("instance " + *one.id + " of " + item.key + " is to be " +
                        std::string(model::name(one.desired)));
      if (one.instance_revision != item.value.instance_revision || one.restarts != item.value.restarts) {
        if (wanted == Desired::running && rolled_out)
          amiss.push_back("instance " + *one.id + " of " + item.key + " is of an old revision");
      }
    });
    if (wanted != Desired::running) return;
    const std::size_t all = slots.size() + static_cast<std::size_t>(waiting);
    for (const auto& [slot, count] : slots)
      if (count != 1) amiss.push_back("slot " + std::to_string(slot) + " of " + item.key + " is there more than once");
    const bool global = spec.mode == model::Mode::global;
    const auto want = global ? count(model::Availability::active) : static_cast<std::size_t>(spec.replicas);
    if (aborted || (global && may_wait(spec))) return;
    // What runs on a paused node is left there.
    if (global && all > want && all <= want + count(model::Availability::pause)) return;
    // After a roll-out that failed, what depends on a service of it waits for the next: an older one is not relied on.
    const bool waits = may_wait(spec) && (spec.depends_on.empty() || !rolled_out);
    if (all != want && !(waits && all < want))
      amiss.push_back("service " + item.key + " has " + std::to_string(all) + " instances of " + std::to_string(want));
    if (rolled_out) look_at_seats(item, slots);
  }

  // The instance that has a slot of a service, and stays; null: none is placed.
  const model::Instance* in_slot(const std::string& service, std::int64_t slot) {
    const model::Instance* found = nullptr;
    view_.instances.each(service + '/', [&](const auto& item) {
      const model::Instance& one = item.value;
      if (one.slot == slot && !one.node.empty() && one.desired == Desired::running) found = &one;
    });
    return found;
  }

  Result<engine::Container> container_of(const model::Instance& instance) {
    Machine* machine = world_.machine_of(*instance.node);
    if (!machine) return Error{Code::not_found, "its node is gone"};
    for (const auto& container : of(*machine))
      if (label(container, engine::instance_label) == *instance.id) return machine->engine.inspect(container.id);
    return Error{Code::not_found, "it has no container"};
  }

  // Who is beside another is on its node, made from what that is now; and where that one runs it is not missing.
  void look_at_seats(const Ordered<model::Service>::Item& item, const std::map<std::int64_t, int>& slots) {
    const model::ServiceSpec& spec = item.value.spec;
    const std::string stack = item.key.substr(0, item.key.rfind('/') + 1);
    for (const std::string& with : model::beside(spec)) {
      const auto* other = view_.services.get(stack + with);
      if (!other || other->removed) {
        amiss.push_back(item.key + " is beside '" + with + "', which is not there");
        continue;
      }
      for (std::int64_t slot = 1; slot <= spec.replicas; ++slot) {
        const auto* owner = in_slot(stack + with, model::slot_beside(other->spec, slot));
        const auto* one = in_slot(item.key, slot);
        const std::string what = "slot " + std::to_string(slot) + " of " + item.key;
        if (!owner) continue;
        const auto* node = view_.nodes.get("default/" + *owner->node);
        const bool takes_work = node && node->availability == model::Availability::active;
        if (!one && !slots.contains(slot) && takes_work) amiss.push_back(what + " is missing");
        if (!one) continue;
        if (one->node != owner->node) amiss.push_back(what + " is not on the node of '" + with + "'");
        const auto own = container_of(*one), its = container_of(*owner);
        if (!own || !its) continue;
        if (label(*own, agent::beside_label).find(with + '=' + its->id) == std::string::npos)
          amiss.push_back(what + " shares with a container of '" + with + "' that is gone");
        if (model::shares_namespace(spec, with) && own->started_ms < its->started_ms)
          amiss.push_back(what + " shares a namespace of '" + with + "' that has ended");
      }
    }
  }

  std::size_t count(model::Availability availability) const {
    std::size_t nodes = 0;
    view_.nodes.each("", [&](const auto& item) { nodes += item.value.availability == availability; });
    return nodes;
  }

  // Nothing is left on a drained node that could be elsewhere.
  void look_at_place(const model::Instance& instance, const model::ServiceSpec& spec, const std::string& what) {
    const auto* node = view_.nodes.get("default/" + *instance.node);
    const auto* stack = view_.stacks.get(instance.service_path().stack_path().text());
    if (!node || node->availability != model::Availability::drain) return;
    if (!stack || stack->wanted != model::StackWanted::running) return;
    model::ServiceSpec free = spec;
    free.depends_on.clear();
    // What is with a volume that is bound is bound; a job runs to its end.
    if (!may_wait(free) && spec.volumes_from.empty() && !spec.job) amiss.push_back(what + " is on a drained node");
  }

  void look_at_instance(const Ordered<model::Instance>::Item& item) {
    const model::Instance& instance = item.value;
    if (instance.node.empty()) return;
    const std::string what = "instance " + *instance.id + " of " + instance.service_path().text();
    const Machine* machine = world_.machine_of(*instance.node);
    // What a job did stays done when its node goes.
    if (instance.service == "task" && (!machine || machine->id != *instance.node)) return;
    if (!machine || machine->id != *instance.node) {
      amiss.push_back(what + " is on a node that is not there: " + *instance.node);
      return;
    }
    const auto* revision =
        view_.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision));
    if (!revision) {
      amiss.push_back(what + " has no spec");
      return;
    }
    look_at_place(instance, revision->spec, what);
    const engine::Container* found = nullptr;
    for (const auto& container : of(*machine))
      if (label(container, engine::instance_label) == *instance.id) found = &container;
    const auto* status = view_.statuses.get(item.key);
    const std::string state = status ? std::string(model::name(status->state)) + ' ' + status->message : "unknown";
    if (instance.desired == Desired::running && runs_on_and_on(revision->spec)) {
      if (!found || !runs(*found)) amiss.push_back(what + " does not run on " + machine->name + ": " + state);
      if (!status || status->state != model::InstanceState::running)
        amiss.push_back(what + " runs, and is known as " + state);
      if (status && found && status->container != found->id) amiss.push_back(what + " is known with another container");
      if (found && found->health != (status ? status->health : model::Health::none))
        amiss.push_back(what + " has another health than is known");
    }
    if (instance.desired == Desired::stopped && found && runs(*found)) amiss.push_back(what + " was not stopped");
  }

  void look_at_engines() {
    for (const auto& machine : world_.machines) {
      for (const auto& container : of(*machine)) {
        const std::string id = label(container, engine::instance_label);
        const auto* key = view_.by_node.get("default/" + machine->id + '/' + id);
        if (key) continue;
        amiss.push_back(machine->name + " has a container that nobody wants: " + container.name);
        // It was removed, which a full disk kept from being known. What the server has forgotten is left to the
        // operator, who does as the agent's log says.
        if (!machine->stale.contains(id)) continue;
        [[maybe_unused]] const auto removed = machine->engine.remove(container.id);
      }
    }
  }

  const std::vector<engine::Container>& of(const Machine& machine) {
    const auto found = containers_.find(machine.number);
    if (found != containers_.end()) return found->second;
    return containers_[machine.number] = const_cast<Machine&>(machine).ours();
  }

  World& world_;
  const model::ClusterView& view_;
  std::map<int, std::vector<engine::Container>> containers_;
};

}  // namespace

std::vector<std::string> Invariants::not_as_wanted(World& world) {
  Looker looker(world, truth_);
  looker.look();
  return std::move(looker.amiss);
}

}  // namespace kontena::sim
