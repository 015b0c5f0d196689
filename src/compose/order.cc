// The order of keys that Compose prints, which is that of its structs where it is not the alphabet's.
#include "order.h"

#include <algorithm>
#include <array>

#include "parts.h"

namespace kontena::compose {
namespace {

struct Order {
  const Table* table;
  std::string_view names;  // with a blank between
};

constexpr Order orders[] = {
    {&service_table,
     "profiles annotations attach build develop blkio_config cap_add cap_drop cgroup_parent cgroup cpu_count "
     "cpu_percent "
     "cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpus cpuset cpu_shares command configs container_name "
     "credential_spec depends_on deploy device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint "
     "provider "
     "environment env_file expose extends external_links extra_hosts group_add gpus hostname healthcheck image init "
     "ipc "
     "isolation labels label_file links logging mem_limit mem_reservation memswap_limit mem_swappiness mac_address "
     "models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports privileged pull_policy "
     "read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal "
     "storage_opt "
     "sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir pre_start "
     "post_start "
     "pre_stop"},
    {&build_table,
     "context dockerfile dockerfile_inline entitlements args provenance sbom ssh labels cache_from cache_to no_cache "
     "no_cache_filter additional_contexts pull extra_hosts isolation network target secrets shm_size tags ulimits "
     "platforms privileged"},
    {&deploy_table,
     "mode replicas labels update_config rollback_config resources restart_policy placement endpoint_mode"},
    {&update_table, "parallelism delay failure_action monitor max_failure_ratio order"},
    {&reservations_table, "cpus memory pids devices generic_resources"},
    {&restart_policy_table, "condition delay max_attempts window"},
    {&placement_table, "constraints preferences max_replicas_per_node"},
    {&health_table, "test timeout interval retries start_period start_interval disable"},
    {&port_table, "name mode host_ip target published protocol app_protocol"},
    {&mount_table, "type source target read_only consistency bind volume tmpfs image"},
    {&mount_bind_table, "selinux propagation create_host_path recursive"},
    {&mount_tmpfs_table, "size mode"},
    {&dependency_table, "condition restart required"},
    {&device_table, "source target permissions"},
    {&device_request_table, "capabilities driver count device_ids options"},
    {&watch_table, "path action target exec include ignore initial_sync"},
    {&hook_table, "command user privileged working_dir environment"},
    {&file_used_table, "source target uid gid mode"},
    {&provider_table, "type options"},
    {&block_io_table, "weight weight_device device_read_bps device_read_iops device_write_bps device_write_iops"},
    {&network_table, "name driver driver_opts ipam external internal attachable labels enable_ipv4 enable_ipv6"},
    {&ipam_table, "driver config"},
    {&ipam_config_table, "subnet gateway ip_range aux_addresses"},
    {&volume_table, "name driver driver_opts external labels"},
    {&secret_table, "name file environment content external labels driver driver_opts template_driver"},
    {&config_table, "name file environment content external labels driver driver_opts template_driver"},
    {&model_table, "name model context_size runtime_flags"},
};

std::size_t place(std::string_view names, std::string_view name) {
  for (std::size_t at = names.find(name); at != std::string_view::npos; at = names.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || names[at - 1] == ' ') && (end == names.size() || names[end] == ' ')) return at;
  }
  return names.size();  // what Compose does not know
}

}  // namespace

void put_in_order(const Table* table, std::vector<const Member*>& members) {
  std::ranges::sort(members, {}, [](const Member* member) -> const std::string& { return member->key; });
  // The bounds of a ulimit.
  if (!table && members.size() == 2 && members[0]->key == "hard" && members[1]->key == "soft")
    std::swap(members[0], members[1]);
  const auto order = std::ranges::find(orders, table, &Order::table);
  if (!table || order == std::end(orders)) return;
  std::ranges::stable_sort(members, {}, [&](const Member* member) { return place(order->names, member->key); });
}

}  // namespace kontena::compose
