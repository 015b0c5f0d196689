// The keys at the top of a file, and of its networks and volumes.
#include "specify.h"
#include "stack_forms.h"
#include "tables.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::NetworkSpec;
using model::StackSpec;
using model::VolumeSpec;

constexpr std::string_view yet = "not supported yet";

constexpr auto stack_rows = std::to_array<Key<StackSpec>>({
    refused<StackSpec>("configs", as_written, yet),
    refused<StackSpec>("include", as_written, yet),
    refused<StackSpec>("models", as_written, "it is for Docker Model Runner"),
    mapped<StackSpec>("name", text_value, specify_stack_name, "the name of the stack, with '-' for '_'"),
    runs<StackSpec>("networks", networks, specify_networks),
    refused<StackSpec>("secrets", as_written, yet),
    runs<StackSpec>("services", services, specify_services),
    ignored<StackSpec>("version", as_written, "it is obsolete"),
    runs<StackSpec>("volumes", volumes, specify_volumes),
});
static_assert(well_formed(stack_rows));

void given_network_name(Specifier&, const Node& value, const std::string&, NetworkSpec& network) {
  if (!value.made) network.name = value.text;
}

void network_driver(Specifier& to, const Node& value, const std::string& path, NetworkSpec&) {
  if (value.text != "bridge" && value.text != "overlay" && value.text != "default")
    to.notes.problem(value.at, path,
                     "the driver '" + value.text + "' is not supported: networks are those of the cluster",
                     "leave it out, or write bridge or overlay");
}

constexpr auto network_rows = std::to_array<Key<NetworkSpec>>({
    ignored<NetworkSpec>("attachable", boolean, "it has a meaning for Swarm only"),
    mapped<NetworkSpec>("driver", text_value, network_driver, "bridge and overlay both mean a network of the cluster"),
    refused<NetworkSpec>("driver_opts", labels, yet),
    refused<NetworkSpec>("enable_ipv4", boolean, yet),
    refused<NetworkSpec>("enable_ipv6", boolean, yet),
    refused<NetworkSpec>("external", boolean, "not supported yet: a stack uses its own networks"),
    runs<NetworkSpec>("internal", boolean, into<&NetworkSpec::internal>),
    refused<NetworkSpec>("ipam", as_written, "addresses are given by the cluster"),
    runs<NetworkSpec>("labels", labels, into<&NetworkSpec::labels>),
    runs<NetworkSpec>("name", text_value, given_network_name),
});
static_assert(well_formed(network_rows));

void given_volume_name(Specifier&, const Node& value, const std::string&, VolumeSpec& volume) {
  if (!value.made) volume.name = value.text;
}

constexpr auto volume_rows = std::to_array<Key<VolumeSpec>>({
    runs<VolumeSpec>("driver", text_value, into<&VolumeSpec::driver>),
    runs<VolumeSpec>("driver_opts", labels, into<&VolumeSpec::driver_options>),
    mapped<VolumeSpec>("external", boolean, into<&VolumeSpec::external>, "must exist on the node"),
    runs<VolumeSpec>("labels", labels, into<&VolumeSpec::labels>),
    runs<VolumeSpec>("name", text_value, given_volume_name),
});
static_assert(well_formed(volume_rows));

}  // namespace

constinit const Table stack_table = table_of<stack_rows>("");
constinit const Table network_table = table_of<network_rows>("networks.*");
constinit const Table volume_table = table_of<volume_rows>("volumes.*");

std::span<const Key<StackSpec>> stack_keys() { return stack_rows; }
std::span<const Key<NetworkSpec>> network_keys() { return network_rows; }
std::span<const Key<VolumeSpec>> volume_keys() { return volume_rows; }

}  // namespace kontena::compose
