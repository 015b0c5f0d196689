#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/settings.h"
#include "kontena/metrics/listener.h"

namespace kontena::server {

// What the server was told: flags, environment, file, defaults.
struct Config {
  std::string data_dir;
  std::string address;
  int port = 0;
  std::vector<std::string> advertise;  // empty: all local names and addresses
  Duration lost_after{};
  Duration certificate_lifetime{};
  std::size_t keep_revisions = 10;
  std::size_t max_connections = 0;
  std::int64_t largest_blob = 0;
  std::int64_t largest_image_part = 0;
  Duration audit_kept{};
  std::int64_t logs_per_project_mb = 0, logs_total_mb = 0;
  Duration logs_kept{};
  std::int64_t stats_total_mb = 0;
  std::optional<metrics::Where> metrics;  // none: nowhere
  std::string passphrase_file;  // see master_key.h
  std::string log_level;
};

// The table: name, flag, environment, default, bounds, help.
std::span<const settings::Setting> config_table();

// Of the setting `data_dir`; where nobody has set it, systemd's StateDirectory= counts.
std::string data_dir(const settings::Values&, const settings::Environment&);

Result<Config> read_config(std::span<const std::string> arguments, const settings::Environment&);
std::string help_text();

}  // namespace kontena::server
