// The keys of the mappings inside a service, but for `deploy`.
#include <algorithm>
#include <array>

#include "kontena/base/text.h"
#include "kontena/model/names.h"
#include "part_forms.h"
#include "service_forms.h"
#include "specify.h"
#include "tables.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::Attachment;
using model::Dependency;
using model::HealthCheck;
using model::Mount;
using model::Port;

constexpr std::string_view yet = "not supported yet";

template <std::optional<std::int64_t> HealthCheck::*Field>
void time_of_check(Specifier&, const Node& value, const std::string&, HealthCheck& check) {
  check.*Field = milliseconds_of(value);
}

void retries(Specifier&, const Node& value, const std::string&, HealthCheck& check) {
  check.retries = integer_of(value);
}

void disable(Specifier&, const Node& value, const std::string&, HealthCheck& check) {
  if (value.text == "true") check.test = {"NONE"};
}

void test(Specifier&, const Node& value, const std::string&, HealthCheck& check) {
  if (check.test.empty() || check.test[0] != "NONE") check.test = texts_of(value);
}

constexpr auto health_rows = std::to_array<Key<HealthCheck>>({
    runs<HealthCheck>("disable", boolean, disable),
    runs<HealthCheck>("interval", duration, time_of_check<&HealthCheck::interval_ms>),
    runs<HealthCheck>("retries", whole_count, retries),
    runs<HealthCheck>("start_interval", duration, time_of_check<&HealthCheck::start_interval_ms>),
    runs<HealthCheck>("start_period", duration, time_of_check<&HealthCheck::start_period_ms>),
    runs<HealthCheck>("test", health_test, test),
    runs<HealthCheck>("timeout", duration, time_of_check<&HealthCheck::timeout_ms>),
});
static_assert(well_formed(health_rows));

constexpr auto attachment_rows = std::to_array<Key<Attachment>>({
    runs<Attachment>("aliases", texts, into<&Attachment::aliases>),
    refused<Attachment>("driver_opts", number_options, yet),
    refused<Attachment>("gw_priority", whole, yet),
    refused<Attachment>("interface_name", text_value, yet),
    runs<Attachment>("ipv4_address", text_value, into<&Attachment::ipv4_address>),
    refused<Attachment>("ipv6_address", text_value, "IPv6 is not supported yet"),
    ignored<Attachment>("link_local_ips", texts, "networks of containers have no link-local addresses"),
    refused<Attachment>("mac_address", text_value, yet),
    refused<Attachment>("priority", whole, yet),
});
static_assert(well_formed(attachment_rows));

void condition(Specifier&, const Node& value, const std::string&, Dependency& dependency) {
  dependency.condition = *model::named<model::Condition>(value.text);
}

constexpr auto dependency_rows = std::to_array<Key<Dependency>>({
    runs<Dependency>("condition", dependency_condition, condition),
    runs<Dependency>("required", boolean, into<&Dependency::required>),
    runs<Dependency>("restart", boolean, into<&Dependency::restart>),
});
static_assert(well_formed(dependency_rows));

void published(Specifier& to, const Node& value, const std::string& path, Port& port) {
  if (value.text.find('-') != std::string::npos)
    to.notes.problem(value.at, path,
                     "'" + value.text + "' leaves the choice of the port open, which is not supported yet",
                     "name one port, or none for a free one");
  else if (const auto number = text::integer(value.text); number && *number >= 0 && *number <= 65535)
    port.published = *number;
  else
    to.notes.problem(value.at, path, "'" + value.text + "' is not a port (0 to 65535)");
}

void mode(Specifier& to, const Node& value, const std::string& path, Port&) {
  if (value.text != "ingress" && value.text != "host")
    to.notes.problem(value.at, path, "'" + value.text + "' is not a mode of a port", "ingress or host");
}

void protocol(Specifier& to, const Node& value, const std::string& path, Port& port) {
  if (value.text != "tcp" && value.text != "udp" && value.text != "sctp")
    to.notes.problem(value.at, path, "'" + value.text + "' is not a protocol", "tcp, udp or sctp");
  port.protocol = value.text;
}

void target(Specifier& to, const Node& value, const std::string& path, Port& port) {
  port.target = integer_of(value);
  if (port.target < 1 || port.target > 65535)
    to.notes.problem(value.at, path, value.text + " is not a port (1 to 65535)");
}

constexpr auto port_rows = std::to_array<Key<Port>>({
    ignored<Port>("app_protocol", text_value, "it describes the port only"),
    runs<Port>("host_ip", port_address, into<&Port::host_ip>),
    mapped<Port>("mode", text_value, mode, "both modes publish on the node where the instance runs"),
    ignored<Port>("name", text_value, "it describes the port only"),
    runs<Port>("protocol", text_value, protocol),
    runs<Port>("published", published_port, published),
    runs<Port>("target", integer, target),
});
static_assert(well_formed(port_rows));

void create_host_path(Specifier& to, const Node& value, const std::string& path, Mount&) {
  if (value.text != "true") to.notes.problem(value.at, path, "that a path must exist already is not supported yet");
}

void mount_type(Specifier& to, const Node& value, const std::string& path, Mount& mount) {
  const auto kind = model::named<model::MountKind>(value.text);
  if (kind == model::MountKind::volume || kind == model::MountKind::bind)
    mount.kind = *kind;
  else if (value.text == "tmpfs" || value.text == "image" || value.text == "cluster" || value.text == "npipe")
    to.notes.problem(value.at, path, "'" + value.text + "' is not supported yet", "volume or bind");
  else
    to.notes.problem(value.at, path, "'" + value.text + "' is not a type of a volume", "volume or bind");
}

void bind_options(Specifier& to, const Node& value, const std::string& path, Mount& mount) {
  specify_map<Mount>(to, value, path, mount_bind_keys(), mount);
}
void volume_options(Specifier& to, const Node& value, const std::string& path, Mount& mount) {
  specify_map<Mount>(to, value, path, mount_volume_keys(), mount);
}

template <std::size_t size>
void one_of(Reader& reader, Node& value, const std::string& path, const std::array<std::string_view, size>& words) {
  text_value(reader, value, path);
  if (value.kind != Kind::text || std::ranges::find(words, value.text) != words.end()) return;
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  reader.notes.problem(value.at, path, "'" + value.text + "' is not known here", list);
}

void recursive(Reader& reader, Node& value, const std::string& path) {
  constexpr std::array<std::string_view, 4> words{"enabled", "disabled", "writable", "readonly"};
  one_of(reader, value, path, words);
}
void selinux(Reader& reader, Node& value, const std::string& path) {
  constexpr std::array<std::string_view, 2> words{"z", "Z"};
  one_of(reader, value, path, words);
}
void kind_of_mount(Reader& reader, Node& value, const std::string& path) {
  constexpr std::array<std::string_view, 6> words{"bind", "volume", "tmpfs", "cluster", "npipe", "image"};
  one_of(reader, value, path, words);
}

constexpr auto mount_bind_rows = std::to_array<Key<Mount>>({
    runs<Mount>("create_host_path", boolean, create_host_path),
    refused<Mount>("propagation", text_value, yet),
    refused<Mount>("recursive", recursive, yet),
    refused<Mount>("selinux", selinux, yet),
});
static_assert(well_formed(mount_bind_rows));

constexpr auto mount_volume_rows = std::to_array<Key<Mount>>({
    refused<Mount>("labels", labels, "give the volume its labels at the top of the file"),
    runs<Mount>("nocopy", boolean, into<&Mount::no_copy>),
    refused<Mount>("subpath", text_value, yet),
});
static_assert(well_formed(mount_volume_rows));

constexpr auto mount_rows = std::to_array<Key<Mount>>({
    runs<Mount>("bind", object<mount_bind_table>, bind_options),
    ignored<Mount>("consistency", text_value, "it has no effect on Linux"),
    refused<Mount>("image", image_mount, yet),
    runs<Mount>("read_only", boolean, into<&Mount::read_only>),
    runs<Mount>("source", text_value, into<&Mount::source>),
    runs<Mount>("target", text_value, into<&Mount::target>),
    refused<Mount>("tmpfs", tmpfs_mount, yet),
    runs<Mount>("type", kind_of_mount, mount_type),
    runs<Mount>("volume", object<mount_volume_table>, volume_options),
});
static_assert(well_formed(mount_rows));

}  // namespace

constinit const Table health_table = table_of<health_rows>("services.*.healthcheck");
constinit const Table attachment_table = table_of<attachment_rows>("services.*.networks.*");
constinit const Table dependency_table = table_of<dependency_rows>("services.*.depends_on.*");
constinit const Table port_table = table_of<port_rows>("services.*.ports[]");
constinit const Table mount_table = table_of<mount_rows>("services.*.volumes[]");
constinit const Table mount_bind_table = table_of<mount_bind_rows>("services.*.volumes[].bind");
constinit const Table mount_volume_table = table_of<mount_volume_rows>("services.*.volumes[].volume");

std::span<const Key<HealthCheck>> health_keys() { return health_rows; }
std::span<const Key<Attachment>> attachment_keys() { return attachment_rows; }
std::span<const Key<Dependency>> dependency_keys() { return dependency_rows; }
std::span<const Key<Port>> port_keys() { return port_rows; }
std::span<const Key<Mount>> mount_keys() { return mount_rows; }
std::span<const Key<Mount>> mount_bind_keys() { return mount_bind_rows; }
std::span<const Key<Mount>> mount_volume_keys() { return mount_volume_rows; }

}  // namespace kontena::compose
