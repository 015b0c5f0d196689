#include "preflight.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "exits.h"
#include "host_use.h"
#include "ipv6.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/codec/json.h"
#include "kontena/engine/open.h"
#include "kontena/netlink/host.h"
#include "kontena/netlink/sysctl.h"
#include "kontena/netlink/userspace.h"
#include "kontena/overlay/plan.h"
#include "mesh_state.h"

namespace kontena::agent {
namespace {

Finding ok(std::string what, std::string says) { return {std::move(what), "ok", std::move(says), ""}; }
Finding warning(std::string what, std::string says, std::string next) {
  return {std::move(what), "warning", std::move(says), std::move(next)};
}
Finding failed(std::string what, const Error& error, std::string next = {}) {
  return {std::move(what), "error", error.message, error.hint.empty() ? std::move(next) : error.hint};
}

bool has_port(std::string_view line, const std::string& port) {
  for (auto at = line.find(port); at != std::string_view::npos; at = line.find(port, at + 1)) {
    const auto is_digit = [&](std::size_t i) { return i < line.size() && line[i] >= '0' && line[i] <= '9'; };
    if (!is_digit(at - 1) && !is_digit(at + port.size())) return true;
  }
  return false;
}

// A rule that takes all, as it stands at the end of many chains.
bool refuses_the_rest(std::string_view rule) {
  return rule.starts_with("-A INPUT -j DROP") || rule.starts_with("-A INPUT -j REJECT");
}

void judge_docker(const HostFacts& host, std::vector<Finding>& findings) {
  if (!host.engine) return;
  const auto& engine = *host.engine;
  if (!engine) return findings.push_back(failed("docker", engine.error(), "install and start Docker 20.10 or newer"));
  findings.push_back(ok("docker", engine->version + ", API " + engine->api_version));
  findings.push_back(engine->live_restore
                         ? ok("live-restore", "on: containers outlive a restart of Docker")
                         : warning("live-restore", "off: a restart of Docker stops all containers",
                                   "put {\"live-restore\": true} into /etc/docker/daemon.json, then systemctl reload docker"));
}

void judge_wireguard(const HostFacts& host, std::vector<Finding>& findings) {
  if (!host.kernel_wireguard) return;
  const std::string what = "wireguard";
  if (*host.kernel_wireguard) return findings.push_back(ok(what, "the kernel's"));
  if (host.kernel_wireguard->error().code != Code::unsupported)
    return findings.push_back(failed(what, host.kernel_wireguard->error()));
  if (!host.wireguard_go) return findings.push_back(failed(what, host.wireguard_go.error()));
  if (!host.tun)
    return findings.push_back({what, "error", "wireguard-go is there (" + *host.wireguard_go + "), but no /dev/net/tun", "modprobe tun"});
  findings.push_back(warning(what, "the kernel has none; by wireguard-go " + *host.wireguard_go + ", which takes far more CPU",
                             "modprobe wireguard, or a newer kernel"));
}

void judge_settings(const HostFacts& host, std::vector<Finding>& findings) {
  findings.push_back(host.forwards ? ok("forwarding", "on")
                                   : warning("forwarding", "off: containers reach nobody but those of this host",
                                             "sysctl -w net.ipv4.ip_forward=1 (Docker does it at its start)"));
  findings.push_back(host.strict_sources && host.uplinks > 1
                         ? warning("rp_filter",
                                   "strict on a host with several uplinks: what comes by another one than the answer would take is dropped",
                                   "sysctl -w net.ipv4.conf.all.rp_filter=2")
                         : ok("rp_filter", host.strict_sources ? "strict, with one uplink" : "not strict"));
  findings.push_back(ok("IPv6", host.ipv6 ? "on" : "off: instances on networks with enable_ipv6 go to other nodes"));
  findings.push_back(ok("br_netfilter", host.bridges_are_filtered ? "loaded" : "not loaded, and not needed"));
}

std::string text_or_nothing(const Result<std::string>& printed) { return printed ? *printed : ""; }

Firewalls look_at_firewalls(int port) {
  Firewalls is;
  const std::string ufw = text_or_nothing(netlink::printed_by({"ufw", "status"}));
  if (ufw.find("Status: active") != std::string::npos) is.ufw = ufw;
  if (netlink::printed_by({"firewall-cmd", "--state"}))
    is.firewalld = netlink::printed_by({"firewall-cmd", "--query-port=" + std::to_string(port) + "/udp"}) ? "yes" : "no";
  is.iptables = text_or_nothing(netlink::printed_by({"iptables", "-S", "INPUT"}));
  is.nft = text_or_nothing(netlink::printed_by({"nft", "list", "ruleset"}));
  return is;
}

void look_at_settings(HostFacts& host) {
  const auto is = [](const std::vector<std::string>& path, std::string_view value) {
    const auto read = netlink::sysctl(path);
    return read && *read == value;
  };
  host.ipv6 = host_has_ipv6();
  host.forwards = !is({"ip_forward"}, "0");
  host.strict_sources = is({"conf", "all", "rp_filter"}, "1");
  host.uplinks = 0;
  if (const auto routes = netlink::host_routes())
    for (const netlink::HostRoute& route : *routes) {
      if (route.to.bits != 0 || route.device.empty()) continue;
      ++host.uplinks;
      host.strict_sources = host.strict_sources || is({"conf", route.device, "rp_filter"}, "1");
    }
  std::error_code none;
  host.bridges_are_filtered = std::filesystem::exists("/proc/sys/net/bridge", none);
}

void print(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    std::printf("%-8s %-13s %s\n", finding.level.c_str(), finding.what.c_str(), finding.says.c_str());
    if (!finding.next.empty()) std::printf("%-22s next: %s\n", "", finding.next.c_str());
  }
}

}  // namespace

std::optional<Finding> shut_by(const Firewalls& is, int port) {
  const std::string number = std::to_string(port);
  const auto shut = [&](const std::string& who, const std::string& next) {
    return warning("firewall", who + " does not let UDP port " + number + " in: other nodes cannot call this one, only be called", next);
  };
  const auto any_line = [&](const std::string& text, const auto& holds) {
    for (const std::string& line : text::split(text, '\n'))
      if (holds(line)) return true;
    return false;
  };
  const auto has = [](const std::string& line, std::string_view word) { return line.find(word) != std::string::npos; };
  if (!is.ufw.empty()) {
    const bool open = any_line(is.ufw, [&](const std::string& line) {
      return has_port(line, number) && has(line, "ALLOW") && !has(line, "/tcp");
    });
    if (!open) return shut("ufw", "ufw allow " + number + "/udp");
    return std::nullopt;
  }
  if (!is.firewalld.empty()) {
    if (is.firewalld == "no") return shut("firewalld", "firewall-cmd --add-port=" + number + "/udp --permanent && firewall-cmd --reload");
    return std::nullopt;
  }
  const bool shuts = any_line(is.iptables, [](const std::string& line) { return line == "-P INPUT DROP" || refuses_the_rest(line); });
  const bool lets = any_line(is.iptables, [&](const std::string& line) {
    return has(line, "-j ACCEPT") && (line == "-A INPUT -j ACCEPT" || (has(line, "-p udp") && has_port(line, number)));
  });
  if (shuts && !lets) return shut("the chain INPUT of iptables", "iptables -I INPUT -p udp --dport " + number + " -j ACCEPT");
  // A table of the administrator's own; that of iptables was looked at.
  std::string table, chain;
  for (const std::string& line : text::split(is.nft, '\n')) {
    const std::string trimmed(text::trim(line));
    if (trimmed.starts_with("table ")) table = trimmed.substr(6, trimmed.find(" {") - 6);
    if (trimmed.starts_with("chain ")) chain = trimmed.substr(6, trimmed.find(" {") - 6);
    if (!has(trimmed, "hook input") || !has(trimmed, "policy drop") || table == "ip filter" || table.ends_with(" kontena")) continue;
    const bool open = any_line(is.nft, [&](const std::string& rule) { return has(rule, "udp dport") && has_port(rule, number); });
    if (!open) return shut("the table " + table + " of nftables", "nft insert rule " + table + ' ' + chain + " udp dport " + number + " accept");
  }
  return std::nullopt;
}

std::vector<Finding> judge(const HostFacts& host, int port) {
  std::vector<Finding> findings;
  judge_docker(host, findings);
  if (host.rules) findings.push_back(*host.rules ? ok("nft", "a table can be made") : failed("nft", host.rules->error()));
  if (host.iptables)
    findings.push_back(*host.iptables ? ok("iptables", "there")
                                      : warning("iptables", host.iptables->error().message, "install the package iptables, which Docker itself needs"));
  judge_wireguard(host, findings);
  if (host.port)
    findings.push_back(*host.port ? ok("port", "UDP " + std::to_string(port))
                                  : failed("port", host.port->error(), "end who has it (ss -lunp), or choose another: --mesh-port"));
  const auto shut = shut_by(host.firewalls, port);
  findings.push_back(shut ? *shut : ok("firewall", "none of this host's keeps UDP port " + std::to_string(port) + " shut"));
  judge_settings(host, findings);
  if (host.pool) findings.push_back(*host.pool ? ok("pool", "no address of it is in use by this host") : failed("pool", host.pool->error()));
  return findings;
}

HostFacts look_at_host(const Settings& settings, bool all) {
  HostFacts host;
  host.firewalls = look_at_firewalls(settings.mesh.port);
  look_at_settings(host);
  if (!all) return host;
  const auto engine = engine::open_docker(settings.docker_socket);
  host.engine = engine->facts();
  host.rules = netlink::try_rules();
  const auto iptables = netlink::printed_by({"iptables", "--version"});
  host.iptables = iptables ? Status(Done{}) : Status(iptables.error());
  host.kernel_wireguard = netlink::try_kernel_wireguard();
  const std::string program = "wireguard-go";
  host.wireguard_go = settings.mesh.wireguard_go.empty() ? netlink::find_wireguard_go() : Result<std::string>(settings.mesh.wireguard_go);
  if (host.wireguard_go)
    if (const auto version = netlink::printed_by({program, "--version"}); version && version->starts_with(program))
      host.wireguard_go = std::string(text::trim(text::split(*version, '\n').front().substr(program.size())));
  const int tun = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  host.tun = tun >= 0;
  if (tun >= 0) ::close(tun);
  // With a mesh the port is its own.
  std::error_code none;
  if (!std::filesystem::exists("/sys/class/net/" + std::string(overlay::device), none)) host.port = netlink::try_udp_port(settings.mesh.port);
  const overlay::Snapshot kept = load_snapshot(settings.state_dir);
  host.pool = check_pool(kept.pool.empty() ? std::string(overlay::default_pool) : kept.pool, *engine);
  return host;
}

void warn_of_host(const Settings& settings) {
  for (const Finding& finding : judge(look_at_host(settings, false), settings.mesh.port))
    if (finding.level != "ok") log::warn("this host: " + finding.what, {{"reason", finding.says}, {"next", finding.next}});
}

int run_check(std::span<const std::string> arguments, const std::string& host_name) {
  std::vector<std::string> others;
  bool json = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool is_format = arguments[i] == "--format" && i + 1 < arguments.size();
    if (arguments[i] == "--json" || arguments[i] == "--format=json" || (is_format && arguments[i + 1] == "json")) {
      json = true;
      i += is_format;
    } else if (arguments[i] == "--help" || arguments[i] == "-h") {
      std::puts("usage: kontena agent check [--format json] [OPTIONS of kontena agent]\n\n"
                "Says whether this host is fit to be a node, and what to do where not. Changes nothing; wants root.\n"
                "Ends with 78 where it is not fit; warnings are none of that.");
      return exit_ok;
    } else {
      others.push_back(arguments[i]);
    }
  }
  const auto settings = read_settings(others, settings::process_environment(), host_name);
  if (!settings) {
    std::fprintf(stderr, "kontena agent check: %s\n", settings.error().message.c_str());
    if (!settings.error().hint.empty()) std::fprintf(stderr, "hint: %s\n", settings.error().hint.c_str());
    return exit_usage;
  }
  log::set_level(log::Level::error);
  const auto findings = judge(look_at_host(*settings, true), settings->mesh.port);
  if (json)
    std::puts(codec::to_json(findings).c_str());
  else
    print(findings);
  const bool unfit = std::ranges::any_of(findings, [](const Finding& finding) { return finding.level == "error"; });
  return unfit ? exit_misconfigured : exit_ok;
}

}  // namespace kontena::agent
