#pragma once

#include "keys.h"

// The tables' rows with what they specify: for stage two, which walks them.
namespace kontena::compose {

std::span<const Key<model::StackSpec>> stack_keys();
std::span<const Key<model::NetworkSpec>> network_keys();
std::span<const Key<model::NetworkSpec>> ipam_keys();
std::span<const Key<model::NetworkSpec>> ipam_config_keys();
std::span<const Key<model::VolumeSpec>> volume_keys();
std::span<const Key<model::ServiceSpec>> service_keys();
std::span<const Key<model::ServiceSpec>> deploy_keys();
std::span<const Key<model::ServiceSpec>> placement_keys();
std::span<const Key<model::ServiceSpec>> resources_keys();
std::span<const Key<model::ServiceSpec>> restart_policy_keys();
std::span<const Key<model::ServiceSpec>> own_keys();
std::span<const Key<model::Update>> update_keys();
std::span<const Key<model::Resources>> limits_keys();
std::span<const Key<model::ServiceSpec>> reservations_keys();
std::span<const Key<model::HealthCheck>> health_keys();
std::span<const Key<model::Hook>> hook_keys();
std::span<const Key<model::Hook>> pre_start_keys();
std::span<const Key<model::Attachment>> attachment_keys();
std::span<const Key<model::Dependency>> dependency_keys();
std::span<const Key<model::Port>> port_keys();
std::span<const Key<Build>> build_keys();
std::span<const Key<model::Mount>> mount_keys();
std::span<const Key<model::Mount>> mount_bind_keys();
std::span<const Key<model::Mount>> mount_volume_keys();

}  // namespace kontena::compose
