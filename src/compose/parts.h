#pragma once

#include "keys.h"
#include "values.h"

// The tables of what is read and refused whole, and the forms of their rows.
namespace kontena::compose {

extern const Table build_table, block_io_table, block_rate_table, block_weight_table, credential_table, develop_table,
    watch_table, device_request_table, generic_resource_table, discrete_resource_table, hook_table,
    pre_start_table, mount_image_table,
    mount_tmpfs_table, model_table, model_use_table, provider_table, device_table, file_used_table, secret_table,
    config_table;

// A list of mappings of that table.
template <const Table& table>
void each(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list of mappings");
  for (std::size_t i = 0; i < value.items.size(); ++i) canonicalise_map(reader, value.items[i], under(path, i), table);
}

void build_context(Reader&, Node&, const std::string& path);
void build_contexts(Reader&, Node&, const std::string& path);
void build_ssh(Reader&, Node&, const std::string& path);
void text_or_boolean(Reader&, Node&, const std::string& path);
void block_rates(Reader&, Node&, const std::string& path);
void block_weights(Reader&, Node&, const std::string& path);
void watches(Reader&, Node&, const std::string& path);
void watch_action(Reader&, Node&, const std::string& path);
void watch_path(Reader&, Node&, const std::string& path);
void watch_exec(Reader&, Node&, const std::string& path);
void device_count(Reader&, Node&, const std::string& path);
void provider_options(Reader&, Node&, const std::string& path);

}  // namespace kontena::compose
