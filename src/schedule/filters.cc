#include "filters.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "kontena/base/text.h"

namespace kontena::schedule {
namespace {

// "0.5", "2": at most two decimals, none of them a trailing zero.
std::string cores(std::int64_t nano_cpus) {
  std::array<char, 32> buffer{};
  const auto hundredths = std::max<std::int64_t>(nano_cpus, 0) / 10'000'000;
  std::snprintf(buffer.data(), buffer.size(), "%lld.%02lld", static_cast<long long>(hundredths / 100),
                static_cast<long long>(hundredths % 100));
  std::string text = buffer.data();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

bool ready(const Candidate& c, const Question&) { return c.ready; }

bool meets_constraints(const Candidate& c, const Question& q) { return !q.meets || (*q.meets)[c.index] != 0; }

bool is_pinned(const Candidate& c, const Question& q) { return !q.request.pinned || c.node->id == *q.request.pinned; }

std::string pinned_for(std::span<const Candidate* const>, const Question& q) {
  return q.request.pinned_for.empty() ? "its volume lives on" : q.request.pinned_for;
}

std::int64_t cpus_needed(const Question& q) { return q.spec().reservations.nano_cpus + q.request.along.nano_cpus; }
std::int64_t memory_needed(const Question& q) {
  return q.spec().reservations.memory_bytes + q.request.along.memory_bytes;
}

bool listed(const std::vector<NodeId>& nodes, const Candidate& c) {
  return !nodes.empty() && std::ranges::find(nodes, c.node->id) != nodes.end();
}

bool may_go_there(const Candidate& c, const Question& q) { return !listed(q.request.not_on, c); }

bool below_maximum(const Candidate& c, const Question& q) {
  const auto maximum = q.spec().placing.max_replicas_per_node;
  return maximum == 0 || q.of_service.of(c.index) < maximum;
}

bool fits_cpus(const Candidate& c, const Question& q) {
  const auto need = cpus_needed(q);
  return need == 0 || need <= c.free_cpus();
}

std::string lacking_cpus(std::span<const Candidate* const> turned_away, const Question& q) {
  const auto best = std::ranges::max(turned_away, {}, [](const Candidate* c) { return c->free_cpus(); });
  return ": need " + cores(cpus_needed(q)) + " cores, best has " + cores(best->free_cpus());
}

bool fits_memory(const Candidate& c, const Question& q) {
  const auto need = memory_needed(q);
  return need == 0 || need <= c.free_memory();
}

std::string lacking_memory(std::span<const Candidate* const> turned_away, const Question& q) {
  const auto best = std::ranges::max(turned_away, {}, [](const Candidate* c) { return c->free_memory(); });
  return ": need " + text::human_bytes(memory_needed(q)) + ", best has " +
         text::human_bytes(std::max<std::int64_t>(best->free_memory(), 0));
}

HeldPort held(const model::Port& port) {
  const bool any = port.host_ip == "0.0.0.0" || port.host_ip == "::" || port.host_ip == "[::]";
  return {any ? "" : port.host_ip, port.protocol, port.published, std::max(port.published, port.published_last)};
}

bool share_ports(const HeldPort& a, const HeldPort& b) {
  return a.port <= b.last && b.port <= a.last && a.protocol == b.protocol &&
         (a.address.empty() || b.address.empty() || a.address == b.address);
}

bool taken(const model::Port& wanted, const Candidate& c) {
  if (wanted.published == 0) return false;
  const HeldPort w = held(wanted);
  const auto others = std::ranges::count_if(c.ports, [&](const HeldPort& h) { return share_ports(h, w); });
  // Whoever holds one of a range may have any of it: a single port in there is not sure to be free,
  // and in a range there is one as long as fewer hold some of it than there are.
  return others > w.last - w.port;
}

bool has_ports_free(const Candidate& c, const Question& q) {
  const auto is_taken = [&](const model::Port& p) { return taken(p, c); };
  return c.ports.empty() || (std::ranges::none_of(q.spec().ports, is_taken) &&
                             std::ranges::none_of(q.request.along_ports, is_taken));
}

std::string taken_port(std::span<const Candidate* const> turned_away, const Question& q) {
  auto ports = q.spec().ports;
  ports.insert(ports.end(), q.request.along_ports.begin(), q.request.along_ports.end());
  const auto port = std::ranges::find_if(ports, [&](const model::Port& p) { return taken(p, *turned_away.front()); });
  const std::string first = std::to_string(port->published);
  const bool range = port->published_last > port->published;
  return (range ? first + '-' + std::to_string(port->published_last) : first) + '/' + port->protocol + " taken";
}

bool is_of_platform(const model::NodeFacts& facts, const Needs& needs) {
  return std::ranges::all_of(needs.platforms, [&](const std::string& wanted) {
    return wanted == facts.os || wanted == facts.os + '/' + facts.architecture;
  });
}

bool has(const model::Strings& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// The first of what is needed that the node lacks; null: it has all.
const model::Strings* lacking_runtimes(const model::NodeFacts& facts, const Needs& needs) {
  const auto found = std::ranges::find_if(needs.runtimes, [&](const model::Strings& one_of) {
    return std::ranges::none_of(one_of, [&](const std::string& name) { return has(facts.runtimes, name); });
  });
  return found == needs.runtimes.end() ? nullptr : &*found;
}

const std::string* lacking_driver(const model::NodeFacts& facts, const Needs& needs) {
  const auto found =
      std::ranges::find_if(needs.volume_drivers, [&](const auto& name) { return !has(facts.volume_drivers, name); });
  return found == needs.volume_drivers.end() ? nullptr : &*found;
}

const std::string* unsaid(const model::NodeFacts& facts, const Needs& needs) {
  const auto found = std::ranges::find_if(needs.there, [&](const auto& name) { return !facts.paths.contains(name); });
  return found == needs.there.end() ? nullptr : &*found;
}

const std::string* absent(const model::NodeFacts& facts, const Needs& needs) {
  const auto found = std::ranges::find_if(needs.there, [&](const std::string& name) {
    const auto said = facts.paths.find(name);
    return said != facts.paths.end() && said->second.empty();
  });
  return found == needs.there.end() ? nullptr : &*found;
}

// "'/dev/fuse'", "volume 'data'"
std::string named(const std::string& thing) {
  const std::size_t colon = thing.starts_with('/') ? std::string::npos : thing.find(':');
  if (colon == std::string::npos) return '\'' + thing + '\'';
  return thing.substr(0, colon) + " '" + thing.substr(colon + 1) + '\'';
}

bool has_ipv6(const model::NodeFacts& facts, const Needs& needs) { return facts.ipv6 || !needs.ipv6; }

const model::NodeFacts& first(std::span<const Candidate* const> turned_away) { return *turned_away.front()->facts; }

// Cheapest and commonest first; the order is also the order of complaints.
constexpr std::array table{
    Filter{"not ready for new work", ready},
    Filter{"not matching the constraints", meets_constraints},
    Filter{"not of the platform ",
           [](const Candidate& c, const Question& q) { return is_of_platform(*c.facts, q.request.needs); },
           [](auto, const Question& q) { return text::join(q.request.needs.platforms, ", "); }},
    Filter{"without the runtime ",
           [](const Candidate& c, const Question& q) { return !lacking_runtimes(*c.facts, q.request.needs); },
           [](auto nodes, const Question& q) { return text::join(*lacking_runtimes(first(nodes), q.request.needs), " or "); }},
    Filter{"without the volume driver ",
           [](const Candidate& c, const Question& q) { return !lacking_driver(*c.facts, q.request.needs); },
           [](auto nodes, const Question& q) { return *lacking_driver(first(nodes), q.request.needs); }},
    Filter{"without IPv6", [](const Candidate& c, const Question& q) { return has_ipv6(*c.facts, q.request.needs); }},
    Filter{"without ", [](const Candidate& c, const Question& q) { return !absent(*c.facts, q.request.needs); },
           [](auto nodes, const Question& q) { return named(*absent(first(nodes), q.request.needs)); }},
    Filter{"not known yet to have ",
           [](const Candidate& c, const Question& q) { return !unsaid(*c.facts, q.request.needs); },
           [](auto nodes, const Question& q) {
             const auto& node = first(nodes);
             return named(*unsaid(node, q.request.needs)) + (never_says(node) ? ": its agent is too old to say so" : "");
           }},
    Filter{"not the node ", is_pinned, pinned_for},
    Filter{"where it is to go away from", may_go_there},
    Filter{"with max_replicas_per_node reached", below_maximum},
    Filter{"without enough free CPU", fits_cpus, lacking_cpus},
    Filter{"without enough free memory", fits_memory, lacking_memory},
    Filter{"with port ", has_ports_free, taken_port},
};

}  // namespace

std::span<const Filter> filters() { return table; }

bool has_needed(const model::NodeFacts& facts, const Needs& needs) {
  return is_of_platform(facts, needs) && !lacking_runtimes(facts, needs) && !lacking_driver(facts, needs) &&
         has_ipv6(facts, needs) && !absent(facts, needs) && !unsaid(facts, needs);
}

namespace {

bool has_likely_room(const Candidate& c, const model::Resources& likely) {
  return (likely.memory_bytes == 0 || likely.memory_bytes <= c.free_memory() - c.memory_expected) &&
         (likely.nano_cpus == 0 || likely.nano_cpus <= c.free_cpus() - c.nano_cpus_expected);
}

}  // namespace

bool admits(const Candidate& c, const Question& q) {
  return std::ranges::all_of(table, [&](const Filter& f) { return f.admits(c, q); }) &&
         !(q.avoids && listed(q.request.avoid, c)) && (!q.roomy || has_likely_room(c, q.likely));
}

std::string tally(std::span<const Candidate* const> candidates, const Question& q) {
  // A global service's slot belongs to one node: what the others lack is beside the point.
  const bool one_node = q.request.pinned && q.spec().mode == model::Mode::global;
  std::array<std::vector<const Candidate*>, table.size()> turned_away;
  bool any = false;
  for (const Candidate* c : candidates) {
    if (one_node && c->node->id != *q.request.pinned) continue;
    any = true;
    const auto first_no = std::ranges::find_if(table, [&](const Filter& f) { return !f.admits(*c, q); });
    if (first_no != table.end()) turned_away[static_cast<std::size_t>(first_no - table.begin())].push_back(c);
  }
  if (!any) return one_node ? "its node is gone" : "the grid has no nodes";
  std::string text;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (turned_away[i].empty()) continue;
    if (!text.empty()) text += "; ";
    text += one_node ? turned_away[i].front()->node->name : std::to_string(turned_away[i].size());
    text.append(" ").append(table[i].complaint);
    if (table[i].detail) text += table[i].detail(turned_away[i], q);
  }
  return text;
}

std::vector<HeldPort> held_ports(const model::ServiceSpec& spec) {
  std::vector<HeldPort> ports;
  for (const model::Port& port : spec.ports)
    if (port.published != 0) ports.push_back(held(port));
  return ports;
}

}  // namespace kontena::schedule
