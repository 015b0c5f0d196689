#include <algorithm>

#include "../networks.h"
#include "../seen_address.h"
#include "../tell.h"
#include "../unreadable.h"
#include "../use.h"
#include "find.h"
#include "kontena/access/policy.h"
#include "handlers.h"
#include "kontena/api/message_fields.h"
#include "kontena/base/text.h"
#include "kontena/model/together.h"
#include "kontena/rollout/rollout.h"

namespace kontena::server {
namespace {

std::string node_key(const Call& call) { return call.who.grid + '/' + call.who.id; }

model::AssignedNetwork assigned_network(const ClusterView& view, const model::Instance& instance, const std::string& name) {
  model::AssignedNetwork network{.name = engine_network(instance.project, name), .path = instance.project + '/' + name};
  const auto* record = view.networks.get(network_key(instance.grid, instance.project, name));
  if (!record) return network;
  network.bridge = overlay::bridge_name(instance.grid, instance.project, name);
  network.subnet = record->subnet;
  network.gateway = record->gateway;
  network.internal = record->internal;
  network.labels = record->labels;
  if (const auto address = instance.addresses.find(name); address != instance.addresses.end()) network.address = address->second;
  if (record->subnet6.empty()) return network;
  network.subnet6 = record->subnet6;
  network.gateway6 = record->gateway6;
  network.address6 = address6_of(view, *record, instance);
  return network;
}

// The instance of that service that has the slot on this node, and will: the newest.
std::string instance_beside(const ClusterView& view, const model::Instance& instance, const std::string& service) {
  const model::StackPath stack = instance.service_path().stack_path();
  const auto* other = view.services.get(stack.text() + '/' + service);
  if (!other) return "";
  const bool global = other->spec.mode == model::Mode::global;
  const std::int64_t slot = model::slot_beside(other->spec, instance.slot);
  const model::Instance* found = nullptr;
  view.instances.each(stack.text() + '/' + service + '/', [&](const auto& item) {
    const model::Instance& one = item.value;
    if (one.node != instance.node || one.desired == model::Desired::removed || (!global && one.slot != slot)) return;
    const auto age = [](const model::Instance& i) { return std::tie(i.instance_revision, i.restarts, i.created_ms, *i.id); };
    if (!found || age(*found) < age(one)) found = &one;
  });
  return found ? *found->id : "";
}

// Whether others of the grid log in for images of that registry, and who has this one does not: what
// the node has of it was got by their password, and is nothing for who cannot get it themselves.
bool is_others(const ClusterView& view, const model::Instance& instance, const std::string& image) {
  const std::string full = access::full_image(image), registry = full.substr(0, full.find('/'));
  const auto has = [&](const std::string& project) { return view.registries.get(instance.grid + '/' + project + '/' + registry) != nullptr; };
  if (view.registries.size() == 0 || has(instance.project) || has("")) return false;
  bool others = false;
  view.projects.each(instance.grid + '/', [&](const auto& item) { others = others || has(item.value.name); });
  return others;
}

// What a node is told: names filled in, so that the agent needs no rule of ours.
model::Assignment assignment(const ClusterView& view, const model::Instance& instance) {
  model::Assignment a{.id = instance.id,
                      .project = instance.project,
                      .stack = instance.stack,
                      .service = instance.service,
                      .slot = instance.slot,
                      .instance_revision = instance.instance_revision,
                      .desired = instance.desired,
                      .container_name = model::scoped_name(instance.project, instance.stack, instance.service) + '-' +
                                        std::to_string(instance.slot)};
  // The one before may still have the name on the same node.
  if (instance.beside) a.container_name += '.' + *instance.id;
  const model::ServicePath path = instance.service_path();
  if (const auto* revision = view.revisions.get(model::revision_key(path, instance.instance_revision))) a.spec = revision->spec;
  const bool hooks_too = std::ranges::any_of(a.spec.pre_start, [&](const model::Hook& hook) { return is_others(view, instance, hook.image); });
  const bool mounts_too = std::ranges::any_of(a.spec.mounts, [&](const model::Mount& mount) {
    return mount.kind == model::MountKind::image && is_others(view, instance, mount.source);
  });
  if (mounts_too || (a.spec.image_digest.empty() && (hooks_too || is_others(view, instance, a.spec.image)))) {
    a.spec.pull_policy = model::PullPolicy::always;
    a.spec.pull_every_ms = 0;
  }
  if (!a.spec.pre_start.empty() && rollout::is_prepared(view, instance))
    std::erase_if(a.spec.pre_start, [](const model::Hook& hook) { return !hook.per_replica; });
  static const model::Stack none;
  const auto* found = view.stacks.get(path.stack_path().text());
  const model::Stack& stack = found ? *found : none;
  for (const model::Attachment& attachment : a.spec.networks) {
    const std::string name = network_name(path.stack_path(), stack.networks, attachment.network);
    a.networks[attachment.network] = assigned_network(view, instance, name);
  }
  for (const model::Mount& mount : a.spec.mounts) {
    if (mount.kind != model::MountKind::volume) continue;
    model::VolumeSpec& volume = a.volumes[mount.source];
    if (const auto spec = stack.volumes.find(mount.source); spec != stack.volumes.end()) volume = spec->second;
    volume.name = model::volume_name(path.stack_path(), mount.source, volume);
  }
  for (const std::string& service : model::beside(a.spec)) a.beside[service] = instance_beside(view, instance, service);
  return a;
}

}  // namespace

Result<http::Response> beat(Context& context, const View& view, const Call& call, http::Upload*) {
  context.liveness.heard(NodeId(call.who.id), call.certificate_ends_ms);
  const Duration lost_after = context.liveness.lost_after(*view, call.who.grid);
  const auto* facts = view->facts.get(node_key(call));
  const auto asked = context.views.asked().of(*view, call.who.grid);
  static const model::StringMap none;
  const bool answered = std::ranges::equal(*asked, facts ? facts->paths : none, {}, {}, &model::StringMap::value_type::first);
  return http::Response{.body = codec::to_json(api::BeatAnswer{.time_ms = to_ms(call.now),
                                                               .lost_after_ms = lost_after.count(),
                                                               .certificate_lifetime_ms = context.certificate_lifetime.count(),
                                                               .ask = answered ? std::nullopt : std::optional(*asked),
                                                               .stats_interval_ms = stats_interval_ms(*view, call.who.grid),
                                                               .tell_facts = facts && facts->seen_address != seen_address(call.from)})};
}

Result<Change> put_facts(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(model::NodeFacts facts, body_of<model::NodeFacts>(call));
  facts.seen_address = seen_address(call.from);
  constexpr std::size_t longest = 64;
  if (facts.mesh_endpoints.size() > api::most_endpoints || facts.mesh_key.size() > longest ||
      std::ranges::any_of(facts.mesh_endpoints, [&](const auto& endpoint) { return endpoint.size() > longest; }))
    return Error{Code::invalid_argument, "mesh_endpoints or mesh_key: too many or too long"};
  const auto is_long = [](const std::string& text) { return text.size() > 4'200; };
  if (facts.paths.size() > Asked::most || facts.runtimes.size() > 100 || facts.volume_drivers.size() > 100 ||
      std::ranges::any_of(facts.paths, [&](const auto& one) { return is_long(one.first) || one.second.size() > longest; }) ||
      std::ranges::any_of(facts.runtimes, is_long) || std::ranges::any_of(facts.volume_drivers, is_long))
    return Error{Code::invalid_argument, "paths, runtimes or volume_drivers: too many or too long"};
  const std::string key = node_key(call);
  // What is for one of two with one key the others would send to the other.
  bool taken = false;
  view.facts.each(call.who.grid + '/', [&](const auto& item) {
    taken = taken || (item.key != key && !facts.mesh_key.empty() && item.value.mesh_key == facts.mesh_key);
  });
  if (taken) {
    facts.mesh_key.clear();
    facts.mesh_endpoints.clear();
    facts.mesh_problem = "the key of its mesh is that of another node: this one is not in the mesh. "
                         "Where its host was copied, remove mesh.key in its agent's state folder and start it anew";
  }
  Change change{.reply = {200, "{}"}, .resource = key};
  const auto* known = view.facts.get(key);
  const auto* node = view.nodes.find(key);
  if (known && *known == facts && node && node->value.number != 0) return change;
  if (!node) return Error{Code::unauthenticated, "this node was removed"};
  KTN_TRY(const bool has_number, give_number(view, *node, change.commit));
  if (!has_number) {
    facts.mesh_problem = "the grid's pool has addresses for " + std::to_string(overlay::most_nodes) +
                         " nodes, and all are given: this node is not in the mesh, its containers reach those of the node alone; "
                         "remove nodes that are gone, and start this agent anew";
    if (known && *known == facts) return change;
  }
  change.commit.unchanged.push_back(unchanged(store::nodes, *node));
  change.commit.puts.push_back(store::facts.put(key, facts));
  return change;
}

// ?after=REVISION of the last answer; 0 or a revision too old for the removals
// still known gets all there is.
Result<Answer> get_assignments(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const std::int64_t after, number_asked(call, "after", 0));
  const std::string node = node_key(call);
  const auto removals = after > 0 && after <= view.revision ? context.views.removals(node, after) : std::nullopt;
  api::AssignmentsAnswer told{.revision = view.revision, .complete = !removals};
  std::set<std::string> networks_used;
  std::vector<model::Assignment> with_others;  // not changed themselves
  view.by_node.each(node + '/', [&](const auto& entry) {
    const auto* item = view.instances.find(entry.value);
    if (!item) return;
    if (!can_be_told(view, item->value)) {
      told.unreadable.push_back(*item->value.id);
      return;
    }
    model::Assignment a = assignment(view, item->value);
    for (const auto& [key, network] : a.networks) networks_used.insert(network.name);
    if (told.complete || item->revision > after)
      told.instances.push_back(std::move(a));
    else if (!a.beside.empty())
      with_others.push_back(std::move(a));
  });
  // Those that they are beside may be among what has changed.
  if (!told.instances.empty()) std::ranges::move(with_others, std::back_inserter(told.instances));
  for (std::string& id : unreadable_instances(view, call.who.grid)) told.unreadable.push_back(std::move(id));
  if (removals) {
    std::set<std::string> unused;
    for (const Removal& removal : *removals) {
      if (removal.revision > view.revision) continue;
      told.forgotten.push_back(removal.instance);
      for (const std::string& name : removal.networks)
        if (!networks_used.contains(name)) unused.insert(name);
    }
    told.networks_unused.assign(unused.begin(), unused.end());
  }
  const bool nothing_new = !told.complete && told.instances.empty() && told.forgotten.empty();
  if (nothing_new && !call.last) return Answer(Park{{"by_node/" + node}});
  return answer(told);
}

Result<Change> put_statuses(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const api::StatusRequest report, body_of<api::StatusRequest>(call));
  if (!context.reports.in_order(node_key(call), report.run, report.number))
    return Error{Code::conflict, "a later report of this node was heard already"};
  Change change{.resource = node_key(call)};
  api::StatusAnswer told;
  const auto damaged = unreadable_instances(view, call.who.grid);
  std::set<std::string> seen;
  for (const api::StatusReport& one : report.instances) {
    const auto* key = view.by_node.get(node_key(call) + '/' + one.id);
    const auto* instance = key ? view.instances.find(*key) : nullptr;
    if (!instance) {
      if (std::ranges::find(damaged, one.id) == damaged.end()) told.unknown.push_back(one.id);
      continue;
    }
    if (!seen.insert(one.id).second) return Error{Code::invalid_argument, "instance '" + one.id + "' is reported twice"};
    const auto* known = view.statuses.find(*key);
    if (known && known->value == one.status) continue;
    change.commit.unchanged.push_back(unchanged(store::instances, *instance));
    // Of two at once the later one is to be the last: what is written is as it was read.
    const std::string status = store::statuses.key(*key);
    const auto* damaged_one = known ? nullptr : view.unreadable.find(status);
    change.commit.unchanged.push_back({status, known ? known->revision : damaged_one ? damaged_one->revision : 0});
    change.commit.puts.push_back(store::statuses.put(*key, one.status));
    tell_status(view, instance->value, known ? &known->value : nullptr, one.status, call.now, change.commit);
  }
  change.reply = json(told);
  return change;
}

Result<Answer> list_streams(const Context& context, const ClusterView&, const Call& call) {
  api::StreamList list{context.logs.take(node_key(call)), context.asks.take(node_key(call))};
  if (list.streams.empty() && list.asks.empty() && !call.last) return Answer(Park{{"streams/" + node_key(call)}});
  return answer(list);
}

Result<http::Response> feed_stream(Context& context, const View&, const Call& call, http::Upload* upload) {
  if (!upload) return Error{Code::internal, "the stream has no body"};
  KTN_OK(context.logs.feed(call.at("stream"), node_key(call), *upload));
  return http::Response{.body = "{}"};
}

}  // namespace kontena::server
