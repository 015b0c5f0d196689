// What of a service only newer engines know.
#include "kontena/engine/lacking.h"

#include <algorithm>
#include <array>

#include "create_options.h"

namespace kontena::engine {
namespace docker {
namespace {

using model::Attachment;
using model::Mount;
using model::MountKind;
using model::ServiceSpec;

struct Later {
  std::string_view what;
  Dialect since;
  std::string_view engine;
  bool needed;  // the container would be wrong without it
  bool (*used)(const ServiceSpec&);
};

template <class Used>
bool any_network(const ServiceSpec& service, Used used) {
  return std::ranges::any_of(service.networks, used);
}
template <class Used>
bool any_mount(const ServiceSpec& service, Used used) {
  return std::ranges::any_of(service.mounts, used);
}

constexpr std::array table{
    Later{"annotations (kept as labels)", Dialect::v1_43, "24", false,
          [](const ServiceSpec& s) { return s.options && !s.options->annotations.empty(); }},
    Later{"healthcheck.start_interval", Dialect::v1_44, "25", false,
          [](const ServiceSpec& s) { return s.health_check && s.health_check->start_interval_ms.value_or(0) > 0; }},
    Later{"mac_address of networks but the first", Dialect::v1_44, "25", false,
          [](const ServiceSpec& s) {
            return any_network(s, [&](const Attachment& a) {
              return !a.mac_address.empty() && a.network != s.networks.front().network;
            });
          }},
    Later{"gw_priority", Dialect::v1_48, "28", false,
          [](const ServiceSpec& s) {
            return any_network(s, [](const Attachment& a) { return a.gateway_priority != 0; });
          }},
    Later{"interface_name", Dialect::v1_49, "28.1", false,
          [](const ServiceSpec& s) {
            return any_network(s, [](const Attachment& a) { return !a.interface_name.empty(); });
          }},
    Later{"bind.recursive: readonly", Dialect::v1_44, "25", true,
          [](const ServiceSpec& s) { return any_mount(s, [](const Mount& m) { return m.recursive == "readonly"; }); }},
    Later{"devices of CDI", Dialect::v1_44, "25", true,
          [](const ServiceSpec& s) {
            return s.options && std::ranges::any_of(s.options->devices,
                                                    [](const model::Device& d) { return !d.source.starts_with('/'); });
          }},
    Later{"volume.subpath", Dialect::v1_45, "26", true,
          [](const ServiceSpec& s) {
            return any_mount(s, [](const Mount& m) { return m.kind == MountKind::volume && !m.subpath.empty(); });
          }},
    Later{"a volume of type image", Dialect::v1_48, "28", true,
          [](const ServiceSpec& s) { return any_mount(s, [](const Mount& m) { return m.kind == MountKind::image; }); }},
};

}  // namespace

Status check_dialect(const ServiceSpec& service, Dialect dialect) {
  for (const Later& each : table)
    if (each.needed && dialect < each.since && each.used(service))
      return Error{Code::unsupported,
                   std::string(each.what) + " needs Docker " + std::string(each.engine) + " (API " +
                       std::string(name(each.since)) + "), and this node's engine speaks API " +
                       std::string(name(dialect)),
                   "upgrade Docker there, or place the service on nodes that have it"};
  return Done{};
}

}  // namespace docker

std::string passed_over(const model::ServiceSpec& service, std::string_view api_version) {
  const docker::Dialect dialect = docker::dialect_named(api_version);
  if (dialect == docker::Dialect::none) return "";
  std::string text;
  for (const docker::Later& each : docker::table) {
    if (each.needed || dialect >= each.since || !each.used(service)) continue;
    text += (text.empty() ? "" : "; ") + std::string(each.what) + " needs Docker " + std::string(each.engine);
  }
  return text.empty() ? "" : "without effect on this node's engine: " + text;
}

}  // namespace kontena::engine
