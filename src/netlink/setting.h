#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "endpoint.h"
#include "kontena/netlink/wireguard.h"

// A Change in the steps that every WireGuard understands, which both ways of telling
// it write down. Keys are bytes here. Pure.
namespace kontena::netlink {

struct PeerStep {
  std::string public_key;
  bool remove = false;
  bool update_only = false;
  bool replace_allowed_ips = false;
  std::optional<Endpoint> endpoint;
  std::optional<int> keepalive_s;
  std::vector<Subnet> allowed_ips;  // to add
  std::vector<Subnet6> allowed_ips6 = {};
  friend bool operator==(const PeerStep&, const PeerStep&) = default;
};

struct Setting {
  std::optional<std::string> private_key;
  std::optional<int> listen_port;
  std::optional<std::uint32_t> fwmark;
  bool replace_peers = false;
  std::vector<PeerStep> peers;  // in this order
};

// Refuses what no device can take.
Status check(const Change&);

// Whether the steps depend on what the device has now.
bool needs_present_state(const Change&);

// REQUIRES: check(change); `now` where needs_present_state(). `nobody` is a public key
// that no peer has.
Setting setting_for(const Change& change, const Device* now, const std::string& nobody);

// The milliseconds of a moment as a device says it; 0 where it is none that can be.
std::int64_t moment_ms(std::int64_t seconds, std::int64_t nanoseconds);

}  // namespace kontena::netlink
