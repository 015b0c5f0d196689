#include "kontena/netlink/rules.h"

#include <doctest/doctest.h>

#include "../../src/netlink/run.h"
#include "kontena/netlink/links.h"
#include "kontena/netlink/sysctl.h"
#include "own_host.h"

using namespace kontena;
using namespace kontena::netlink;
using test::inside;

TEST_CASE("a program gets its input and arguments, and nothing of ours") {
  const auto output =
      run({"/bin/sh", "-c", "cat; echo \"$1\" >&2; ls /proc/self/fd | wc -w; exit 3", "sh", "a  b"}, "in\n");
  REQUIRE(output);
  CHECK(output->status == 3);
  // 0, 1, 2, and the folder that ls reads.
  CHECK(output->out == "in\n4\n");
  CHECK(output->err == "a  b\n");
  CHECK(output->complaint() == "a  b");
  CHECK(run({"/bin/sh", "-c", "kill -9 $$"}, "")->status == 128 + 9);
  CHECK(run({"/no/such/program"}, "").error().code == Code::not_found);
}

TEST_CASE("a program that does not end, or prints without end, is ended") {
  CHECK(run({"/bin/sh", "-c", "while :; do :; done"}, "", {Duration(100), 1000}).error().code ==
        Code::deadline_exceeded);
  CHECK(run({"/bin/sh", "-c", "while :; do echo y; done"}, "", {Duration(60'000), 1000}).error().code ==
        Code::exhausted);
  // One that has started another, which holds its streams, has ended when it has ended.
  const auto output =
      run({"/bin/sh", "-c", "(read x </dev/tty; tail -f /dev/null) & echo $!"}, "", {Duration(60'000), 1000});
  REQUIRE(output);
  CHECK(output->status == 0);
  CHECK(run({"/bin/kill", "-9", output->out.substr(0, output->out.find('\n'))}, ""));
}

TEST_SUITE_BEGIN("kernel");

TEST_CASE("settings of the kernel are written where they differ" * doctest::skip(!inside())) {
  REQUIRE(test::command({"ip", "link", "add", "s.0", "type", "bridge"}) == 0);
  const std::vector<std::string> arp{"conf", "s.0", "proxy_arp"}, delay{"neigh", "s.0", "proxy_delay"};
  CHECK(*sysctl(arp) == "0");
  CHECK(*set_sysctl(arp, "1"));
  CHECK_FALSE(*set_sysctl(arp, "1"));
  CHECK(*sysctl(arp) == "1");
  CHECK(*set_sysctl(delay, "0"));
  CHECK_FALSE(*set_sysctl(delay, "0"));
  CHECK(sysctl({"conf", "no", "proxy_arp"}).error().code == Code::not_found);
  CHECK(sysctl({"conf", "..", "ip_forward"}).error().code == Code::invalid_argument);
  CHECK(set_sysctl({"conf", "a/b", "proxy_arp"}, "1").error().code == Code::invalid_argument);
  CHECK(set_sysctl(arp, "many").error().code == Code::invalid_argument);
  CHECK(*set_sysctl({"ip_forward"}, *sysctl({"ip_forward"}) == "1" ? "0" : "1"));
  CHECK(Links::open()->remove("s.0"));
}

TEST_CASE("a ruleset is applied as a whole and read back" * doctest::skip(!inside())) {
  const auto nft = Nft::find();
  if (!nft) {
    MESSAGE("skipped: " << nft.error().message);
    return;
  }
  CHECK_FALSE(nft->tables("ktest")->has_value());
  REQUIRE(
      nft->apply("table inet ktest {\n  set members { type ipv4_addr; elements = { 10.80.16.2 } }\n"
                 "  chain c { ip saddr @members accept; }\n}\ntable arp ktest {\n}\n"));
  const auto table = nft->tables("ktest");
  REQUIRE(table);
  REQUIRE(*table);
  CHECK((*table)->find("\"10.80.16.2\"") != std::string::npos);
  const auto wrong = nft->apply("add element inet ktest members { 10.80.16.3 }\nadd rule inet ktest no accept\n");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("No such file or directory") != std::string::npos);
  CHECK((*nft->tables("ktest"))->find("10.80.16.3") == std::string::npos);
  std::string many = "add element inet ktest members { ";
  for (std::uint32_t i = 0; i < 5'000; ++i) many += to_text(Ipv4{0x0a510000 + i}) + ", ";
  CHECK(nft->apply(many + "10.80.16.4 }\n"));
  CHECK((*nft->tables("ktest"))->find("10.81.19.135") != std::string::npos);
  CHECK(nft->apply("delete table inet ktest\n"));
  CHECK_FALSE(nft->tables("ktest")->has_value());  // one of two is none
  CHECK(nft->apply("delete table arp ktest\n"));
  CHECK_FALSE(nft->tables("ktest")->has_value());
  CHECK_FALSE(Nft("/no/such/nft").apply(""));
}

TEST_CASE("a rule is put once into a chain of somebody else's nft table" * doctest::skip(!inside())) {
  const auto nft = Nft::find();
  if (!nft) {
    MESSAGE("skipped: " << nft.error().message);
    return;
  }
  const GuestRule guest{"ip docker-bridges filter-FORWARD", "meta mark and 0xff000000 == 0x4b000000 accept", "kontena"};
  CHECK_FALSE(*nft->ensure_rule(guest));  // there is no such chain
  CHECK_FALSE(*nft->remove_rule(guest));
  REQUIRE(
      nft->apply("table ip docker-bridges {\n  chain filter-FORWARD {\n    type filter hook forward priority filter; policy accept;\n"
                 "    oifname \"kn0\" counter drop comment \"DROP\"\n  }\n}\n"));
  CHECK(*nft->ensure_rule(guest));
  CHECK_FALSE(*nft->ensure_rule(guest));
  const std::string chain = run({find_program("nft"), "list", "chain", "ip", "docker-bridges", "filter-FORWARD"}, "")->out;
  CHECK(chain.find("accept comment \"kontena\"") < chain.find("counter"));  // before what drops
  CHECK(*nft->remove_rule(guest));
  CHECK_FALSE(*nft->remove_rule(guest));
  CHECK(run({find_program("nft"), "list", "chain", "ip", "docker-bridges", "filter-FORWARD"}, "")->out.find("kontena") == std::string::npos);
  const auto listed = [&] { return run({find_program("nft"), "list", "chain", "ip", "docker-bridges", "filter-FORWARD"}, "")->out; };
  const GuestRule last{guest.chain, "meta mark 7 accept", "kontena-way", true};
  CHECK(*nft->ensure_rule(guest));
  CHECK(*nft->ensure_rule(last));
  CHECK_FALSE(*nft->ensure_rule(last));
  CHECK(listed().find("kontena-way") > listed().find("counter"));
  CHECK(*nft->remove_rule(last));
  REQUIRE(nft->apply("add rule ip docker-bridges filter-FORWARD reject\n"));
  CHECK(*nft->ensure_rule(last));
  CHECK(listed().find("kontena-way") > listed().find("counter"));
  CHECK(listed().find("kontena-way") < listed().find("reject"));
  CHECK(*nft->remove_rule(last));
  CHECK(*nft->remove_rule(guest));
  CHECK(nft->ensure_rule({guest.chain, "no such rule", "kontena"}).error().code == Code::internal);
  CHECK(nft->apply("delete table ip docker-bridges\n"));
}

TEST_CASE("rules are put once into a chain of others, in either iptables" * doctest::skip(!inside())) {
  if (find_program("iptables-nft").empty()) {
    MESSAGE("skipped: iptables-nft is not installed");
    return;
  }
  const std::string chain = "DOCKER-USER";
  // A form in which nobody has a rule is left alone, though the kernel's own chains are always there.
  CHECK(*ensure_rules("INPUT", {{"-j", "ACCEPT"}}) == 0);
  const std::vector<Rule> rules{{"-i", "kontena0", "-m", "mark", "--mark", "0x4b000000/0xff000000", "-j", "ACCEPT"},
                                {"-o", "kontena0", "-j", "ACCEPT"}};
  CHECK(*ensure_rules(chain, rules) == 0);  // there is no such chain
  REQUIRE(test::command({"iptables-nft", "-N", chain}) == 0);
  REQUIRE(test::command({"iptables-nft", "-A", chain, "-j", "RETURN"}) == 0);
  int forms = 1;
  if (!find_program("iptables-legacy").empty() && test::command({"iptables-legacy", "-N", chain}) == 0)
    ++forms;
  else
    MESSAGE("without iptables-legacy, which this machine does not have");
  CHECK(*ensure_rules(chain, rules) == 2 * forms);
  CHECK(*ensure_rules(chain, rules) == 0);
  CHECK(run({find_program("iptables-nft"), "-S", chain}, "")->out ==
        "-N DOCKER-USER\n-A DOCKER-USER -i kontena0 -m mark --mark 0x4b000000/0xff000000 -j ACCEPT\n"
        "-A DOCKER-USER -o kontena0 -j ACCEPT\n-A DOCKER-USER -j RETURN\n");
  CHECK(*ensure_jump("FORWARD", chain) == forms);
  CHECK(*ensure_jump("FORWARD", chain) == 0);
  CHECK(*ensure_jump("FORWARD", "NO-SUCH-CHAIN") == 0);
  CHECK(run({find_program("iptables-nft"), "-S", "FORWARD"}, "")->out == "-P FORWARD ACCEPT\n-A FORWARD -j DOCKER-USER\n");
  CHECK(*remove_rules("FORWARD", {{"-j", chain}}) == forms);
  CHECK(ensure_rules(chain, {{"--no-such-argument"}}).error().code == Code::invalid_argument);
  CHECK(*ensure_rules("INPUT", {{"-i", "kn+", "-j", "ACCEPT"}}) == forms);
  CHECK(run({find_program("iptables-nft"), "-S", "INPUT"}, "")->out == "-P INPUT ACCEPT\n-A INPUT -i kn+ -j ACCEPT\n");
  CHECK(*remove_rules("INPUT", {{"-i", "kn+", "-j", "ACCEPT"}}) == forms);
  const std::vector<Rule> last{{"-m", "mark", "--mark", "0x4a000000/0xfe000000", "-j", "ACCEPT"}};
  REQUIRE(test::command({"iptables-nft", "-A", "FORWARD", "-i", "eth0", "-j", "DROP"}) == 0);
  CHECK(*ensure_last("FORWARD", last) == forms);
  CHECK(*ensure_last("FORWARD", last) == 0);
  CHECK(*ensure_last("NO-SUCH-CHAIN", last) == 0);
  CHECK(run({find_program("iptables-nft"), "-S", "FORWARD"}, "")->out ==
        "-P FORWARD ACCEPT\n-A FORWARD -i eth0 -j DROP\n-A FORWARD -m mark --mark 0x4a000000/0xfe000000 -j ACCEPT\n");
  CHECK(*remove_rules("FORWARD", last) == forms);
  CHECK(*remove_rules(chain, rules) == 2 * forms);
  CHECK(*remove_rules(chain, rules) == 0);
}

TEST_SUITE_END();
