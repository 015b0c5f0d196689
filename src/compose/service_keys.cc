// The keys of a service that Compose knows.
#include "part_forms.h"
#include "service_forms.h"
#include "specify.h"
#include "specify_together.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::Attachment;
using model::Dependency;
using model::HealthCheck;
using S = model::ServiceSpec;

constexpr std::string_view yet = "not supported yet";
constexpr std::string_view one_host =
    "instances of a service may run on different nodes; sharing a namespace is not supported yet";
constexpr std::string_view limit = "not supported yet; for cpus, memory and pids use deploy.resources.limits";
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
    refused<S>("annotations", labels, yet),
    ignored<S>("attach", boolean, "a deploy does not follow the output of services; 'logs' does"),
    refused<S>("blkio_config", block_io, yet),
    mapped<S>("build", build, specify_build,
              "on the client's engine, when what it is built from has changed; nodes get the image without a registry"),
    refused<S>("cap_add", texts, yet),
    refused<S>("cap_drop", texts, yet),
    refused<S>("cgroup", cgroup, yet),
    refused<S>("cgroup_parent", text_value, yet),
    runs<S>("command", command, specify_command),
    refused<S>("configs", files_used, yet),
    mapped<S>("container_name", container_name, into<&S::container_name>,
              "one more name of the service in its networks, for services of one instance; 'docker ps' shows "
              "STACK.SERVICE-1"),
    refused<S>("cpu_count", integer, windows),
    refused<S>("cpu_percent", percent, windows),
    refused<S>("cpu_period", whole, limit),
    refused<S>("cpu_quota", whole, limit),
    refused<S>("cpu_rt_period", whole, limit),
    refused<S>("cpu_rt_runtime", whole, limit),
    refused<S>("cpu_shares", whole, limit),
    refused<S>("cpus", number, "use deploy.resources.limits.cpus"),
    refused<S>("cpuset", text_value, "cores differ from node to node"),
    refused<S>("credential_spec", credential_spec, windows),
    mapped<S>("depends_on", depends_on, specify_depends_on, "waits across nodes"),
    runs<S>("deploy", deploy, specify_deploy),
    ignored<S>("develop", develop, "it is for 'compose watch'"),
    refused<S>("device_cgroup_rules", unique_texts, yet),
    refused<S>("devices", devices, yet),
    refused<S>("dns", text_or_texts, yet),
    refused<S>("dns_opt", texts, yet),
    refused<S>("dns_search", text_or_texts, yet),
    refused<S>("domainname", text_value, yet),
    runs<S>("entrypoint", command, specify_entrypoint),
    runs<S>("env_file", env_files, nothing<S>),
    runs<S>("environment", variables, specify_environment),
    ignored<S>("expose", scalars, "every port of a service can be reached inside its networks"),
    runs<S>("extends", extended, nothing<S>),
    refused<S>("external_links", unique_texts,
               "it names a container outside the stack; a service of a stack is reached by its name"),
    refused<S>("extra_hosts", extra_hosts, yet),
    refused<S>("gpus", gpus, yet),
    refused<S>("group_add", unique_scalars, yet),
    runs<S>("healthcheck", health_check, specify_health),
    runs<S>("hostname", text_value, into<&S::hostname>),
    runs<S>("image", text_value, into<&S::image>),
    refused<S>("init", boolean, yet),
    mapped<S>("ipc", text_value, specify_ipc,
              "with service:NAME on the node of that service's instance; who is joined is shareable"),
    ignored<S>("isolation", text_value, windows),
    runs<S>("label_file", label_files, nothing<S>),
    runs<S>("labels", labels, into<&S::labels>),
    runs<S>("links", links, specify_links),
    refused<S>("logging", logging, yet),
    refused<S>("mac_address", text_value, yet),
    refused<S>("mem_limit", bytes, "use deploy.resources.limits.memory"),
    refused<S>("mem_reservation", whole_bytes, "use deploy.resources.reservations.memory"),
    refused<S>("mem_swappiness", bytes, yet),
    refused<S>("memswap_limit", bytes, yet),
    refused<S>("models", models_used, "it is for Docker Model Runner"),
    mapped<S>(
        "network_mode", text_value, specify_shared_network,
        "host, none or bridge of the node where the instance runs, or service:NAME, on the node of that service's "
        "instance; made anew when that one is"),
    runs<S>("networks", attachments, specify_attachments),
    refused<S>("oom_kill_disable", boolean, yet),
    refused<S>("oom_score_adj", oom_score, yet),
    mapped<S>("pid", text_value, specify_pid, "with service:NAME on the node of that service's instance"),
    refused<S>("pids_limit", whole, "use deploy.resources.limits.pids"),
    refused<S>("platform", text_value, "not supported yet; a constraint on node.platform.arch does the same"),
    mapped<S>("ports", ports, specify_ports, "published on the node where the instance runs"),
    refused<S>("post_start", hooks, yet),
    refused<S>("pre_start", hooks, yet),
    refused<S>("pre_stop", hooks, yet),
    refused<S>("privileged", boolean, yet),
    runs<S>("profiles", texts, nothing<S>),
    refused<S>("provider", provider, "it runs a program on the client's machine"),
    runs<S>("pull_policy", pull_policy, specify_pull_policy),
    refused<S>("pull_refresh_after", text_value, yet),
    refused<S>("read_only", boolean, yet),
    runs<S>("restart", text_value, specify_restart),
    refused<S>("runtime", text_value, yet),
    runs<S>("scale", instances, specify_scale),
    refused<S>("secrets", files_used, yet),
    refused<S>("security_opt", unique_texts, yet),
    refused<S>("shm_size", bytes, yet),
    refused<S>("stdin_open", boolean, yet),
    runs<S>("stop_grace_period", duration, specify_stop_grace_period),
    runs<S>("stop_signal", text_value, into<&S::stop_signal>),
    refused<S>("storage_opt", number_options, yet),
    refused<S>("sysctls", labels, yet),
    refused<S>("tmpfs", text_or_texts, yet),
    refused<S>("tty", boolean, yet),
    refused<S>("ulimits", ulimits, yet),
    refused<S>("use_api_socket", plain_boolean, "it gives the container the client's own credentials"),
    runs<S>("user", text_value, into<&S::user>),
    refused<S>("userns_mode", text_value, yet),
    refused<S>("uts", text_value, one_host),
    mapped<S>("volumes", mounts, specify_mounts, "a named volume lives on one node, and the service with it"),
    mapped<S>("volumes_from", unique_texts, specify_volumes_from,
              "of a service of the stack, on the node of that one's instance"),
    runs<S>("working_dir", text_value, into<&S::working_dir>),
    runs<S>("x-kontena", object<own_table>, specify_own),
});
static_assert(well_formed(service_rows));

// What Compose has no word for.
constexpr auto own_rows = std::to_array<Key<S>>({
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
