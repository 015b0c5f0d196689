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
  // Of a range the engine takes another one.
  if (a.published_last > 0 || b.published_last > 0) return false;
  return a.published != 0 && a.published == b.published && a.protocol == b.protocol &&
         (a.host_ip == b.host_ip || is_every(a.host_ip) || is_every(b.host_ip));
}

// "/data/" and "/data" are one place.
std::string_view trimmed(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> known) {
  return text.empty() || std::ranges::find(known, text) != known.end();
}

void check_how(Problems& problems, const std::string& at, const Mount& mount) {
  problems.expect(one_of(mount.propagation, {"private", "rprivate", "shared", "rshared", "slave", "rslave"}), at,
                  quoted(mount.propagation) + " is not a propagation of a bind");
  problems.expect(one_of(mount.selinux, {"z", "Z"}), at, quoted(mount.selinux) + " is neither z nor Z");
  problems.expect(one_of(mount.recursive, {"enabled", "disabled", "writable", "readonly"}), at,
                  quoted(mount.recursive) + " is none of enabled, disabled, writable and readonly");
  // The engine has two ways to say a bind, and each lacks some.
  const bool colon = (mount.source + mount.target).find(':') != std::string::npos;
  problems.expect(mount.selinux.empty() || (!mount.must_exist && mount.recursive.empty() && !colon), at,
                  "the engine has no selinux together with create_host_path: false, recursive or a ':' in a path");
  const bool read_only = mount.read_only || (mount.recursive != "writable" && mount.recursive != "readonly");
  problems.expect(read_only, at, "recursive: " + mount.recursive + " is for what is read_only");
  check_word(problems, at + ".subpath", mount.subpath, 4'096);
  const std::string path = '/' + mount.subpath + '/';
  problems.expect(!mount.subpath.starts_with('/') && path.find("/../") == std::string::npos, at,
                  quoted(mount.subpath) + " is not a path inside of it");
  check_map(problems, at + ".labels", mount.labels, "io.kontena.");
  problems.expect(mount.tmpfs_bytes >= 0 && mount.tmpfs_bytes <= std::int64_t{1} << 60, at, "is no size of a tmpfs");
  problems.expect(mount.tmpfs_mode >= 0 && mount.tmpfs_mode <= 07777, at, "is no mode of a folder");
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
    const bool range = port.published > 0 && port.published_last > port.published && port.published_last <= 65535;
    problems.expect(port.published_last == 0 || range, at, "is not a range of ports");
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
    check_how(problems, at, mount);
    problems.expect(targets.insert(trimmed(mount.target)).second, at, quoted(mount.target) + " is mounted twice");
    if (mount.kind == MountKind::bind)
      problems.expect(mount.source.starts_with('/'), at, quoted(mount.source) + " is not an absolute path of the node");
    else if (mount.kind == MountKind::content)
      check_digest(problems, at + ".digest", mount.digest);
    else if (mount.kind == MountKind::image)
      check_image(problems, at + ".source", mount.source);
    else if (mount.kind == MountKind::tmpfs)
      problems.expect(mount.source.empty(), at, "a tmpfs has no source");
    else if (!mount.source.empty())
      problems.expect(stack.volumes.contains(mount.source), at, "the stack has no volume " + quoted(mount.source));
  }
}

}  // namespace kontena::model
