// The keys inside of what is run, or refused, as a whole: the rows of their owners say which.
#include "part_forms.h"
#include "parts.h"
#include "service_forms.h"

namespace kontena::compose {
namespace {

constexpr KeyInfo part(std::string_view name, Canonicalise canonical) {
  return {name, canonical, Class::part, {}};
}

constexpr auto block_io_rows = std::to_array<KeyInfo>({
    part("device_read_bps", block_rates),
    part("device_read_iops", block_rates),
    part("device_write_bps", block_rates),
    part("device_write_iops", block_rates),
    part("weight", unsigned16),
    part("weight_device", block_weights),
});
static_assert(well_formed(block_io_rows));
// The names in capitals are those that Compose prints.
constexpr auto block_rate_rows = std::to_array<KeyInfo>(
    {part("Path", text_value), part("Rate", whole_bytes), part("path", text_value), part("rate", whole_bytes)});
static_assert(well_formed(block_rate_rows));
constexpr auto block_weight_rows = std::to_array<KeyInfo>(
    {part("Path", text_value), part("Weight", unsigned16), part("path", text_value), part("weight", unsigned16)});
static_assert(well_formed(block_weight_rows));

constexpr auto credential_rows =
    std::to_array<KeyInfo>({part("config", text_value), part("file", text_value), part("registry", text_value)});
static_assert(well_formed(credential_rows));

constexpr auto develop_rows = std::to_array<KeyInfo>({part("watch", watches)});
constexpr auto watch_rows = std::to_array<KeyInfo>({
    part("action", watch_action),
    part("exec", watch_exec),
    part("ignore", text_or_unique),
    part("include", text_or_unique),
    part("initial_sync", boolean),
    part("path", watch_path),
    part("target", text_value),
});
static_assert(well_formed(watch_rows));

constexpr auto device_request_rows = std::to_array<KeyInfo>({
    part("capabilities", unique_texts),
    part("count", device_count),
    part("device_ids", unique_texts),
    part("driver", text_value),
    part("options", labels),
});
static_assert(well_formed(device_request_rows));

constexpr auto generic_resource_rows =
    std::to_array<KeyInfo>({part("discrete_resource_spec", object<discrete_resource_table>)});
constexpr auto discrete_resource_rows = std::to_array<KeyInfo>({part("kind", text_value), part("value", integer)});

constexpr auto mount_image_rows = std::to_array<KeyInfo>({part("subpath", text_value)});
constexpr auto mount_tmpfs_rows = std::to_array<KeyInfo>({part("mode", integer_only), part("size", bytes)});

constexpr auto model_rows = std::to_array<KeyInfo>({
    part("context_size", integer),
    part("model", text_value),
    part("name", text_value),
    part("runtime_flags", plain_texts),
});
static_assert(well_formed(model_rows));
constexpr auto model_use_rows =
    std::to_array<KeyInfo>({part("endpoint_var", text_value), part("model_var", text_value)});

constexpr auto provider_rows = std::to_array<KeyInfo>({part("options", provider_options), part("type", text_value)});
constexpr auto device_rows =
    std::to_array<KeyInfo>({part("permissions", text_value), part("source", text_value), part("target", text_value)});

}  // namespace

constinit const Table block_io_table = table_of<block_io_rows>("services.*.blkio_config");
constinit const Table block_rate_table = table_of<block_rate_rows>("services.*.blkio_config.*[]");
constinit const Table block_weight_table = table_of<block_weight_rows>("services.*.blkio_config.weight_device[]");
constinit const Table credential_table = table_of<credential_rows>("services.*.credential_spec");
constinit const Table develop_table = table_of<develop_rows>("services.*.develop");
constinit const Table watch_table = table_of<watch_rows>("services.*.develop.watch[]");
constinit const Table device_request_table = table_of<device_request_rows>("services.*.gpus[]");
constinit const Table generic_resource_table = table_of<generic_resource_rows>("services.*.deploy.resources.reservations.generic_resources[]");
constinit const Table discrete_resource_table = table_of<discrete_resource_rows>("services.*.deploy.resources.reservations.generic_resources[].discrete_resource_spec");
constinit const Table mount_image_table = table_of<mount_image_rows>("services.*.volumes[].image");
constinit const Table mount_tmpfs_table = table_of<mount_tmpfs_rows>("services.*.volumes[].tmpfs");
constinit const Table model_table = table_of<model_rows>("models.*");
constinit const Table model_use_table = table_of<model_use_rows>("services.*.models.*");
constinit const Table provider_table = table_of<provider_rows>("services.*.provider");
constinit const Table device_table = table_of<device_rows>("services.*.devices[]");

}  // namespace kontena::compose
