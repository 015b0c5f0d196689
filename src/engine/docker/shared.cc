// What a container shares with another one, or with its node: namespaces, and the volumes of others.
#include "create_body.h"
#include "kontena/model/together.h"

namespace kontena::engine::docker {
namespace {

using codec::Element;
using codec::member;
using codec::put;

Result<std::string> container_beside(const ContainerSpec& spec, const std::string& service) {
  const auto found = spec.beside.find(service);
  if (found == spec.beside.end())
    return Error{Code::invalid_argument, "the service '" + service + "' has no container on this node"};
  return found->second;
}

Status put_mode(Element host, const char* key, const ContainerSpec& spec, const std::string& mode) {
  if (mode.empty()) return Done{};
  const std::string service = model::service_in(mode);
  if (service.empty()) {
    put(member(host, key), mode);
    return Done{};
  }
  KTN_TRY(const std::string container, container_beside(spec, service));
  put(member(host, key), "container:" + container);
  return Done{};
}

}  // namespace

Status put_shared(Element host, const ContainerSpec& spec, const std::vector<std::string>& networks) {
  const std::string& mode = spec.service.network_mode;
  KTN_OK(put_mode(host, "NetworkMode", spec, mode.empty() && !networks.empty() ? networks.front() : mode));
  if (spec.service.options) {
    KTN_OK(put_mode(host, "IpcMode", spec, spec.service.options->ipc));
    KTN_OK(put_mode(host, "PidMode", spec, spec.service.options->pid));
  }
  for (const std::string& entry : spec.service.volumes_from) {
    const model::VolumesFrom from = model::volumes_from(entry);
    KTN_TRY(const std::string container, container_beside(spec, from.service));
    put(codec::append(member(host, "VolumesFrom")), container + (from.read_only ? ":ro" : ":rw"));
  }
  return Done{};
}

}  // namespace kontena::engine::docker
