#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "clean_up.h"
#include "kontena/base/log.h"
#include "kontena/base/result.h"
#include "kontena/base/settings.h"
#include "kontena/model/service.h"
#include "mesh.h"
#include "metrics_listener.h"

namespace kontena::agent {

struct Server {
  std::string host;  // a DNS name or an address, without brackets
  int port = 7443;
  std::string text() const;  // "host:7443", "[::1]:7443"
  std::string url() const { return "https://" + text(); }
  friend bool operator==(const Server&, const Server&) = default;
};
Result<Server> parse_server(std::string_view);  // "host", "host:port", "[v6]:port"

// What the agent was told, checked. What it learns by joining is its Identity.
struct Settings {
  std::vector<Server> servers;    // empty: those of the identity
  std::string token_file;         // "-" = standard input, "" = none
  bool token_by_default = false;  // the credential of systemd: may be absent
  model::StringMap labels;        // for the join
  std::string name;               // for the join; a DNS label
  std::string state_dir;
  std::string docker_socket;
  std::string address;  // "" = found out
  CleanUpRules clean_up;
  MeshOptions mesh;
  std::uint64_t log_spool_bytes = 0;
  std::uint64_t log_rate = 0;  // lines a second and service; 0 = any
  std::optional<MetricsOptions> metrics;  // none: nobody is told
  bool ignore_pool_overlap = false;
  log::Level log_level = log::Level::info;
};

// The host's name made a DNS label: "Node_1.example.org" is "node-1"; "" if nothing is left of it.
std::string label_of(std::string_view host);

// Code::invalid_argument names the flag or variable that is wrong.
Result<Settings> read_settings(std::span<const std::string> arguments, const settings::Environment&,
                               const std::string& host_name);

std::string help_text();  // of `kontena agent --help`

}  // namespace kontena::agent
