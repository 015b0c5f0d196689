// The keys at the top of a file, and of its volumes.
#include "service_forms.h"
#include "specify_files.h"
#include "stack_forms.h"
#include "tables.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::StackSpec;
using model::VolumeSpec;

constexpr std::string_view yet = "not supported yet";

// Carried out once all files are merged.
void included(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) wrong_kind(reader, value, path, "a list of files");
}

constexpr auto stack_rows = std::to_array<Key<StackSpec>>({
    runs<StackSpec>("configs", configs, specify_configs),
    runs<StackSpec>("include", included, nothing<StackSpec>),
    refused<StackSpec>("models", models, "it is for Docker Model Runner"),
    mapped<StackSpec>("name", text_value, specify_stack_name, "the name of the stack, with '-' for '_'"),
    runs<StackSpec>("networks", networks, specify_networks),
    runs<StackSpec>("secrets", secrets, specify_secrets),
    runs<StackSpec>("services", services, specify_services),
    ignored<StackSpec>("version", as_written, "it is obsolete"),
    runs<StackSpec>("volumes", volumes, specify_volumes),
    runs<StackSpec>("x-kontena", object<stack_own_table>, specify_stack_own),
});
static_assert(well_formed(stack_rows));

// What Compose has no word for.
constexpr auto own_rows = std::to_array<Key<StackSpec>>({
    runs<StackSpec>("alerts", alerts, specify_alerts),
    runs<StackSpec>("expose", text_value, into<&StackSpec::exposed>),
});
static_assert(well_formed(own_rows));

void given_volume_name(Specifier&, const Node& value, const std::string&, VolumeSpec& volume) {
  if (!value.made) volume.name = value.text;
}

constexpr auto volume_rows = std::to_array<Key<VolumeSpec>>({
    mapped<VolumeSpec>("driver", text_value, into<&VolumeSpec::driver>, "of nodes whose engine has it"),
    mapped<VolumeSpec>("driver_opts", driver_options, into<&VolumeSpec::driver_options>,
                       "with type nfs or cifs the volume is on every node, and nobody is bound to one"),
    mapped<VolumeSpec>("external", boolean, into<&VolumeSpec::external>,
                       "must exist on a node, and its services run where it does"),
    runs<VolumeSpec>("labels", labels, into<&VolumeSpec::labels>),
    runs<VolumeSpec>("name", text_value, given_volume_name),
});
static_assert(well_formed(volume_rows));

}  // namespace

constinit const Table stack_table = table_of<stack_rows>("");
constinit const Table stack_own_table = table_of<own_rows>("x-kontena");
constinit const Table volume_table = table_of<volume_rows>("volumes.*");

std::span<const Key<StackSpec>> stack_keys() { return stack_rows; }
std::span<const Key<VolumeSpec>> volume_keys() { return volume_rows; }

void specify_stack_own(Specifier& to, const Node& value, const std::string& path, StackSpec& stack) {
  specify_map<StackSpec>(to, value, path, own_rows, stack);
}

}  // namespace kontena::compose
