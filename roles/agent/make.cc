#include "make.h"

#include <algorithm>

namespace kontena::agent {

model::StringMap shared_labels(const model::Assignment& wanted, const Owner& owner, const model::StringMap& users) {
  model::StringMap labels = users;
  labels[std::string(engine::node_label)] = owner.node;
  labels[std::string(engine::grid_label)] = owner.grid;
  labels[std::string(engine::project_label)] = wanted.project;
  labels[std::string(engine::stack_label)] = wanted.stack;
  return labels;
}

engine::ContainerSpec container_of(const model::Assignment& wanted, const Owner& owner) {
  engine::ContainerSpec spec;
  spec.name = wanted.container_name;
  spec.labels = shared_labels(wanted, owner, wanted.spec.labels);
  spec.labels[std::string(engine::instance_label)] = *wanted.id;
  spec.labels[std::string(engine::service_label)] = wanted.service;
  spec.labels[std::string(engine::slot_label)] = std::to_string(wanted.slot);
  spec.labels[std::string(engine::revision_label)] = std::to_string(wanted.instance_revision);
  spec.service = wanted.spec;
  spec.hostname = wanted.spec.hostname;
  for (const auto& [key, volume] : wanted.volumes) spec.volumes[key] = volume.name;
  for (const auto& [key, network] : wanted.networks) {
    spec.networks[key] = network.name;
    if (!network.address.empty()) spec.addresses[key] = network.address;
    if (!network.address6.empty()) spec.addresses6[key] = network.address6;
  }
  return spec;
}

}  // namespace kontena::agent
