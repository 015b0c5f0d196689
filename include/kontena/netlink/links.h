#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/ipv4.h"
#include "kontena/base/ipv6.h"
#include "kontena/base/result.h"

namespace kontena::netlink {

// 1 to 15 bytes, none of them a blank, '/' or ':', and neither "." nor "..".
bool is_link_name(std::string_view);

// A network device, as the kernel has it.
struct Link {
  std::string name;
  int index = 0;
  std::string kind;  // "bridge", "wireguard", "veth", "tun" …; empty for hardware and lo
  int mtu = 0;
  bool up = false;  // as set, which says nothing of a cable
  int master = 0;   // the index of the bridge it is a port of; 0: none
  friend bool operator==(const Link&, const Link&) = default;
};

// An address of a link, with the length of the prefix that it is in.
struct Address {
  Ipv4 address;
  int bits = 32;  // 0..32
  friend auto operator<=>(const Address&, const Address&) = default;
};

// A route of the main table that leaves by a link, without a gateway.
struct Route {
  Subnet to;
  int link = 0;                // its index
  std::optional<Ipv4> source;  // what our own packets there have as their source; the kernel's choice without
  int mtu = 0;                 // of packets there; 0: the link's
  friend auto operator<=>(const Route&, const Route&) = default;
};

struct RouteChange {
  enum class Kind { replace, remove };
  Kind kind = Kind::replace;
  Route route;  // `source` and `mtu` do not matter to a removal
};

struct Route6 {  // likewise
  Subnet6 to;
  int link = 0;
  int mtu = 0;
  friend auto operator<=>(const Route6&, const Route6&) = default;
};

// Links, addresses and routes of the network namespace in which it was opened. One
// thread at a time. What is there already is Code::already_exists, what is not
// there (any more) Code::not_found, what this kernel cannot do Code::unsupported.
class Links {
 public:
  // Our routes bear this number as their protocol and metric: nobody else's are
  // listed, replaced or removed.
  static constexpr int our_protocol = 75;

  static Result<Links> open();
  Links(Links&&) noexcept;
  Links& operator=(Links&&) noexcept;
  ~Links();

  Result<std::vector<Link>> list();
  Result<Link> find(const std::string& name);
  Result<Link> create_wireguard(const std::string& name);  // down, without addresses
  Status remove(const std::string& name);
  Status set_mtu(const std::string& name, int mtu);
  Status set_up(const std::string& name);

  Result<std::vector<Address>> addresses(int link);
  Status add_address(int link, const Address&);
  Status remove_address(int link, const Address&);

  // Our routes by that link.
  Result<std::vector<Route>> routes(int link);
  // Tries all of them, also after one has failed; the error is that of the first and
  // says how many failed. Replacing makes what is not there, and takes a route of
  // ours off another link; removing what is gone is done.
  Status change_routes(std::span<const RouteChange>);

  // The same of IPv6. What is to go goes first.
  Result<std::vector<Route6>> routes6(int link);
  Status change_routes6(std::span<const Route6> gone, std::span<const Route6> put);

  // The IPv6 addresses that a link answers for in place of those who have them (proxy NDP), sorted.
  Result<std::vector<Ipv6>> proxies(int link);
  Status change_proxies(int link, std::span<const Ipv6> gone, std::span<const Ipv6> put);

  // How long packets from here to an address may be ("192.0.2.7", "2001:db8::7"): what the
  // route or a router on the way has said, else the link by which they leave.
  Result<int> path_mtu(const std::string& address);

 private:
  struct State;
  explicit Links(std::unique_ptr<State>);
  std::unique_ptr<State> state_;
};

}  // namespace kontena::netlink
