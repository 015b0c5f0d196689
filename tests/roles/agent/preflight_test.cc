#include "preflight.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace kontena::agent {
namespace {

HostFacts good() {
  HostFacts host;
  host.engine = engine::EngineFacts{.version = "20.10.24", .api_version = "1.41", .live_restore = true};
  host.rules = host.iptables = host.port = host.kernel_wireguard = host.pool = Done{};
  return host;
}

Finding of(const HostFacts& host, const std::string& what) {
  for (Finding& finding : judge(host, 51820))
    if (finding.what == what) return finding;
  FAIL("nothing is said of " << what);
  return {};
}

std::string opens(const Firewalls& is, int port = 51820) {
  const auto shut = shut_by(is, port);
  return shut ? shut->next : "open";
}

}  // namespace

TEST_CASE("a host that is fit has nothing to do") {
  for (const Finding& finding : judge(good(), 51820)) {
    CAPTURE(finding.what);
    CHECK(finding.level == "ok");
    CHECK(finding.next.empty());
    CHECK_FALSE(finding.says.empty());
  }
}

TEST_CASE("what keeps a host from being a node is an error with the next step") {
  HostFacts host = good();
  host.engine = Result<engine::EngineFacts>(Error{Code::unavailable, "no engine answers"});
  host.rules = Status(Error{Code::failed_precondition, "the program nft is not installed", "install the package nftables"});
  host.port = Status(Error{Code::failed_precondition, "taking UDP port 51820: address already in use"});
  host.kernel_wireguard = Status(Error{Code::unsupported, "unknown device type"});
  host.wireguard_go = Error{Code::failed_precondition, "wireguard-go is not installed", "install it"};
  host.pool = Status(Error{Code::failed_precondition, "in use", "grid set --pool"});
  for (const char* what : {"docker", "nft", "port", "wireguard", "pool"}) {
    CAPTURE(what);
    CHECK(of(host, what).level == "error");
    CHECK_FALSE(of(host, what).next.empty());
  }
  host.wireguard_go = std::string("0.0.20220316");
  CHECK(of(host, "wireguard").next == "modprobe tun");
  host.tun = true;
  CHECK(of(host, "wireguard").level == "warning");
  CHECK(of(host, "wireguard").says.find("0.0.20220316") != std::string::npos);
}

TEST_CASE("what only makes it worse is a warning") {
  HostFacts host = good();
  (*host.engine)->live_restore = false;
  host.forwards = false;
  host.strict_sources = true;
  CHECK(of(host, "live-restore").level == "warning");
  CHECK(of(host, "forwarding").level == "warning");
  CHECK(of(host, "rp_filter").level == "ok");
  host.uplinks = 2;
  CHECK(of(host, "rp_filter").level == "warning");
}

TEST_CASE("a firewall that keeps the port shut is named, with the command that opens it") {
  CHECK(opens({}) == "open");
  const std::string ufw = "Status: active\n\nTo                         Action      From\n--                         ------      ----\n22/tcp                     ALLOW       Anywhere\n";
  CHECK(opens({.ufw = ufw}) == "ufw allow 51820/udp");
  CHECK(opens({.ufw = ufw + "51820/udp                  ALLOW       Anywhere\n"}) == "open");
  CHECK(opens({.ufw = ufw + "51820/tcp                  ALLOW       Anywhere\n"}) == "ufw allow 51820/udp");
  CHECK(opens({.ufw = ufw + "51820/udp                  DENY        Anywhere\n"}) == "ufw allow 51820/udp");
  CHECK(opens({.firewalld = "yes"}) == "open");
  CHECK(opens({.firewalld = "no"}, 7000) == "firewall-cmd --add-port=7000/udp --permanent && firewall-cmd --reload");

  const std::string open = "iptables -I INPUT -p udp --dport 51820 -j ACCEPT";
  CHECK(opens({.iptables = "-P INPUT ACCEPT\n-A INPUT -s 10.0.0.1/32 -j DROP\n"}) == "open");
  CHECK(opens({.iptables = "-P INPUT DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"}) == open);
  CHECK(opens({.iptables = "-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with icmp-port-unreachable\n"}) == open);
  CHECK(opens({.iptables = "-P INPUT DROP\n-A INPUT -p udp -m udp --dport 51820 -j ACCEPT\n"}) == "open");
  CHECK(opens({.iptables = "-P INPUT DROP\n-A INPUT -p udp -m udp --dport 5182 -j ACCEPT\n"}) == open);

  const std::string own =
      "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t\ttcp dport 22 accept\n\t}\n}\n";
  CHECK(opens({.nft = own}) == "nft insert rule inet filter input udp dport 51820 accept");
  CHECK(opens({.nft = own + "table inet more {\n\tchain c {\n\t\tudp dport { 53, 51820 } accept\n\t}\n}\n"}) == "open");
  CHECK(opens({.nft = "table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n"}) == "open");
}

}  // namespace kontena::agent
