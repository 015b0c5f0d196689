#include "kontena/dns/zone.h"

#include <algorithm>
#include <utility>

#include "kontena/base/text.h"

namespace kontena::dns {
namespace {

constexpr std::string_view reverse_suffix = ".in-addr.arpa";

template <class Address>
void sort_unique(std::vector<Address>& addresses) {
  std::ranges::sort(addresses);
  const auto rest = std::ranges::unique(addresses);
  addresses.erase(rest.begin(), rest.end());
}

bool is_in(std::string_view name, std::string_view domain) {
  return !domain.empty() && name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

// "1.0.0.10.in-addr.arpa"
std::optional<Ipv4> reversed(std::string_view name) {
  if (!name.ends_with(reverse_suffix)) return std::nullopt;
  const auto backwards = parse_ipv4(name.substr(0, name.size() - reverse_suffix.size()));
  if (!backwards) return std::nullopt;
  const std::uint32_t b = backwards->value;
  return Ipv4{b << 24 | (b & 0xff00) << 8 | (b >> 8 & 0xff00) | b >> 24};
}

// Adds what the asker's networks know of the name; tells whether one does. Where his own
// family has it, others of the name are not meant, though none of the own is up.
struct Found {
  std::vector<Ipv4> addresses;
  std::vector<Ipv6> addresses6;  // of the same members, those who have one; only where these are asked for
};
bool gather(const Zone& zone, const Asker& asker, std::string_view name, std::uint16_t wanted, Found& all) {
  const bool six = wanted == type::aaaa || wanted == type::any;
  const auto add = [&](auto&& find) {
    bool known = false;
    for (const NetworkId id : asker.networks) {
      const auto network = zone.networks.find(id);
      if (network == zone.networks.end() || !network->second) continue;
      const std::vector<Ipv4>* found = find(*network->second);
      if (!found) continue;
      all.addresses.insert(all.addresses.end(), found->begin(), found->end());
      for (const Ipv4 address : *found)
        if (const auto other = six ? network->second->beside(address) : std::nullopt) all.addresses6.push_back(*other);
      known = true;
    }
    return known;
  };
  return add([&](const Network& network) { return network.addresses(name, asker.family); }) ||
         add([&](const Network& network) { return network.addresses(name); });
}

template <class Address>
const std::string* name_of(const Zone& zone, const Asker& asker, Address address) {
  for (const NetworkId id : asker.networks) {
    const auto network = zone.networks.find(id);
    if (network == zone.networks.end() || !network->second) continue;
    if (const std::string* name = network->second->name(address)) return name;
  }
  return nullptr;
}

Reply no(Rcode rcode, std::string_view authority) {
  return {.rcode = rcode, .authoritative = true, .ttl = zone_ttl, .authority = std::string(authority)};
}

template <class Address>
std::vector<Address> in_turn(std::vector<Address> addresses, std::uint32_t turn) {
  sort_unique(addresses);
  if (!addresses.empty())
    std::ranges::rotate(addresses, addresses.begin() + turn % static_cast<std::uint32_t>(addresses.size()));
  return addresses;
}

// A name that exists. Where it is none of our domain it is its own authority.
Reply known(const Zone& zone, const Question& question, Found found, std::uint32_t turn) {
  if (question.type == type::aaaa) found.addresses.clear();
  const bool wanted = question.type == type::a || question.type == type::aaaa || question.type == type::any;
  if (!wanted || (found.addresses.empty() && found.addresses6.empty()))
    return no(Rcode::no_error, is_in(question.name, zone.domain) ? zone.domain : question.name);
  return {.authoritative = true,
          .ttl = zone_ttl,
          .addresses = in_turn(std::move(found.addresses), turn),
          .addresses6 = in_turn(std::move(found.addresses6), turn)};
}

template <class Address, class Net>
std::optional<Reply> reverse_lookup(const Zone& zone, const Asker& asker, const Question& question, Address address,
                                    const std::vector<Net>& subnets, std::string_view authority) {
  if (const std::string* name = name_of(zone, asker, address)) {
    if (question.type != type::ptr && question.type != type::any) return no(Rcode::no_error, authority);
    return Reply{.authoritative = true, .ttl = zone_ttl, .pointer = *name};
  }
  const bool ours = std::ranges::any_of(subnets, [&](const Net& subnet) { return subnet.contains(address); });
  if (ours) return no(Rcode::no_such_name, authority);
  return std::nullopt;
}

}  // namespace

Network::Network(std::span<const Member> members) {
  const auto add = [this](const std::string& name, const Member& member) {
    const auto [found, is_new] = named_.try_emplace(text::lower(name));
    Named& named = found->second;
    if (is_new) named.family = member.family;
    if (member.family != named.family && !std::exchange(named.mixed, true))
      mixed_[found->first][named.family] = named.addresses;
    if (named.mixed) {
      std::vector<Ipv4>& own = mixed_[found->first][member.family];
      if (member.answers) own.push_back(member.address);
    }
    if (member.answers) named.addresses.push_back(member.address);
  };
  for (const Member& member : members) {
    for (const std::string& name : member.names) add(name, member);
    if (member.full_name.empty()) continue;
    add(member.full_name, member);
    names_.emplace(member.address, text::lower(member.full_name));
    if (member.address6) names6_.emplace(*member.address6, text::lower(member.full_name));
  }
  for (const Member& member : members)
    if (member.address6) addresses6_.emplace(member.address, *member.address6);
  for (auto& [name, named] : named_) sort_unique(named.addresses);
  for (auto& [name, families] : mixed_)
    for (auto& [family, addresses] : families) sort_unique(addresses);
}

const std::vector<Ipv4>* Network::addresses(std::string_view name) const {
  const auto found = named_.find(name);
  return found == named_.end() ? nullptr : &found->second.addresses;
}

const std::vector<Ipv4>* Network::addresses(std::string_view name, std::string_view family) const {
  const auto found = named_.find(name);
  if (found == named_.end()) return nullptr;
  const Named& named = found->second;
  if (!named.mixed) return named.family == family ? &named.addresses : nullptr;
  const auto& families = mixed_.find(name)->second;
  const auto own = families.find(family);
  return own == families.end() ? nullptr : &own->second;
}

const std::string* Network::name(Ipv4 address) const {
  const auto found = names_.find(address);
  return found == names_.end() ? nullptr : &found->second;
}

const std::string* Network::name(Ipv6 address) const {
  const auto found = names6_.find(address);
  return found == names6_.end() ? nullptr : &found->second;
}

std::optional<Ipv6> Network::beside(Ipv4 address) const {
  const auto found = addresses6_.find(address);
  return found == addresses6_.end() ? std::nullopt : std::optional(found->second);
}

const Asker* Zone::asker(Ipv4 address) const {
  const auto found = askers.find(address);
  return found == askers.end() ? nullptr : found->second.get();
}

std::optional<Reply> lookup(const Zone& zone, const Asker& asker, const Question& question, std::uint32_t turn) {
  const std::string_view name = question.name;
  Found found;
  if (const auto link = asker.links.find(name); link != asker.links.end()) {
    for (const std::string& target : link->second) gather(zone, asker, target, question.type, found);
    return known(zone, question, std::move(found), turn);
  }
  if (gather(zone, asker, name, question.type, found)) return known(zone, question, std::move(found), turn);
  if (name == zone.domain && !name.empty()) {
    Reply reply = no(Rcode::no_error, zone.domain);
    reply.asks_authority = question.type == type::soa || question.type == type::any;
    return reply;
  }
  if (is_in(name, zone.domain)) return no(Rcode::no_such_name, zone.domain);
  if (const auto address = reversed(name)) {
    if (auto reply = reverse_lookup(zone, asker, question, *address, zone.subnets, reverse_suffix.substr(1))) return reply;
  }
  if (const auto address = zone.subnets6.empty() ? std::nullopt : reversed_ipv6(name)) {
    if (auto reply = reverse_lookup(zone, asker, question, *address, zone.subnets6, "ip6.arpa")) return reply;
  }
  if (asker.forwards) return std::nullopt;
  // The root's denial; a resolver that got an error would ask again and again.
  return Reply{.rcode = Rcode::no_such_name, .authoritative = true, .ttl = zone_ttl};
}

}  // namespace kontena::dns
