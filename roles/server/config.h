#pragma once

#include <span>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/settings.h"

namespace kontena::server {

// What the server was told: flags, environment, file, defaults.
struct Config {
  std::string data_dir;
  std::string address;
  int port = 0;
  std::vector<std::string> advertise;  // empty: all local names and addresses
  Duration lost_after{};
  std::size_t max_connections = 0;
  std::string log_level;
};

// The table: name, flag, environment, default, bounds, help.
std::span<const settings::Setting> config_table();

Result<Config> read_config(std::span<const std::string> arguments, const settings::Environment&);
std::string help_text();

}  // namespace kontena::server
