#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kontena/dns/endpoint.h"
#include "kontena/dns/message.h"

// What the containers of a node are told: values that don't change once made, so
// that the server reads them without a lock. Pure.
namespace kontena::dns {

// One instance on one network.
struct Member {
  Ipv4 address;
  std::string full_name;  // "web-1.shop.default.g1.kontena.local"; is what PTR says, and answers as well
  std::vector<std::string>
      names;            // all others, relative or full: "web", "web.shop", "web.shop.default.g1.kontena.local"
  bool answers = true;  // running and not unhealthy; otherwise its names exist without its address
  std::string family = {};  // the stack it is of, in full: a name means one's own family's, where that has it
  std::optional<Ipv6> address6 = {};
};

// The members of one network, found by name and by address. Its names are lower
// case whatever the members' are.
class Network {
 public:
  explicit Network(std::span<const Member> members);

  // None where nobody has the name; empty where nobody who has it answers.
  const std::vector<Ipv4>* addresses(std::string_view name) const;
  // The same of one family's members.
  const std::vector<Ipv4>* addresses(std::string_view name, std::string_view family) const;
  const std::string* name(Ipv4) const;
  const std::string* name(Ipv6) const;
  std::optional<Ipv6> beside(Ipv4) const;  // the other address of who has this one

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
  struct Named {
    std::vector<Ipv4> addresses;
    std::string family;  // of all that have the name
    bool mixed = false;  // or they are of several
  };
  ByName<Named> named_;
  ByName<std::map<std::string, std::vector<Ipv4>, std::less<>>> mixed_;  // by name and family
  std::unordered_map<Ipv4, std::string, AddressHash> names_;
  std::map<Ipv4, Ipv6> addresses6_;   // empty where the network has no IPv6 …
  std::map<Ipv6, std::string> names6_;
};

using NetworkId = std::uint32_t;  // the agent's own numbering

// A container of this node: who asks is known by the address that the question comes
// from. One that is on several networks has an entry for each of its addresses, the
// same one.
struct Asker {
  std::vector<NetworkId> networks;
  // Names of its own (Compose's `links`), lower case, each for names of its networks. They go
  // before those. Resolvers ask with their search domains first: give those forms too.
  std::map<std::string, std::vector<std::string>, std::less<>> links;
  std::vector<Endpoint> upstreams;  // Compose's `dns`; empty: the host's
  bool forwards = true;             // false on internal networks alone: a question that leaves is a way out
  std::string family = {};
};

// A change of one network is a copy of this with one pointer replaced.
struct Zone {
  std::string domain;           // "g1.kontena.local": all names in it are ours to deny
  std::vector<Subnet> subnets;  // the same for reverse names: the pool, and networks outside of it
  std::vector<Subnet6> subnets6 = {};
  std::unordered_map<NetworkId, std::shared_ptr<const Network>> networks;
  std::unordered_map<Ipv4, std::shared_ptr<const Asker>, AddressHash> askers;

  const Asker* asker(Ipv4) const;
};

// Every answer from the zone may be kept for so long, positive or not. Not 0, which some resolvers
// take for an error, and no more, as a change is to be seen at once.
inline constexpr std::uint32_t zone_ttl = 1;

// The answer to a question of class IN; none where the answer is elsewhere. Of several
// addresses the one that `turn` says comes first, and the others follow in order.
std::optional<Reply> lookup(const Zone&, const Asker&, const Question&, std::uint32_t turn);

}  // namespace kontena::dns
