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
    runs<Attachment>("driver_opts", driver_options, into<&Attachment::driver_options>),
    runs<Attachment>("gw_priority", whole_only, into<&Attachment::gateway_priority>),
    runs<Attachment>("interface_name", text_value, into<&Attachment::interface_name>),
    runs<Attachment>("ipv4_address", text_value, into<&Attachment::ipv4_address>),
    runs<Attachment>("ipv6_address", text_value, into<&Attachment::ipv6_address>),
    ignored<Attachment>("link_local_ips", texts, "networks of containers have no link-local addresses"),
    runs<Attachment>("mac_address", text_value, into<&Attachment::mac_address>),
    runs<Attachment>("priority", whole_only, into<&Attachment::priority>),
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
  const std::string_view text = value.text;
  const std::size_t dash = text.find('-');
  const auto first = text::integer(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : text::integer(text.substr(dash + 1));
  if (!first || !last || *first < 0 || *last > 65535 || *first > *last)
    return to.notes.problem(value.at, path, "'" + value.text + "' is not a port (0 to 65535)");
  port.published = *first;
  if (*first != *last) port.published_last = *last;
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
    runs<Port>("target", unsigned32, target),
});
static_assert(well_formed(port_rows));

void create_host_path(Specifier&, const Node& value, const std::string&, Mount& mount) {
  mount.must_exist = value.text != "true";
}

void mount_type(Specifier& to, const Node& value, const std::string& path, Mount& mount) {
  const auto kind = model::named<model::MountKind>(value.text);
  if (kind && *kind != model::MountKind::content)
    mount.kind = *kind;
  else
    to.notes.problem(value.at, path,
                     "'" + value.text + "' is not supported: it is for " +
                         (value.text == "npipe" ? "Windows" : "volumes of Docker Swarm"),
                     "volume, bind, tmpfs or image");
}

void bind_options(Specifier& to, const Node& value, const std::string& path, Mount& mount) {
  specify_map<Mount>(to, value, path, mount_bind_keys(), mount);
}
void volume_options(Specifier& to, const Node& value, const std::string& path, Mount& mount) {
  specify_map<Mount>(to, value, path, mount_volume_keys(), mount);
}

void image_options(Specifier&, const Node& value, const std::string&, Mount& mount) {
  if (const Node* subpath = value.find("subpath")) mount.subpath = subpath->text;
}
void tmpfs_options(Specifier&, const Node& value, const std::string&, Mount& mount) {
  if (const Node* size = value.find("size")) mount.tmpfs_bytes = integer_of(*size);
  if (const Node* mode = value.find("mode")) mount.tmpfs_mode = integer_of(*mode);
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
    runs<Mount>("propagation", text_value, into<&Mount::propagation>),
    runs<Mount>("recursive", recursive, into<&Mount::recursive>),
    runs<Mount>("selinux", selinux, into<&Mount::selinux>),
});
static_assert(well_formed(mount_bind_rows));

constexpr auto mount_volume_rows = std::to_array<Key<Mount>>({
    runs<Mount>("labels", labels, into<&Mount::labels>),
    runs<Mount>("nocopy", boolean, into<&Mount::no_copy>),
    runs<Mount>("subpath", text_value, into<&Mount::subpath>),
});
static_assert(well_formed(mount_volume_rows));

constexpr auto mount_rows = std::to_array<Key<Mount>>({
    runs<Mount>("bind", object<mount_bind_table>, bind_options),
    ignored<Mount>("consistency", text_value, "it has no effect on Linux"),
    runs<Mount>("image", image_mount, image_options),
    runs<Mount>("read_only", boolean, into<&Mount::read_only>),
    runs<Mount>("source", text_value, into<&Mount::source>),
    runs<Mount>("target", text_value, into<&Mount::target>),
    runs<Mount>("tmpfs", tmpfs_mount, tmpfs_options),
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
