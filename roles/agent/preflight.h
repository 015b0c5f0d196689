#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kontena/codec/fields.h"
#include "kontena/engine/engine.h"
#include "settings.h"

// Whether a host is fit to be a node: `kontena agent check`, and warnings at the start.
namespace kontena::agent {

struct Finding {
  std::string what;   // "docker"
  std::string level;  // "ok", "warning", "error"
  std::string says;
  std::string next;  // what to do; "" = nothing
};

// What others' firewalls let in, as their own programs print it; "" = not in use.
struct Firewalls {
  std::string ufw;            // ufw status
  std::string firewalld;      // whether it has the port: "yes", "no"
  std::string iptables;       // iptables -S INPUT
  std::string nft;            // nft list ruleset
};

// The host, as far as it matters. What went wrong is an Error; what was not looked at, absent.
struct HostFacts {
  std::optional<Result<engine::EngineFacts>> engine;
  std::optional<Status> rules, iptables, port;
  std::optional<Status> kernel_wireguard;
  Result<std::string> wireguard_go = Error{Code::not_found, "not looked for"};  // its version
  bool tun = false;
  Firewalls firewalls;
  bool forwards = true;               // net.ipv4.ip_forward
  bool strict_sources = false;        // rp_filter of an uplink, or of all
  std::size_t uplinks = 1;
  bool bridges_are_filtered = false;  // br_netfilter
  bool ipv6 = true;
  std::optional<Status> pool;
};

// Where a firewall does not let the port in: which, and the command that opens it. Pure.
std::optional<Finding> shut_by(const Firewalls&, int port);

std::vector<Finding> judge(const HostFacts&, int port);  // pure

// `all`: with what is tried out in the kernel, and Docker; otherwise only what nobody
// else in the agent would notice.
HostFacts look_at_host(const Settings&, bool all);

void warn_of_host(const Settings&);  // in the log

int run_check(std::span<const std::string> arguments, const std::string& host_name);

}  // namespace kontena::agent

namespace kontena::codec {
template <>
struct Fields<agent::Finding> {
  static void visit(auto& v, auto& s) {
    v("what", s.what);
    v("level", s.level);
    v("says", s.says);
    v("next", s.next);
  }
};
}  // namespace kontena::codec
