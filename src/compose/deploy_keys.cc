// The keys of `deploy`.
#include "part_forms.h"
#include "parts.h"
#include "specify_options.h"
#include "tables.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::Resources;
using model::Update;
using S = model::ServiceSpec;

constexpr std::string_view yet = "not supported yet";

void nano_cpus(Specifier& to, const Node& value, const std::string& path, Resources& resources) {
  resources.nano_cpus = nano_cpus_of(to, value, path);
}

void text_bytes(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::text) return wrong_kind(reader, value, path, "text");
  bytes(reader, value, path);
}

void not_reserved(Reader& reader, Node& value, const std::string& path) {
  reader.notes.problem(value.at, path, "processes are limited, not reserved", "use deploy.resources.limits.pids");
}

void preferences(Reader& reader, Node& value, const std::string& path) {
  mappings(reader, value, path);
  for (std::size_t i = 0; i < value.items.size(); ++i)
    for (const Member& member : value.items[i].members)
      if (member.key == "spread" && member.value.kind != Kind::text)
        wrong_kind(reader, member.value, under(under(path, i), "spread"), "text");
      else if (member.key != "spread" && !member.key.starts_with("x-"))
        reader.notes.problem(member.at, under(under(path, i), member.key), "unknown key '" + member.key + "'",
                             "spread");
}

void update_order(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  if (value.kind == Kind::text && value.text != "start-first" && value.text != "stop-first")
    reader.notes.problem(value.at, path, "'" + value.text + "' is not an order", "start-first or stop-first");
}

constexpr auto limits_rows = std::to_array<Key<Resources>>({
    runs<Resources>("cpus", number, nano_cpus),
    runs<Resources>("memory", text_bytes, into<&Resources::memory_bytes>),
    runs<Resources>("pids", any_integer, into<&Resources::pids>),
});
static_assert(well_formed(limits_rows));

void reserved_cpus(Specifier& to, const Node& value, const std::string& path, S& spec) {
  spec.reservations.nano_cpus = nano_cpus_of(to, value, path);
}
void reserved_memory(Specifier&, const Node& value, const std::string&, S& spec) {
  spec.reservations.memory_bytes = integer_of(value);
}

constexpr auto reservations_rows = std::to_array<Key<S>>({
    runs<S>("cpus", number, reserved_cpus),
    mapped<S>("devices", device_requests, specify_device_requests,
              "the service runs where the engine knows the runtime of the driver; how many a node has is not counted"),
    refused<S>("generic_resources", generic_resources,
               "nodes have no resources that people name; label the nodes, and say so with placement.constraints"),
    runs<S>("memory", text_bytes, reserved_memory),
    refused<S>("pids", not_reserved, "processes are limited, not reserved; use deploy.resources.limits.pids"),
});
static_assert(well_formed(reservations_rows));

constexpr auto resources_rows = std::to_array<Key<S>>({
    runs<S>("limits", object<limits_table>, specify_limits),
    runs<S>("reservations", object<reservations_table>, specify_reservations),
});
static_assert(well_formed(resources_rows));

void most_on_a_node(Specifier& to, const Node& value, const std::string& path, S& spec) {
  spec.placing.max_replicas_per_node = integer_of(value);
  if (spec.placing.max_replicas_per_node < 0) to.notes.problem(value.at, path, "must not be negative");
}

constexpr auto placement_rows = std::to_array<Key<S>>({
    runs<S>("constraints", plain_texts, specify_constraints),
    runs<S>("max_replicas_per_node", count, most_on_a_node),
    runs<S>("preferences", preferences, specify_preferences),
});
static_assert(well_formed(placement_rows));

constexpr auto restart_policy_rows = std::to_array<Key<S>>({
    runs<S>("condition", text_value, specify_condition),
    runs<S>("delay", duration, specify_restart_delay),
    runs<S>("max_attempts", count, specify_attempts),
    runs<S>("window", duration, specify_restart_window),
});
static_assert(well_formed(restart_policy_rows));

constexpr auto update_rows = std::to_array<Key<Update>>({
    runs<Update>("delay", duration, specify_update_delay),
    runs<Update>("failure_action", text_value, specify_failure_action),
    runs<Update>("max_failure_ratio", number, specify_failure_ratio),
    runs<Update>("monitor", duration, specify_monitor),
    runs<Update>("order", update_order, specify_order),
    runs<Update>("parallelism", count, specify_parallelism),
});
static_assert(well_formed(update_rows));

void specify_endpoint_mode(Specifier& to, const Node& value, const std::string& path, S&) {
  if (value.text != "vip" && value.text != "dnsrr")
    to.notes.problem(value.at, path, "'" + value.text + "' is not an endpoint mode", "vip or dnsrr");
}

constexpr auto deploy_rows = std::to_array<Key<S>>({
    mapped<S>("endpoint_mode", text_value, specify_endpoint_mode,
              "vip and dnsrr: a service's name is answered with the addresses of all its instances"),
    mapped<S>("labels", labels, into<&S::own_labels>, "shown by 'service show'; containers have those of 'labels'"),
    runs<S>("mode", text_value, specify_mode),
    runs<S>("placement", object<placement_table>, specify_placement),
    runs<S>("replicas", instances, specify_replicas),
    runs<S>("resources", object<resources_table>, specify_resources),
    mapped<S>("restart_policy", object<restart_policy_table>, specify_restart_policy, "in place of 'restart'"),
    ignored<S>("rollback_config", object<update_table>,
               "nothing is rolled back by itself; who deploys the former files has a roll-out by update_config"),
    runs<S>("update_config", object<update_table>, specify_update),
});
static_assert(well_formed(deploy_rows));

}  // namespace

constinit const Table limits_table = table_of<limits_rows>("services.*.deploy.resources.limits");
constinit const Table reservations_table = table_of<reservations_rows>("services.*.deploy.resources.reservations");
constinit const Table resources_table = table_of<resources_rows>("services.*.deploy.resources");
constinit const Table placement_table = table_of<placement_rows>("services.*.deploy.placement");
constinit const Table restart_policy_table = table_of<restart_policy_rows>("services.*.deploy.restart_policy");
constinit const Table update_table = table_of<update_rows>("services.*.deploy.update_config");
constinit const Table deploy_table = table_of<deploy_rows>("services.*.deploy");

std::span<const Key<Resources>> limits_keys() { return limits_rows; }
std::span<const Key<S>> reservations_keys() { return reservations_rows; }
std::span<const Key<S>> resources_keys() { return resources_rows; }
std::span<const Key<S>> placement_keys() { return placement_rows; }
std::span<const Key<S>> restart_policy_keys() { return restart_policy_rows; }
std::span<const Key<Update>> update_keys() { return update_rows; }
std::span<const Key<S>> deploy_keys() { return deploy_rows; }

}  // namespace kontena::compose
