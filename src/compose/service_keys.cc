// The keys of a service that Compose knows.
#include "part_forms.h"
#include "service_forms.h"
#include "specify.h"
#include "specify_files.h"
#include "specify_options.h"
#include "specify_together.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::Attachment;
using model::Dependency;
using model::HealthCheck;
using O = model::ContainerOptions;
using S = model::ServiceSpec;

constexpr std::string_view windows = "it has a meaning on Windows only";

void cgroup(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  if (value.kind == Kind::text && value.text != "host" && value.text != "private")
    reader.notes.problem(value.at, path, "'" + value.text + "' is not a kind of cgroup", "host or private");
}

// Carried out before; what is left was none.
void extended(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::text && value.kind != Kind::map)
    wrong_kind(reader, value, path, "the name of a service or a mapping");
}

void plain_boolean(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::boolean) wrong_kind(reader, value, path, "true or false");
}

void percent(Reader& reader, Node& value, const std::string& path) {
  number(reader, value, path);
  const double given = value.kind == Kind::real ? real_of(value) : 0;
  if (!(given >= 0 && given <= 100 && given == static_cast<int>(given)))
    reader.notes.problem(value.at, path, value.text + " is not a whole number of 0 to 100");
}

void processors(Reader& reader, Node& value, const std::string& path) {
  any_integer(reader, value, path);
  if (value.kind == Kind::integer && value.text.starts_with('-') && !value.doubt)
    reader.notes.problem(value.at, path, "must not be negative");
}

void oom_score(Reader& reader, Node& value, const std::string& path) { within<-1000, 1000>(reader, value, path); }

constexpr auto service_rows = std::to_array<Key<S>>({
    runs<S>("annotations", labels, option<&O::annotations>),
    ignored<S>("attach", boolean, "a deploy does not follow the output of services; 'logs' does"),
    mapped<S>("blkio_config", block_io, specify_block_io, "the service runs where its devices are"),
    mapped<S>("build", build, specify_build,
              "on the client's engine, or with --on a node's, when what it is built from has changed; nodes get the "
              "image without a registry"),
    runs<S>("cap_add", texts, option<&O::cap_add>),
    runs<S>("cap_drop", texts, option<&O::cap_drop>),
    runs<S>("cgroup", cgroup, option<&O::cgroup>),
    runs<S>("cgroup_parent", text_value, option<&O::cgroup_parent>),
    runs<S>("command", command, specify_command),
    runs<S>("configs", files_used, specify_configs_used),
    mapped<S>("container_name", container_name, into<&S::container_name>,
              "one more name of the service in its networks, for services of one instance; 'docker ps' shows "
              "STACK.SERVICE-1"),
    ignored<S>("cpu_count", processors, windows),
    ignored<S>("cpu_percent", percent, windows),
    runs<S>("cpu_period", whole, option<&O::cpu_period>),
    runs<S>("cpu_quota", whole, option<&O::cpu_quota>),
    runs<S>("cpu_rt_period", whole, option<&O::cpu_realtime_period>),
    runs<S>("cpu_rt_runtime", whole, option<&O::cpu_realtime_runtime>),
    runs<S>("cpu_shares", whole, option<&O::cpu_shares>),
    runs<S>("cpus", number, specify_cpus),
    runs<S>("cpuset", text_value, option<&O::cpuset>),
    refused<S>("credential_spec", credential_spec, windows),
    mapped<S>("depends_on", depends_on, specify_depends_on, "waits across nodes"),
    runs<S>("deploy", deploy, specify_deploy),
    ignored<S>("develop", develop, "it is for 'compose watch'"),
    runs<S>("device_cgroup_rules", unique_texts, option<&O::device_cgroup_rules>),
    mapped<S>("devices", devices, specify_devices, "the service runs where they are"),
    mapped<S>("dns", dns_servers, specify_dns, "asked by the node for names that are not the cluster's"),
    runs<S>("dns_opt", texts, option<&O::dns_options>),
    runs<S>("dns_search", text_or_texts, option<&O::dns_search>),
    runs<S>("domainname", text_value, option<&O::domainname>),
    runs<S>("entrypoint", command, specify_entrypoint),
    runs<S>("env_file", env_files, nothing<S>),
    runs<S>("environment", variables, specify_environment),
    mapped<S>("expose", scalars, specify_exposed,
              "said to the engine; inside its networks every port of a service can be reached"),
    runs<S>("extends", extended, nothing<S>),
    refused<S>("external_links", unique_texts,
               "it names a container outside the stack; a service of a stack is reached by its name"),
    runs<S>("extra_hosts", extra_hosts, specify_extra_hosts),
    mapped<S>("gpus", gpus, specify_gpus,
              "the service runs where the engine knows the runtime of the driver; how many a node has is not counted"),
    runs<S>("group_add", unique_scalars, option<&O::group_add>),
    runs<S>("healthcheck", health_check, specify_health),
    runs<S>("hostname", text_value, into<&S::hostname>),
    runs<S>("image", text_value, into<&S::image>),
    runs<S>("init", boolean, option<&O::init>),
    mapped<S>("ipc", text_value, specify_ipc,
              "with service:NAME on the node of that service's instance; who is joined is shareable"),
    ignored<S>("isolation", text_value, windows),
    runs<S>("label_file", label_files, nothing<S>),
    runs<S>("labels", labels, into<&S::labels>),
    runs<S>("links", links, specify_links),
    runs<S>("logging", logging, specify_logging),
    runs<S>("mac_address", text_value, option<&O::mac_address>),
    runs<S>("mem_limit", bytes, specify_memory_limit),
    mapped<S>("mem_reservation", whole_bytes, specify_memory_reservation,
              "as deploy.resources.reservations.memory: counted when it is placed"),
    runs<S>("mem_swappiness", whole_bytes, option<&O::memory_swappiness>),
    runs<S>("memswap_limit", bytes, specify_swap),
    refused<S>("models", models_used, "it is for Docker Model Runner"),
    mapped<S>(
        "network_mode", text_value, specify_shared_network,
        "host, none or bridge of the node where the instance runs, or service:NAME, on the node of that service's "
        "instance; made anew when that one is"),
    runs<S>("networks", attachments, specify_attachments),
    runs<S>("oom_kill_disable", boolean, option<&O::oom_kill_disable>),
    runs<S>("oom_score_adj", oom_score, option<&O::oom_score_adj>),
    mapped<S>("pid", text_value, specify_pid, "with service:NAME on the node of that service's instance"),
    runs<S>("pids_limit", whole, specify_pids_limit),
    mapped<S>("platform", text_value, into<&S::platform>,
              "of the image, and so of the nodes where the service may run"),
    mapped<S>("ports", ports, specify_ports, "published on the node where the instance runs"),
    runs<S>("post_start", hooks, specify_post_start),
    runs<S>("pre_start", pre_start_hooks, specify_pre_start),
    runs<S>("pre_stop", hooks, specify_pre_stop),
    runs<S>("privileged", boolean, option<&O::privileged>),
    runs<S>("profiles", texts, nothing<S>),
    refused<S>("provider", provider, "it runs a program on the client's machine"),
    runs<S>("pull_policy", pull_policy, specify_pull_policy),
    ignored<S>("pull_refresh_after", text_value, "it has no effect in Compose either; say pull_policy: every_12h"),
    runs<S>("read_only", boolean, option<&O::read_only>),
    runs<S>("restart", text_value, specify_restart),
    mapped<S>("runtime", text_value, option<&O::runtime>, "the service runs where the engine knows it"),
    runs<S>("scale", instances, specify_scale),
    runs<S>("secrets", files_used, specify_secrets_used),
    runs<S>("security_opt", unique_texts, specify_security),
    runs<S>("shm_size", bytes, option<&O::shm_bytes>),
    runs<S>("stdin_open", boolean, option<&O::stdin_open>),
    runs<S>("stop_grace_period", duration, specify_stop_grace_period),
    runs<S>("stop_signal", text_value, into<&S::stop_signal>),
    runs<S>("storage_opt", number_options, option<&O::storage_options>),
    runs<S>("sysctls", labels, option<&O::sysctls>),
    runs<S>("tmpfs", text_or_texts, specify_tmpfs),
    runs<S>("tty", boolean, option<&O::tty>),
    runs<S>("ulimits", ulimits, specify_ulimits),
    refused<S>("use_api_socket", plain_boolean,
               "it gives the container the client's own credentials; mount /var/run/docker.sock, without them"),
    runs<S>("user", text_value, into<&S::user>),
    runs<S>("userns_mode", text_value, specify_userns),
    runs<S>("uts", text_value, specify_uts),
    mapped<S>(
        "volumes", mounts, specify_mounts,
        "a named volume lives on one node, and the service with it; with a path of the node the service runs where "
        "that is, or anywhere and it is made where no node has it"),
    mapped<S>("volumes_from", unique_texts, specify_volumes_from,
              "of a service of the stack, on the node of that one's instance"),
    runs<S>("working_dir", text_value, into<&S::working_dir>),
    runs<S>("x-kontena", object<own_table>, specify_own),
});
static_assert(well_formed(service_rows));

// What Compose has no word for.
constexpr auto own_rows = std::to_array<Key<S>>({
    runs<S>("env_secrets", labels, specify_secret_variables),
    runs<S>("pinned", boolean, into<&S::pinned>),
});
static_assert(well_formed(own_rows));

}  // namespace

constinit const Table service_table = table_of<service_rows>("services.*");
constinit const Table own_table = table_of<own_rows>("services.*.x-kontena");
std::span<const Key<S>> service_keys() { return service_rows; }
std::span<const Key<S>> own_keys() { return own_rows; }

void specify_own(Specifier& to, const Node& value, const std::string& path, S& service) {
  specify_map<S>(to, value, path, own_keys(), service);
}

}  // namespace kontena::compose
