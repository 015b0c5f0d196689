#include "network_test.h"

#include <algorithm>

#include "kontena/base/ipv4.h"
#include "kontena/base/text.h"
#include "networks.h"

namespace kontena::server {
namespace {

constexpr std::int64_t handshake_is_old_ms = 200'000;  // one is made every two minutes, and we keep it going

std::string node_name(const ClusterView& view, const model::Instance& instance) {
  const auto* node = view.nodes.get(instance.grid + '/' + *instance.node);
  return node ? node->name : *instance.node;
}

bool is_up(const ClusterView& view, const model::Instance& instance) {
  const auto* status = view.statuses.get(model::instance_key(instance));
  return status && status->state == model::InstanceState::running && status->health != model::Health::unhealthy;
}

// Why nobody can talk with it; "" = it runs.
std::string why_down(const ClusterView& view, const model::Liveness& states, const End& end) {
  const model::Instance& instance = *end.instance;
  if (instance.node.empty()) return "has no node" + (instance.why_not.empty() ? "" : ": " + instance.why_not);
  const auto heard = states.find(instance.node);
  if (heard != states.end() && heard->second == model::NodeState::lost)
    return "is on node " + end.node + ", which is lost";
  const auto* status = view.statuses.get(model::instance_key(instance));
  if (!status) return "was not reported yet by node " + end.node;
  if (status->state != model::InstanceState::running)
    return "does not run, it is " + std::string(model::name(status->state)) + " on " + end.node +
           (status->message.empty() ? "" : ": " + status->message);
  return "";
}

std::string networks_text(const model::Instance& instance) {
  std::vector<std::string> names;
  for (const auto& [name, address] : instance.addresses) names.push_back(name);
  return names.empty() ? "none" : text::join(names, ", ");
}

std::string age_text(std::int64_t ms) { return std::to_string(ms / 1000) + " s"; }

std::string tried_text(const api::Looked& looked) {
  return looked.endpoints.empty() ? "it has no address for it and waits to be called"
                                  : "it tries " + text::join(looked.endpoints, ", ");
}

std::string name_of(const Target& target) { return target.end ? target.end->name : target.address; }

}  // namespace

End end_of(const ClusterView& view, const model::Instance& instance) {
  const std::string project = instance.project == "default" ? "" : instance.project + '/';
  return {&instance, project + instance.stack + '/' + instance.service + '-' + std::to_string(instance.slot),
          node_name(view, instance)};
}

Result<End> find_end(const ClusterView& view, const model::ProjectPath& project, const std::string& word) {
  const auto slash = word.find('/');
  const std::string stack = word.substr(0, slash), rest = slash == std::string::npos ? "" : word.substr(slash + 1);
  if (stack.empty() || rest.empty() || rest.find('/') != std::string::npos)
    return Error{Code::invalid_argument, "'" + word + "' is not STACK/SERVICE or STACK/SERVICE-N",
                 "kontena client ps lists instances"};
  const std::string prefix = project.text() + '/' + stack + '/';
  const auto dash = rest.rfind('-');
  const auto slot = dash == std::string::npos || dash == 0 ? std::nullopt : text::integer(rest.substr(dash + 1));
  const model::Instance* found = nullptr;
  const auto better = [&](const model::Instance& one) {
    if (!found || is_up(view, one) != is_up(view, *found)) return !found || is_up(view, one);
    // Of two in one slot the newer takes the other's place; of several slots the first is as good as any.
    return one.slot == found->slot ? one.created_ms > found->created_ms : one.slot < found->slot;
  };
  const auto look = [&](const std::string& service, std::optional<std::int64_t> of_slot) {
    view.instances.each(prefix + service + '/', [&](const auto& item) {
      const model::Instance& one = item.value;
      if (one.desired != model::Desired::removed && (!of_slot || one.slot == *of_slot) && better(one)) found = &one;
    });
  };
  look(rest, std::nullopt);
  if (!found && slot) look(rest.substr(0, dash), slot);
  if (!found) return Error{Code::not_found, "there is no instance '" + word + "'", "kontena client ps " + stack};
  return end_of(view, *found);
}

model::StringMap shared(const model::Instance& from, const model::Instance& to) {
  model::StringMap both;
  if (from.grid != to.grid || from.project != to.project) return both;
  for (const auto& [name, address] : to.addresses)
    if (from.addresses.contains(name)) both[name] = address;
  return both;
}

Target holder(const ClusterView& view, const model::ProjectPath& project, const std::string& address) {
  Target target{.address = address};
  const auto wanted = parse_ipv4(address);
  view.networks.each(project.text() + '/', [&](const auto& item) {
    const auto subnet = parse_subnet(item.value.subnet);
    if (!wanted || !subnet || !subnet->contains(*wanted)) return;
    target.network = item.key;
    view.members.each(item.key + '/' + address + '/', [&](const auto& member) {
      const auto* instance = view.instances.get(member.value);
      if (instance && (!target.end || is_up(view, *instance))) target.end = end_of(view, *instance);
    });
  });
  return target;
}

api::TestStep judge_from(const ClusterView& view, const model::Liveness& states, const End& from) {
  api::TestStep step{.what = "from"};
  if (const std::string why = why_down(view, states, from); !why.empty()) {
    step.text = from.name + ' ' + why;
    step.hint = "kontena client ps " + from.instance->stack;
  } else if (from.instance->addresses.empty()) {
    step.text = from.name + " is on no network of the cluster (network_mode)";
    step.hint = "its network is that of its host, or none: try from there";
  } else {
    step.ok = true;
    step.text = from.name + " runs on " + from.node + ", on " + networks_text(*from.instance);
  }
  return step;
}

api::TestStep judge_name(const End& from, const std::string& name, const api::Resolved& resolved, const Target& meant) {
  api::TestStep step{.what = "name"};
  const std::string known = text::join(resolved.known, ", "), told = text::join(resolved.answers, ", ");
  if (resolved.is_ours && resolved.known.empty()) {
    step.text = from.node + " knows nobody up by the name '" + name + "' on the networks of " + from.name;
    step.hint = "who has it may be down, or on another network: kontena client network show NETWORK";
  } else if (!resolved.answered) {
    step.text = from.name + " asks " + resolved.server + " for '" + name + "': " + resolved.failure;
    step.hint =
        (resolved.is_ours ? "the node knows it (" + known + "): " : "the host's own resolvers may not answer, or ") +
        "a firewall of " + from.node + " may drop what containers ask the host";
  } else if (!resolved.failure.empty() && resolved.is_ours) {
    step.text = from.name + " asks " + resolved.server + " for '" + name + "': " + resolved.failure;
    step.hint = "the node knows it (" + known + "): does something else answer there?";
  } else if (!resolved.failure.empty()) {
    step.text = "'" + name + "' is no name on the networks of " + from.name + ", and the resolvers of " + from.node +
                " do not know it: " + resolved.failure;
    step.hint =
        "kontena client network show NETWORK has who is there; what those resolvers are is in /etc/resolv.conf of " +
        from.node;
  } else if (!meant.address.empty() && std::ranges::find(resolved.answers, meant.address) == resolved.answers.end()) {
    step.text = "'" + name + "' leads " + from.name + " to " + (told.empty() ? "nobody" : told) + ", and not to " +
                meant.address;
    step.hint = resolved.is_ours ? "try again in a second: it may have moved just now" : "";
  } else {
    step.ok = true;
    step.text = "'" + name + "' is " + told + " for " + from.name;
  }
  return step;
}

api::TestStep judge_network(const ClusterView& view, const End& from, const Target& to) {
  api::TestStep step{.what = "network"};
  const std::string both_of_one =
      "put both on one: kontena client network create NAME, and in both stacks `networks: {NAME: {external: true}}`";
  if (to.end && to.network.empty()) {
    step.text = "they share no network: " + from.name + " is on " + networks_text(*from.instance) + ", " +
                to.end->name + " on " + networks_text(*to.end->instance);
    step.hint = "this is how they are kept apart; " + both_of_one;
  } else if (!to.network.empty() && !from.instance->addresses.contains(to.network.substr(to.network.rfind('/') + 1))) {
    step.text = to.address + " is of network " + to.network.substr(to.network.rfind('/') + 1) + ", which " + from.name +
                " is not on";
    step.hint = "this is how they are kept apart; " + both_of_one;
  } else if (!to.network.empty()) {
    step.ok = true;
    step.text = "both are on " + to.network.substr(to.network.rfind('/') + 1);
  } else {
    bool way_out = false;
    for (const auto& [name, address] : from.instance->addresses) {
      const auto* network = view.networks.get(network_key(from.instance->grid, from.instance->project, name));
      way_out |= network && !network->internal;
    }
    const auto address = parse_ipv4(to.address);
    step.ok = way_out && !(address && pool_of(view, from.instance->grid).contains(*address));
    if (step.ok) {
      step.text =
          to.address + " is outside of the cluster: " + from.name + " goes there by the address of " + from.node;
    } else if (way_out) {
      step.text = to.address + " is of the grid's pool, and of no network of the project: nobody is reached there";
      step.hint = "kontena client network ls";
    } else {
      step.text = to.address + " is outside of the cluster, and all networks of " + from.name + " are internal";
      step.hint = "put it on a network that is not";
    }
  }
  return step;
}

api::TestStep judge_member(const ClusterView& view, const model::Liveness& states, const Target& to) {
  api::TestStep step{.what = "member"};
  if (!to.end) {
    const auto* network = view.networks.get(to.network);
    const bool gateway = network && network->gateway == to.address;
    step.text = gateway ? to.address + " is the nodes' own address in the network" : "nobody has " + to.address;
    step.hint = gateway ? "only names are answered there"
                        : "kontena client network show " + to.network.substr(to.network.rfind('/') + 1);
    return step;
  }
  const End& end = *to.end;
  const auto* status = view.statuses.get(model::instance_key(*end.instance));
  if (const std::string why = why_down(view, states, end); !why.empty()) {
    step.text = end.name + ' ' + why;
  } else if (status->health == model::Health::unhealthy) {
    step.text = end.name + " on " + end.node + " is unhealthy, so that its name does not lead to it" +
                (status->last_failure ? ": " + status->last_failure->message : "");
  } else {
    step.ok = true;
    step.text = end.name + " runs on " + end.node + ", " + to.address;
    return step;
  }
  step.hint = "kontena client service show " + end.instance->stack + '/' + end.instance->service;
  return step;
}

namespace {

// What is wrong with one side; "" = nothing.
std::string wrong_rules(const Sides& sides, const std::string& node, const api::Looked& looked, std::string& hint) {
  const auto who = [&](const std::string& address) {
    return address == sides.from_address ? sides.from.name : name_of(sides.to);
  };
  hint = "kontena client node network " + node;
  if (!looked.problem.empty()) return "node " + node + " cannot make its network as it is told: " + looked.problem;
  if (!looked.missing.empty()) {
    hint = "does its agent reach the server? Its log says so";
    return "node " + node + " was not told of " + who(looked.missing.front()) + ", " + looked.missing.front();
  }
  if (!looked.current) return "node " + node + " has not done yet what it was told last";
  if (!looked.bridge) return "the bridge of the network on " + node + " is not there or not as it should be";
  if (!looked.barred.empty()) {
    hint = "an agent mends that in a second: does it run? kontena client events --node " + node;
    return "the rules of " + node + " do not let " + looked.barred.front() + " through";
  }
  return "";
}

}  // namespace

api::TestStep judge_rules(const Sides& sides) {
  api::TestStep step{.what = "rules"};
  step.text = wrong_rules(sides, sides.from.node, sides.there, step.hint);
  if (step.text.empty()) step.text = wrong_rules(sides, sides.to.end->node, sides.back, step.hint);
  step.ok = step.text.empty();
  if (!step.ok) return step;
  step.hint.clear();
  step.text = sides.from.node == sides.to.end->node
                  ? sides.from.node + " lets them through"
                  : sides.from.node + " and " + sides.to.end->node + " let them through";
  return step;
}

api::TestStep judge_route(const Sides& sides) {
  api::TestStep step{.what = "route"};
  const std::string &here = sides.from.node, &there = sides.to.end->node;
  if (here == there) {
    step.ok = true;
    step.text = "both are on " + here + ": no other node is on the way";
    return step;
  }
  const auto wrong = [&](const std::string& node, const std::string& other, const std::string& to,
                         const api::Looked& looked) {
    if (looked.peer.empty()) return node + " has no peer " + other;
    if (!looked.route) return node + " has no route to " + to;
    if (!looked.allowed) return node + " does not let " + other + " send as " + to;
    return std::string();
  };
  step.text = wrong(here, there, sides.to.address, sides.there);
  std::string at = here;
  if (step.text.empty()) step.text = wrong(there, here, sides.from_address, sides.back), at = there;
  step.ok = step.text.empty();
  if (step.ok)
    step.text = here + " has a route to " + sides.to.address + " by " + there + ", and that one back";
  else
    step.hint = "kontena client node network " + at;
  return step;
}

api::TestStep judge_handshake(const Sides& sides) {
  api::TestStep step{.what = "handshake"};
  const std::string &here = sides.from.node, &there = sides.to.end->node;
  const std::string hint = "is UDP port 51820 of " + here + " or " + there +
                           " reachable by the other? Firewalls; `kontena agent --endpoint` where a NAT is in between";
  const auto wrong = [&](const std::string& node, const std::string& other, const api::Looked& looked) {
    if (looked.handshake_age_ms < 0)
      return node + " and " + other + " have never met: of " + node + ", " + tried_text(looked);
    if (looked.handshake_age_ms > handshake_is_old_ms)
      return node + " has not heard of " + other + " for " + age_text(looked.handshake_age_ms) + "; " +
             tried_text(looked);
    return std::string();
  };
  step.text = wrong(here, there, sides.there);
  if (step.text.empty()) step.text = wrong(there, here, sides.back);
  step.ok = step.text.empty();
  if (step.ok)
    step.text =
        here + " and " + there + " met " + age_text(sides.there.handshake_age_ms) + " ago, at " + sides.there.endpoint;
  else
    step.hint = hint;
  return step;
}

api::TestStep judge_path(const End& from, const std::string& to, bool outside, const api::Reached& reached) {
  api::TestStep step{.what = "path"};
  const std::string hint = outside
                               ? "many hosts do not answer echoes: name a port, TO:PORT, to try that"
                               : "all that is kontena's is as it should be: a firewall of the hosts that drops what is "
                                 "forwarded, or echoes that the container itself drops";
  const std::string milliseconds =
      std::to_string(reached.best_us / 1000) + '.' + std::to_string(reached.best_us / 100 % 10) + " ms";
  if (reached.echoes == 0) {
    step.text = from.name + " gets no answer to " + std::to_string(reached.tried) + " echoes from " + to +
                (reached.echo_failure.empty() ? "" : ": " + reached.echo_failure);
    step.hint = hint;
    return step;
  }
  step.ok = true;
  step.text = to + " answers in " + milliseconds;
  if (reached.echoes < reached.tried)
    step.text += ", but only " + std::to_string(reached.echoes) + " of " + std::to_string(reached.tried) + " times";
  if (reached.passes > 0) {
    step.text += ", packets of " + std::to_string(reached.passes) + " bytes pass";
    if (reached.passes < reached.mtu)
      step.text += " (of " + std::to_string(reached.mtu) + ": the path tells senders so)";
  } else if (reached.mtu > 0) {
    step.ok = false;
    step.text += ", but packets of " + std::to_string(reached.mtu) + " bytes are lost, and nobody says so";
    step.hint = "the way between the hosts takes smaller packets only, and what tells so (ICMP) is dropped";
  }
  return step;
}

api::TestStep judge_port(const std::string& to, std::int64_t port, const api::Reached& reached,
                         const api::Looked* looked) {
  api::TestStep step{.what = "port", .ok = reached.port == "open"};
  const std::string number = "port " + std::to_string(port), of = number + " of " + to;
  const bool known = looked && looked->looked_inside;
  const bool somebody = known && !looked->listening.empty();
  const bool itself_only = somebody && std::ranges::all_of(looked->listening, [](const std::string& address) {
                             return address.starts_with("127.") || address == "::1";
                           });
  if (step.ok) {
    step.text = of + " is open";
  } else if (itself_only) {
    step.text =
        "at " + of + " somebody listens for the container itself only, on " + text::join(looked->listening, ", ");
    step.hint = "have the program listen on 0.0.0.0";
  } else if (known && !somebody) {
    step.text = "nothing listens at " + of + (reached.port == "silent" ? ", and nothing answers" : "");
    step.hint = "is this the port that the program in the container listens on? Not the published one of the host";
  } else if (reached.port == "refused") {
    step.text = of + " is refused";
    step.hint = somebody ? "somebody listens there, on " + text::join(looked->listening, ", ") +
                               ": a firewall in between rejects it"
                         : "nothing listens there, or a firewall rejects it";
  } else if (reached.port == "silent") {
    step.text = of + " does not answer: what is sent there is dropped";
    step.hint =
        somebody ? "somebody listens there: a firewall in the container or on the way drops it, or the program is stuck"
                 : "a firewall on the way, or the host is not there";
  } else {
    step.text = of + " cannot be reached: " + reached.port_failure;
  }
  return step;
}

}  // namespace kontena::server
