#include "invariants.h"

#include <algorithm>

#include "agent/beside.h"
#include "kontena/base/text.h"
#include "kontena/store/tables.h"
#include "world.h"

namespace kontena::sim {
namespace {

std::string label(const engine::Container& container, std::string_view name) {
  const auto found = container.labels.find(std::string(name));
  return found == container.labels.end() ? "" : found->second;
}

// A node's silence after which it may be taken for lost; and how long its return may
// take to be sorted out.
constexpr Duration silence{2'000};
constexpr Duration confirmed_within{60'000};

bool of_a_user(const std::string& fiber) { return fiber.starts_with("user: "); }

bool ended_for_good(const model::ClusterView& view, const Ordered<model::Instance>::Item& item,
                    const model::ServiceSpec& spec) {
  const auto* status = view.statuses.get(item.key);
  if (!status || spec.restart.when == model::RestartWhen::always ||
      spec.restart.when == model::RestartWhen::unless_stopped)
    return false;
  return status->state == model::InstanceState::exited || status->state == model::InstanceState::failed;
}

}  // namespace

// ---- at each commit

void Invariants::committed(World& world, const store::Commit& commit, store::Revision revision) {
  const model::ClusterView before = truth_;
  store::Changed changed{.revision = revision, .deleted = commit.deletes};
  for (const auto& put : commit.puts) changed.put.push_back({put.key, put.value, revision});
  store::apply(truth_, changed);
  if (!truth_.unreadable.empty()) return world.fail("a record that cannot be read was written");
  std::string keys;
  for (const auto& put : commit.puts) keys += " +" + put.key;
  for (const auto& key : commit.deletes) keys += " -" + key;
  world.event(world.fibers.name(), "commit " + std::to_string(revision) + keys);
  changed_ = true;

  for (const auto& put : commit.puts) {
    if (!put.key.starts_with("instances/")) continue;
    const auto* instance = truth_.instances.get(std::string_view(put.key).substr(10));
    told_[*instance->id].insert(instance->desired);
    if (instance->beside) beside_.insert(*instance->id);
    nodes_[*instance->id] = *instance->node;
    fits(world, *instance);
    const auto* made_from =
        truth_.revisions.get(model::revision_key(instance->service_path(), instance->instance_revision));
    if (made_from && made_from->spec.restart.when != model::RestartWhen::no) restarted_.insert(*instance->id);
  }
  for (const auto& key : commit.deletes)
    if (key.starts_with("nodes/")) removed_nodes_.insert(key.substr(key.rfind('/') + 1));
  if (revision == 1) return;  // of the world's making
  audit(world, commit, revision);
  one_writer_a_field(world, before, commit);
  promised(world);
  addressed(world);
}

// A node has what its instances need: it was said so before.
void Invariants::fits(World& world, const model::Instance& instance) {
  const Machine* machine = instance.node.empty() ? nullptr : world.machine_of(*instance.node);
  if (!machine) return;
  const std::string what =
      "instance " + *instance.id + " of " + instance.service_path().text() + " is put on " + machine->name;
  if (instance.service == "kata" && !machine->has_kata()) world.fail(what + ", which has no such runtime");
  if (instance.service == "near" && !machine->has_near()) world.fail(what + ", where its volume is not");
}

// An address is one instance's. One that people declared passes from an instance to
// the next of its service, so that both have it for a while.
void Invariants::addressed(World& world) {
  const model::Instance* last = nullptr;
  std::string last_address;
  truth_.members.each("", [&](const auto& item) {
    const auto* instance = truth_.instances.get(item.value);
    const std::string address = item.key.substr(0, item.key.rfind('/'));
    if (!instance) return world.fail("address " + item.key + " is nobody's");
    const auto* spec = truth_.revisions.get(model::revision_key(instance->service_path(), instance->instance_revision));
    const std::string text = address.substr(address.rfind('/') + 1);
    const bool declared =
        spec && std::ranges::any_of(spec->spec.networks, [&](const auto& n) { return n.ipv4_address == text; });
    const bool passes = declared && last && last->service_path().text() == instance->service_path().text();
    if (address == last_address && !passes) world.fail("address " + address + " is that of two instances");
    last = instance;
    last_address = address;
  });
  truth_.instances.each("", [&](const auto& item) {
    const auto* spec =
        truth_.revisions.get(model::revision_key(item.value.service_path(), item.value.instance_revision));
    const bool has_networks = spec && !spec->spec.networks.empty();
    if ((has_networks && !item.value.node.empty()) == item.value.addresses.empty())
      world.fail("instance " + *item.value.id + " has a node without an address, or an address without a node");
  });
}

// Each write that people asked for has one audit record, in the commit that it is
// about; and where there is a record, there is a write.
void Invariants::audit(World& world, const store::Commit& commit, store::Revision revision) {
  std::vector<model::AuditRecord> records;
  for (const auto& text : commit.trail) {
    const auto record = store::audit.read({"audit", text, revision});
    if (!record) return world.fail("an audit record that cannot be read: " + text);
    records.push_back(*record);
  }
  const std::string& by = world.fibers.name();
  if (!of_a_user(by)) {
    if (!records.empty() && by.find("audit") == std::string::npos) world.fail("'" + by + "' is no user's request, and is audited");
    return;
  }
  if (records.size() != 1)
    return world.fail("a commit of '" + by + "' has " + std::to_string(records.size()) + " audit records");
  const model::AuditRecord& record = records[0];
  const bool writes = commit.puts.size() + commit.deletes.size() > 0;
  if ((record.outcome == "ok") != writes)
    return world.fail("an audit record of '" + by + "' says '" + record.outcome + "', and its commit " +
                      (writes ? "writes" : "writes nothing"));
  if (writes && !writes_.emplace(record.request, revision).second)
    world.fail("request " + record.request + " was committed twice");
}

void Invariants::answered(World& world, const std::string& what, const Answered& answer) {
  const auto written = writes_.find(answer.request);
  // These have nothing to write where all is so already.
  const bool may_be_nothing =
      what.starts_with("DELETE") || what.find("/nodes/") < what.size() || what.ends_with("/rebalance");
  if (answer.status < 300 && written == writes_.end() && !may_be_nothing)
    world.fail("a request was acknowledged, and nothing was written: " + what);
  if (answer.status >= 300 && written != writes_.end())
    world.fail("a request was refused with " + std::to_string(answer.status) +
               ", and yet is in the store: " + answer.body);
  if (answer.status >= 500 && answer.status != 503) world.fail("the server fails: " + answer.body);
}

// What users want is theirs: nobody else's write may change it, or lose it.
void Invariants::one_writer_a_field(World& world, const model::ClusterView& before, const store::Commit& commit) {
  const std::string& by = world.fibers.name();
  if (of_a_user(by)) return;
  const auto tail = [](const std::string& key) { return std::string_view(key).substr(key.find('/') + 1); };
  const auto spoilt = [&](const std::string& key) { world.fail("'" + by + "' spoils what a user wants: " + key); };
  for (const auto& put : commit.puts) {
    if (put.key.starts_with("stacks/")) {
      const auto *was = before.stacks.get(tail(put.key)), *is = truth_.stacks.get(tail(put.key));
      if (!was || was->revision != is->revision || was->wanted != is->wanted || was->volumes != is->volumes ||
          was->networks != is->networks)
        spoilt(put.key);
    }
    if (put.key.starts_with("services/")) {
      const auto *was = before.services.get(tail(put.key)), *is = truth_.services.get(tail(put.key));
      if (!was || was->revision != is->revision || was->spec != is->spec || was->removed != is->removed ||
          was->restarts != is->restarts)
        spoilt(put.key);
    }
    if (put.key.starts_with("nodes/")) {
      const auto *was = before.nodes.get(tail(put.key)), *is = truth_.nodes.get(tail(put.key));
      if (!was || was->labels != is->labels || was->availability != is->availability) spoilt(put.key);
    }
  }
  for (const auto& key : commit.deletes) {
    if (key.starts_with("stacks/")) {
      const auto* was = before.stacks.get(tail(key));
      if (was && was->wanted != model::StackWanted::removed) spoilt(key);
    }
    if (key.starts_with("services/")) {
      const auto* was = before.services.get(tail(key));
      const auto* stack =
          was ? before.stacks.get(model::StackPath{was->grid, was->project, was->stack}.text()) : nullptr;
      if (was && !was->removed && stack && stack->wanted != model::StackWanted::removed) spoilt(key);
    }
    if (key.starts_with("nodes/") || key.starts_with("tokens/") || key.starts_with("grids/")) spoilt(key);
  }
}

// No node is promised to more than it has; and of each slot there is one that is
// to run.
void Invariants::promised(World& world) {
  std::map<std::string, model::Resources> promised;
  std::map<std::string, std::vector<std::string>> slots;  // -> InstanceIds
  truth_.instances.each("", [&](const auto& item) {
    const model::Instance& instance = item.value;
    if (instance.node.empty() || instance.desired != model::Desired::running) return;
    slots[instance.service_path().text() + '/' + std::to_string(instance.slot)].push_back(*instance.id);
    const auto* revision =
        truth_.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision));
    if (!revision) return world.fail("instance " + *instance.id + " has no spec");
    if (ended_for_good(truth_, item, revision->spec)) return;
    promised[*instance.node].memory_bytes += revision->spec.reservations.memory_bytes;
    promised[*instance.node].nano_cpus += revision->spec.reservations.nano_cpus;
  });
  for (const auto& [node, sum] : promised) {
    const auto* facts = truth_.facts.get("default/" + node);
    if (!facts) continue;
    if (sum.memory_bytes > facts->memory_bytes || sum.nano_cpus > facts->nano_cpus)
      world.fail("node " + node + " is promised to more than it has: " + std::to_string(sum.memory_bytes >> 20) +
                 " MB of " + std::to_string(facts->memory_bytes >> 20));
  }
  for (const auto& [slot, instances] : slots)
    if (!may_be(world, instances)) world.fail("two instances of slot " + slot + " are to run");
}

// ---- at each act of an agent's

// One that it shares with has ended, was begun anew, or is not the one any more that it is to share with: it is made
// anew.
bool Invariants::is_parted(Machine& machine, const engine::Container& container) const {
  for (const std::string& entry : text::split(label(container, agent::beside_label), ' ')) {
    const std::string id = entry.substr(entry.find('=') + 1);
    if (id.empty()) continue;
    const auto with = machine.engine.inspect(id);
    if (!with || with->state != engine::ContainerState::running || with->started_ms > container.started_ms) return true;
    const auto* key = truth_.by_node.get("default/" + machine.id + '/' + label(*with, engine::instance_label));
    const auto* owner = key ? truth_.instances.get(*key) : nullptr;
    bool another = !owner || owner->desired == model::Desired::removed;
    if (owner)
      truth_.instances.each(owner->service_path().text() + '/', [&](const auto& item) {
        another |= item.value.id != owner->id && item.value.node == owner->node;
      });
    if (another) return true;
  }
  return false;
}

void Invariants::stopping(World& world, Machine& machine, const std::string& id, bool remove) {
  const auto container = machine.engine.inspect(id);
  if (!container) return;
  const std::string node = label(*container, engine::node_label), instance = label(*container, engine::instance_label);
  const std::string what = machine.name + " is about to " + (remove ? "remove" : "stop") + " '" + container->name + "'";
  if (node != machine.id) return world.fail(what + ", which is not its own");
  if (removed_nodes_.contains(node)) return;  // people removed the node: it cleans up
  const auto told = told_.find(instance);
  // What is unhealthy the agent replaces by itself; it may be well again by the time its turn comes.
  const bool unfit = machine.ever_unhealthy.contains(id) && restarted_.contains(instance);
  const bool removal = unfit || is_parted(machine, *container) ||
                       (told != told_.end() && told->second.contains(model::Desired::removed));
  const bool stop = removal || (told != told_.end() && told->second.contains(model::Desired::stopped));
  if (remove ? !removal : !stop) world.fail(what + ", which the store never said");
  if (machine.disk_was_full) return;
  if (!machine.ever_kept.contains(instance)) world.fail(what + ", and has not kept that it is to");
}

// What an agent does outlasts a crash: it is on the disk before.
void Invariants::making(World& world, Machine& machine, const std::string& instance) {
  if (!machine.ever_kept.contains(instance) && !machine.disk_was_full)
    world.fail(machine.name + " makes a container of instance " + instance + ", and has not kept that it is to");
}

void Invariants::started(World& world) {
  std::map<std::string, std::vector<std::string>> slots;
  for (const auto& machine : world.machines) {
    for (const auto& container : machine->ours()) {
      if (container.state != engine::ContainerState::running) continue;
      // What a removed node left is for its operator.
      if (removed_nodes_.contains(label(container, engine::node_label))) continue;
      // Nor can anybody tell an agent what it could not write down.
      const std::string instance = label(container, engine::instance_label);
      const auto told = told_.find(instance);
      const bool removal = told != told_.end() && told->second.contains(model::Desired::removed);
      if (machine->stale.contains(instance) && removal) continue;
      const std::string slot = label(container, engine::project_label) + '/' + label(container, engine::stack_label) +
                               '/' + label(container, engine::service_label) + '/' +
                               label(container, engine::slot_label);
      slots[slot].push_back(label(container, engine::instance_label));
    }
  }
  for (const auto& [slot, instances] : slots)
    if (!may_be(world, instances)) world.fail("slot " + slot + " runs twice: " + instances[0] + " and " + instances[1]);
}

// Of one slot there is one; two where one is made beside the other, or where the
// node of one was not heard for a while, so that it was taken for lost.
bool Invariants::may_be(World& world, const std::vector<std::string>& instances) const {
  if (instances.size() < 2) return true;
  int heard = 0;
  bool extra = false;
  for (const std::string& instance : instances) {
    const auto node = nodes_.find(instance);
    const Machine* machine = node == nodes_.end() ? nullptr : world.machine_of(node->second);
    extra = extra || beside_.contains(instance);
    if (!machine) continue;
    const bool silent = world.fibers.now() - machine->heard > silence;
    const bool lately =
        machine->silent_until != Duration(0) && world.fibers.now() - machine->silent_until < confirmed_within;
    heard += silent || lately ? 0 : 1;
  }
  return heard <= (extra ? 2 : 1);
}

void Invariants::heard(World& world, Machine& machine) {
  const Duration now = world.fibers.now();
  if (now - machine.heard > silence) machine.silent_until = now;
  machine.heard = now;
}

void Invariants::check(World& world) {
  if (!std::exchange(changed_, false)) return;
  for (const auto& machine : world.machines) {
    const auto foreign = machine->engine.inspect(machine->foreign);
    const bool away = !foreign && foreign.error().code == Code::unavailable;
    if (!away && (!foreign || foreign->state != engine::ContainerState::running))
      world.fail(machine->name + ": a container that is not ours was touched");
    if (!machine->engine.networks().contains("theirs") || !machine->engine.volumes().contains("theirs"))
      world.fail(machine->name + ": a network or volume that is not ours is gone");
  }
}

}  // namespace kontena::sim
