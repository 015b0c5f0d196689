#include "settings.h"

#include <array>

#include "exits.h"
#include "kontena/base/files.h"
#include "kontena/base/text.h"

namespace kontena::agent {
namespace {

using settings::Kind;

constexpr std::int64_t longest_keep_ms = std::int64_t{10} * 365 * 24 * 3'600'000;

constexpr std::array table{
    settings::Setting{"server", "--server", "KONTENA_AGENT_SERVER", Kind::list, "HOST:PORT", "", 0, 0,
                      "the server; several are tried in turn (needed until joined)"},
    settings::Setting{"token_file", "--token-file", "KONTENA_AGENT_TOKEN_FILE", Kind::text, "FILE", "", 0, 0,
                      "the join token, - for standard input (needed until joined)"},
    settings::Setting{"name", "--name", "KONTENA_AGENT_NAME", Kind::text, "NAME", "", 0, 0,
                      "the node's name in its grid, for the join (default: the host's)"},
    settings::Setting{"labels", "--label", "KONTENA_AGENT_LABELS", Kind::list, "NAME=VALUE", "", 0, 0,
                      "a label of the node, for the join; may be repeated"},
    settings::Setting{"address", "--address", "KONTENA_AGENT_ADDRESS", Kind::text, "ADDRESS", "", 0, 0,
                      "where published ports of this node answer (default: found out)"},
    settings::Setting{"state_dir", "--state-dir", "KONTENA_AGENT_STATE_DIR", Kind::text, "DIR",
                      "/var/lib/kontena-agent", 0, 0, "where identity and assignments are kept"},
    settings::Setting{"docker_socket", "--docker-socket", "KONTENA_AGENT_DOCKER_SOCKET", Kind::text, "PATH",
                      "/var/run/docker.sock", 0, 0, "where Docker's engine listens"},
    settings::Setting{"keep_images", "--keep-images", "KONTENA_AGENT_KEEP_IMAGES", Kind::duration, "TIME", "24h", 1'000,
                      longest_keep_ms, "how long an image that was pulled is kept after its last use"},
    settings::Setting{"keep_containers", "--keep-containers", "KONTENA_AGENT_KEEP_CONTAINERS", Kind::duration, "TIME",
                      "24h", 1'000, longest_keep_ms, "how long a container that has ended and nobody wants is kept"},
    settings::Setting{"disk_pressure", "--disk-pressure", "KONTENA_AGENT_DISK_PRESSURE", Kind::text, "PERCENT", "85%",
                      0, 0, "how full Docker's disk may be before unused images go at once; 100% = never"},
    settings::Setting{"endpoints", "--endpoint", "KONTENA_AGENT_ENDPOINTS", Kind::list, "ADDRESS:PORT", "", 0, 0,
                      "where other nodes reach this one's network (UDP), best first (default: found out)"},
    settings::Setting{"mesh_port", "--mesh-port", "KONTENA_AGENT_MESH_PORT", Kind::integer, "PORT", "51820", 1, 65535,
                      "of the network between nodes (UDP)"},
    settings::Setting{"wireguard_go", "--wireguard-go", "KONTENA_AGENT_WIREGUARD_GO", Kind::text, "PATH", "", 0, 0,
                      "for a kernel without WireGuard (default: found on the path)"},
    settings::Setting{"ignore_pool_overlap", "--ignore-pool-overlap", "KONTENA_AGENT_IGNORE_POOL_OVERLAP", Kind::truth, "", "", 0, 0,
                      "join although the host uses addresses of the grid's pool for something else"},
    settings::Setting{"log_spool_mb", "--log-spool-mb", "KONTENA_AGENT_LOG_SPOOL_MB", Kind::integer, "MB", "256", 1, 1'048'576,
                      "how much of containers' logs may wait on disk, compressed, while the server is away"},
    settings::Setting{"log_rate", "--log-rate", "KONTENA_AGENT_LOG_RATE", Kind::integer, "LINES", "20000", 0, 10'000'000,
                      "log lines a second of one service here, beyond a burst of 100 s of that; 0 = any"},
    settings::Setting{"metrics", "--metrics", "KONTENA_AGENT_METRICS", Kind::text, "ADDR:PORT", "", 0, 0,
                      "answer Prometheus there, over TLS: GET /metrics (default: nowhere)"},
    settings::Setting{"metrics_token_file", "--metrics-token-file", "KONTENA_AGENT_METRICS_TOKEN_FILE", Kind::text, "FILE", "", 0, 0,
                      "a private file with the token that it has to show"},
    settings::Setting{"metrics_cert_file", "--metrics-cert-file", "KONTENA_AGENT_METRICS_CERT_FILE", Kind::text, "FILE", "", 0, 0,
                      "the certificate to show it (default: one by STATE/metrics/ca.pem)"},
    settings::Setting{"metrics_key_file", "--metrics-key-file", "KONTENA_AGENT_METRICS_KEY_FILE", Kind::text, "FILE", "", 0, 0,
                      "a private file with the key of that"},
    settings::Setting{"log_level", "--log-level", "KONTENA_AGENT_LOG_LEVEL", Kind::text, "LEVEL", "info", 0, 0,
                      "debug, info, warn or error"},
};

Error wrong(const settings::Values& values, std::string_view name, std::string_view value, const std::string& what,
            std::string hint = {}) {
  return {Code::invalid_argument, values.origin(name) + ": '" + std::string(value) + "' " + what, std::move(hint)};
}

// "a,b" given by a flag is two items too.
std::vector<std::string> parts(const std::vector<std::string>& items) {
  std::vector<std::string> all;
  for (const std::string& item : items)
    for (const std::string& part : text::split(item, ',')) all.emplace_back(text::trim(part));
  return all;
}

Status read_servers(const settings::Values& values, Settings& settings) {
  for (const std::string& part : parts(values.list("server"))) {
    auto server = parse_server(part);
    if (!server) return wrong(values, "server", part, server.error().message, server.error().hint);
    settings.servers.push_back(std::move(*server));
  }
  return Done{};
}

Status read_labels(const settings::Values& values, Settings& settings) {
  for (const std::string& item : values.list("labels")) {
    const auto equals = item.find('=');
    if (equals == 0 || equals == std::string::npos) return wrong(values, "labels", item, "is not NAME=VALUE");
    settings.labels[item.substr(0, equals)] = item.substr(equals + 1);
  }
  return Done{};
}

Status read_name(const settings::Values& values, const std::string& host_name, Settings& settings) {
  settings.name = values.given("name") ? values.text("name") : label_of(host_name);
  if (text::is_label(settings.name)) return Done{};
  if (!values.given("name"))
    return Error{Code::invalid_argument, "no node name can be made of the host name '" + host_name + "'",
                 "give one: --name NAME"};
  return wrong(values, "name", settings.name, "is not a node name",
               "1 to 63 of a-z 0-9 and -, with a letter or digit at both ends");
}

Status read_clean_up(const settings::Values& values, Settings& settings) {
  settings.clean_up.keep_images = Duration(values.number("keep_images"));
  settings.clean_up.keep_containers = Duration(values.number("keep_containers"));
  std::string_view given = values.text("disk_pressure");
  if (given.ends_with('%')) given.remove_suffix(1);
  const auto percent = text::integer(given);
  if (!percent || *percent < 10 || *percent > 100)
    return wrong(values, "disk_pressure", values.text("disk_pressure"), "is not a percentage from 10% to 100%");
  settings.clean_up.disk_pressure = static_cast<int>(*percent);
  return Done{};
}

Status read_metrics(const settings::Values& values, Settings& settings) {
  KTN_TRY(auto where, metrics::read_where(values));
  if (!where) return Done{};
  settings.metrics = {std::move(*where), values.text("metrics_cert_file"), values.text("metrics_key_file")};
  if (settings.metrics->certificate_file.empty() == settings.metrics->key_file.empty()) return Done{};
  return Error{Code::invalid_argument, "--metrics-cert-file and --metrics-key-file belong together", "give both, or neither"};
}

Status read_level(const settings::Values& values, Settings& settings) {
  constexpr std::array<std::string_view, 4> levels{"debug", "info", "warn", "error"};
  const std::string& given = values.text("log_level");
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (given != levels[i]) continue;
    settings.log_level = static_cast<log::Level>(i);
    return Done{};
  }
  return wrong(values, "log_level", given, "is not debug, info, warn or error");
}

}  // namespace

std::string Server::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

Result<Server> parse_server(std::string_view given) {
  const auto wrong = [](const std::string& what) { return Error{Code::invalid_argument, what, "HOST or HOST:PORT"}; };
  if (given.find("://") != std::string_view::npos) return wrong("is a URL");
  Server server;
  std::string_view rest;
  if (given.starts_with('[')) {
    const auto close = given.find(']');
    if (close == std::string_view::npos) return wrong("has a '[' without a ']'");
    server.host = given.substr(1, close - 1);
    rest = given.substr(close + 1);
  } else {
    const auto colon = given.find(':');
    if (colon != std::string_view::npos && given.find(':', colon + 1) != std::string_view::npos)
      return wrong("has more than one ':' (an IPv6 address goes in brackets: [::1]:7443)");
    server.host = given.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : given.substr(colon);
  }
  if (server.host.empty()) return wrong("names no host");
  if (server.host.find_first_of("/ @?#\t") != std::string::npos) return wrong("is not a host");
  if (rest.empty()) return server;
  const auto port = rest.starts_with(':') ? text::integer(rest.substr(1)) : std::nullopt;
  if (!port || *port < 1 || *port > 65535) return wrong("has no port from 1 to 65535 after its host");
  server.port = static_cast<int>(*port);
  return server;
}

std::string label_of(std::string_view host) {
  std::string label = text::lower(host.substr(0, host.find('.')));
  for (char& c : label)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) c = '-';
  label.resize(std::min<std::size_t>(label.size(), 63));
  while (label.ends_with('-')) label.pop_back();
  return label.substr(std::min(label.find_first_not_of('-'), label.size()));
}

Result<Settings> read_settings(std::span<const std::string> arguments, const settings::Environment& environment,
                               const std::string& host_name) {
  KTN_TRY(const settings::Values values, settings::read(table, arguments, environment, {}));
  Settings settings;
  KTN_OK(read_servers(values, settings));
  KTN_OK(read_labels(values, settings));
  KTN_OK(read_name(values, host_name, settings));
  KTN_OK(read_level(values, settings));
  KTN_OK(read_clean_up(values, settings));
  KTN_OK(read_metrics(values, settings));
  settings.address = values.text("address");
  settings.log_spool_bytes = static_cast<std::uint64_t>(values.number("log_spool_mb")) << 20;
  settings.log_rate = static_cast<std::uint64_t>(values.number("log_rate"));
  settings.ignore_pool_overlap = values.truth("ignore_pool_overlap");
  settings.docker_socket = values.text("docker_socket");
  if (!settings.docker_socket.starts_with('/'))
    return wrong(values, "docker_socket", settings.docker_socket, "is not an absolute path");

  settings.state_dir = values.text("state_dir");
  const auto by_systemd = environment("STATE_DIRECTORY");
  // systemd gives several, separated by colons; ours is the first.
  if (!values.given("state_dir") && by_systemd && !by_systemd->empty())
    settings.state_dir = by_systemd->substr(0, by_systemd->find(':'));
  if (settings.state_dir.empty()) return wrong(values, "state_dir", "", "is not a folder");
  settings.mesh = {.state_dir = settings.state_dir,
                   .wireguard_go = values.text("wireguard_go"),
                   .port = static_cast<int>(values.number("mesh_port"))};
  for (const std::string& part : parts(values.list("endpoints"))) {
    const auto endpoint = parse_server(part);
    if (!endpoint) return wrong(values, "endpoints", part, endpoint.error().message, endpoint.error().hint);
    const bool has_port = part.starts_with('[') ? part.find("]:") != std::string::npos : part.find(':') != std::string::npos;
    const std::string text = has_port ? part : part + ':' + values.text("mesh_port");
    if (!netlink::is_endpoint(text))
      return wrong(values, "endpoints", part, "is not an address", "an address and a port, such as 192.0.2.7:51820 or [2001:db8::7]:51820");
    settings.mesh.endpoints.push_back(text);
  }

  settings.token_file = values.text("token_file");
  const auto credentials = environment("CREDENTIALS_DIRECTORY");
  if (settings.token_file.empty() && credentials && !credentials->empty()) {
    settings.token_file = *credentials + "/join.token";
    settings.token_by_default = true;
  }
  return settings;
}

std::string help_text() {
  std::string text =
      "kontena agent - makes this machine a node of a grid and runs its containers\n"
      "\n"
      "Usage: kontena agent --server HOST:PORT --token-file FILE [OPTIONS]\n"
      "       kontena agent check [--format json]          whether this host is fit to be a node\n"
      "       kontena agent uninstall [-y] [--volumes]     remove all that it has made on this host\n"
      "\n"
      "The first start joins the node by the token; from then on the identity in the state folder is used, and\n"
      "neither the token nor any option is needed. Stopping the agent leaves the containers running.\n"
      "\n"
      "Options:\n";
  text += settings::help(table);
  text += "  --help                      this text\n\nExit statuses:\n";
  for (const Exit& row : exits) {
    std::string head = "  " + std::to_string(row.status);
    head.resize(6, ' ');
    text += head + std::string(row.means) + '\n';
  }
  text +=
      "\nUnder systemd, STATE_DIRECTORY is the default of --state-dir and CREDENTIALS_DIRECTORY/join.token that of\n"
      "--token-file.\n";
  return text;
}

}  // namespace kontena::agent
