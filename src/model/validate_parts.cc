#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <set>

#include "validate.h"

namespace kontena::model {
namespace {

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return text.find('\0') == std::string::npos && (inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
                                                  inet_pton(AF_INET6, text.c_str(), address.data()) == 1);
}

bool is_every(const std::string& address) { return address.empty() || address == "0.0.0.0" || address == "::"; }

bool clash(const Port& a, const Port& b) {
  return a.published != 0 && a.published == b.published && a.protocol == b.protocol &&
         (a.host_ip == b.host_ip || is_every(a.host_ip) || is_every(b.host_ip));
}

// "/data/" and "/data" are one place.
std::string_view trimmed(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

void check_ports(Problems& problems, const std::string& path, const ServiceSpec& spec) {
  problems.expect(spec.ports.size() <= 2 * most_entries, path, "are more than " + std::to_string(2 * most_entries));
  if (spec.ports.size() > 2 * most_entries) return;
  for (std::size_t i = 0; i < spec.ports.size(); ++i) {
    const Port& port = spec.ports[i];
    const std::string at = path + '[' + std::to_string(i) + ']';
    problems.expect(port.target >= 1 && port.target <= 65535, at,
                    std::to_string(port.target) + " is not a port (1 to 65535)");
    problems.expect(port.published >= 0 && port.published <= 65535, at,
                    std::to_string(port.published) + " is not a port (1 to 65535, or 0 for any)");
    problems.expect(port.protocol == "tcp" || port.protocol == "udp" || port.protocol == "sctp", at,
                    quoted(port.protocol) + " is none of tcp, udp, sctp");
    problems.expect(port.host_ip.empty() || is_address(port.host_ip), at,
                    quoted(port.host_ip) + " is not an IP address");
    const auto before = spec.ports.begin() + static_cast<std::ptrdiff_t>(i);
    problems.expect(std::none_of(spec.ports.begin(), before, [&](const Port& other) { return clash(port, other); }), at,
                    "port " + std::to_string(port.published) + '/' + port.protocol + " is published twice");
  }
}

void check_mounts(Problems& problems, const std::string& path, const ServiceSpec& spec, const StackSpec& stack) {
  problems.expect(spec.mounts.size() <= most_entries, path, "are more than " + std::to_string(most_entries));
  std::set<std::string_view> targets;
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
    const Mount& mount = spec.mounts[i];
    const std::string at = path + '[' + std::to_string(i) + ']';
    problems.expect(mount.target.starts_with('/') && trimmed(mount.target) != "/", at,
                    quoted(mount.target) + " is not an absolute path in the container");
    check_word(problems, at + ".target", mount.target, 4'096);
    check_word(problems, at + ".source", mount.source, 4'096);
    problems.expect(targets.insert(trimmed(mount.target)).second, at, quoted(mount.target) + " is mounted twice");
    if (mount.kind == MountKind::bind)
      problems.expect(mount.source.starts_with('/'), at, quoted(mount.source) + " is not an absolute path of the node");
    else
      problems.expect(stack.volumes.contains(mount.source), at, "the stack has no volume " + quoted(mount.source));
  }
}

}  // namespace kontena::model
