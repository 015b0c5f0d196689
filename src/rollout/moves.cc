#include "kontena/rollout/moves.h"

#include <algorithm>
#include <map>
#include <set>

#include "kontena/schedule/constraint.h"
#include "state.h"
#include "together.h"

namespace kontena::rollout {
namespace {

// A service that is as wanted, and so may have one of its instances moved.
struct Settled {
  const model::Service* service = nullptr;
  std::map<NodeId, std::vector<const model::Instance*>> on;

  std::int64_t count(const NodeId& node) const {
    const auto found = on.find(node);
    return found == on.end() ? 0 : std::ssize(found->second);
  }
};

struct Grid {
  const model::ClusterView& view;
  std::vector<NodeId> nodes;            // that take work, in order of id
  std::map<NodeId, std::int64_t> load;  // instances
  std::vector<Settled> services;
  std::map<std::string, Together> stacks = {};  // who is beside whom
};

bool is_quiet(const model::ClusterView& view, const model::StackPath& path) {
  const auto* stack = view.stacks.get(path.text());
  bool quiet = stack && stack->wanted == model::StackWanted::running;
  view.deployments.each(path.text() + '/',
                        [&](const auto& item) { quiet &= item.value.state != model::DeploymentState::running; });
  return quiet;
}

void add_service(Grid& grid, const model::Service& service) {
  const model::ServicePath path{service.grid, service.project, service.stack, service.spec.name};
  if (service.removed || service.spec.mode == model::Mode::global || service.spec.job) return;
  if (!is_quiet(grid.view, path.stack_path())) return;
  // Those that are together would have to go at once: they are left.
  const auto stack = grid.stacks.try_emplace(path.stack_path().text(), grid.view, path.stack_path()).first;
  if (stack->second.has(service.spec.name)) return;
  Settled settled{.service = &service};
  bool as_wanted = true;
  std::int64_t count = 0;
  grid.view.instances.each(path.text() + '/', [&](const auto& item) {
    const model::Instance& instance = item.value;
    const auto* status = grid.view.statuses.get(item.key);
    const auto* spec = made_from(grid.view, instance);
    ++count;
    as_wanted &= instance.desired == model::Desired::running && instance.move_why.empty() && status && spec &&
                 up(*status, *spec) && bound(grid.view, instance).empty();
    settled.on[instance.node].push_back(&instance);
  });
  if (as_wanted && count == service.spec.replicas) grid.services.push_back(std::move(settled));
}

// Spread over zones is more than even numbers: it is kept by moving inside one.
bool same_zones(const Grid& grid, const model::ServiceSpec& spec, const NodeId& a, const NodeId& b) {
  static const model::NodeFacts unknown;
  const auto value = [&](const NodeId& id, const std::string& name) {
    const std::string key = grid.services.front().service->grid + '/' + *id;
    const auto* facts = grid.view.facts.get(key);
    return schedule::attribute(*grid.view.nodes.get(key), facts ? *facts : unknown, name);
  };
  return std::ranges::all_of(spec.placing.spread,
                             [&](const std::string& name) { return value(a, name) == value(b, name); });
}

struct Chance {
  std::size_t service = 0;
  NodeId from, to;
  std::int64_t evens = 0, lightens = 0;  // by how much, of the service and of all

  friend bool operator<(const Chance& a, const Chance& b) {
    return std::tuple(-a.evens, -a.lightens, a.service, a.from, a.to) <
           std::tuple(-b.evens, -b.lightens, b.service, b.from, b.to);
  }
};

std::vector<Chance> chances(const Grid& grid) {
  std::vector<Chance> all;
  for (std::size_t s = 0; s < grid.services.size(); ++s) {
    const Settled& settled = grid.services[s];
    for (const auto& [from, there] : settled.on) {
      if (there.empty() || !std::ranges::binary_search(grid.nodes, from)) continue;
      for (const NodeId& to : grid.nodes) {
        if (to == from || !same_zones(grid, settled.service->spec, from, to)) continue;
        const std::int64_t differ = std::ssize(there) - settled.count(to);
        const std::int64_t lighter = grid.load.at(from) - grid.load.at(to);
        if (differ >= 2 || (differ == 1 && lighter >= 2))
          all.push_back({s, from, to, differ >= 2 ? differ : 0, lighter});
      }
    }
  }
  std::ranges::sort(all, std::less<>());
  return all;
}

}  // namespace

namespace {

// By what it has itself.
std::string bound_alone(const model::ClusterView& view, const model::Instance& instance) {
  const auto* spec = made_from(view, instance);
  if (!spec || instance.node.empty()) return "";
  const auto* service = view.services.get(instance.service_path().text());
  if (spec->mode == model::Mode::global) return "its service has one on every node";
  if (spec->pinned || (service && service->spec.pinned)) return "it is declared as pinned";
  const auto* stack = view.stacks.get(instance.service_path().stack_path().text());
  for (const model::Mount& mount : spec->mounts) {
    if (!stack || mount.kind != model::MountKind::volume) continue;
    const auto declared = stack->volumes.find(mount.source);
    if (declared == stack->volumes.end() || schedule::is_shared(declared->second)) continue;
    const std::string key = volume_key(instance.service_path().stack_path(), declared->first, declared->second);
    const std::string name = key.substr(key.rfind('/') + 1);
    if (declared->second.external) return "what its external volume '" + name + "' holds may be there only";
    const auto* volume = view.volumes.get(key);
    if (volume && volume->node == *instance.node) return "its volume '" + name + "' lives there";
  }
  return "";
}

}  // namespace

std::string bound(const model::ClusterView& view, const model::Instance& instance) {
  if (std::string why = bound_alone(view, instance); !why.empty() || instance.node.empty()) return why;
  const model::StackPath path = instance.service_path().stack_path();
  const Together together(view, path);
  std::string why;
  for (const Seat& seat : together.set_of({instance.service, instance.slot})) {
    if (seat.service == instance.service) continue;
    view.instances.each(path.text() + '/' + seat.service + '/', [&](const auto& item) {
      const model::Instance& other = item.value;
      if (!why.empty() || other.slot != seat.slot || other.node != instance.node ||
          other.desired == model::Desired::removed)
        return;
      if (const std::string its = bound_alone(view, other); !its.empty())
        why = "it is with " + other.service + '-' + std::to_string(other.slot) + ", of which holds: " + its;
    });
    if (!why.empty()) break;
  }
  return why;
}

std::vector<Move> rebalance(const model::ClusterView& view, schedule::Nodes& nodes, const std::string& name,
                            std::size_t most) {
  Grid grid{.view = view};
  view.nodes.each(name + '/', [&](const auto& item) {
    const model::Node& node = item.value;
    grid.load[node.id] = 0;
    if (node.availability == model::Availability::active && nodes.state(node.id) == model::NodeState::ready)
      grid.nodes.push_back(node.id);
  });
  std::ranges::sort(grid.nodes);
  view.instances.each(name + '/', [&](const auto& item) {
    if (!item.value.node.empty() && item.value.desired == model::Desired::running) ++grid.load[item.value.node];
  });
  view.services.each(name + '/', [&](const auto& item) { add_service(grid, item.value); });

  std::vector<Move> moves;
  std::set<std::tuple<std::size_t, NodeId, NodeId>> impossible;
  for (bool found = true; found && moves.size() < most;) {
    found = false;
    for (const Chance& chance : chances(grid)) {
      if (impossible.contains({chance.service, chance.from, chance.to})) continue;
      Settled& settled = grid.services[chance.service];
      const model::Instance& instance = *settled.on.at(chance.from).back();
      const model::ServiceSpec& spec = *made_from(view, instance);
      schedule::Request wish{.spec = &spec, .path = instance.service_path(), .pinned = chance.to};
      const auto* stack = view.stacks.get(instance.service_path().stack_path().text());
      if (stack) {
        wish.needs = schedule::needs_of(spec, stack->volumes);
        wish.needs.ipv6 = has_ipv6(view, *stack, spec);
      }
      // What is there now is to be there too: it may hold something by now.
      add(wish.needs, {.there = std::exchange(wish.needs.wished, {})});
      const auto place = nodes.place(wish);
      if (!place.node) {
        impossible.insert({chance.service, chance.from, chance.to});
        continue;
      }
      moves.push_back({instance, chance.to});
      settled.on[chance.to].insert(settled.on[chance.to].begin(), settled.on[chance.from].back());
      settled.on[chance.from].pop_back();
      --grid.load[chance.from];
      ++grid.load[chance.to];
      found = true;
      break;
    }
  }
  // One that went on in two hops goes there in one.
  std::vector<Move> last;
  for (const Move& move : moves) {
    const auto same = std::ranges::find(last, move.instance.id, [](const Move& m) { return m.instance.id; });
    if (same != last.end())
      same->to = move.to;
    else
      last.push_back(move);
  }
  return last;
}

}  // namespace kontena::rollout
