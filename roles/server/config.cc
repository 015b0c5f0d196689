#include "config.h"

#include <algorithm>
#include <array>

#include "kontena/base/files.h"
#include "kontena/compose/settings_file.h"

namespace kontena::server {
namespace {

using enum settings::Kind;
using settings::Setting;

// In the order of --help.
constexpr std::array table{
    Setting{"config", "--config", "KONTENA_CONFIG", text, "FILE", "", 0, 0, "read settings from this YAML file"},
    Setting{"data_dir", "--data-dir", "KONTENA_DATA_DIR", text, "DIR", "/var/lib/kontena-server", 0, 0, "where state, keys and the first tokens are kept"},
    Setting{"listen", "--listen", "KONTENA_LISTEN", text, "ADDR:PORT", "0.0.0.0:7443", 0, 0, "where to answer; [::]:7443 for IPv6 too"},
    Setting{"advertise", "--advertise", "KONTENA_ADVERTISE", list, "NAME|IP", "", 0, 0, "a name or address that clients use, for the certificate; may be given again; default all local ones"},
    Setting{"lost_after", "--lost-after", "KONTENA_LOST_AFTER", duration, "DURATION", "3s", 2'000, 600'000, "a node silent for so long is lost, and its containers run elsewhere; a grid may have its own"},
    Setting{"certificate_lifetime", "--certificate-lifetime", "KONTENA_CERTIFICATE_LIFETIME", duration, "DURATION", "90d", 5'000, 157'680'000'000, "of the server's own and of nodes' certificates, which renew themselves after two thirds of it"},
    Setting{"keep_revisions", "--keep-revisions", "KONTENA_KEEP_REVISIONS", integer, "N", "10", 1, 1'000, "revisions of each stack that are kept, with their specs"},
    Setting{"audit_kept", "--audit-kept", "KONTENA_AUDIT_KEPT", duration, "DURATION", "400d", 0, 3'153'600'000'000, "how long records of the audit trail are kept; 0s = for ever"},
    Setting{"logs_kept", "--logs-kept", "KONTENA_LOGS_KEPT", duration, "DURATION", "14d", 60'000, 3'153'600'000'000, "how long lines of containers' logs are kept; a project's policy may say otherwise (log-days)"},
    Setting{"logs_per_project_mb", "--logs-per-project-mb", "KONTENA_LOGS_PER_PROJECT_MB", integer, "MB", "1024", 1, 100'000'000, "how much of them is kept of each project, packed; likewise (logs)"},
    Setting{"logs_total_mb", "--logs-total-mb", "KONTENA_LOGS_TOTAL_MB", integer, "MB", "0", 0, 100'000'000, "and of all projects together; 0 = a quarter of the disk"},
    Setting{"stats_total_mb", "--stats-total-mb", "KONTENA_STATS_TOTAL_MB", integer, "MB", "4096", 1, 100'000'000, "how much of the disk the history of statistics takes; beyond, the finest and oldest goes"},
    Setting{"metrics", "--metrics", "KONTENA_METRICS", text, "ADDR:PORT", "", 0, 0, "answer Prometheus there, over TLS with the server's certificate: GET /metrics, and /sd for targets"},
    Setting{"metrics_token_file", "--metrics-token-file", "KONTENA_METRICS_TOKEN_FILE", text, "FILE", "", 0, 0, "a private file with the token that it has to show"},
    Setting{"passphrase_file", "--passphrase-file", "KONTENA_PASSPHRASE_FILE", text, "FILE", "", 0, 0, "secrets are sealed under a key from the passphrase in this private file; -: standard input, fd:N: a file descriptor"},
    Setting{"most_blob_mb", "--most-blob-mb", "KONTENA_MOST_BLOB_MB", integer, "MB", "64", 1, 1'000'000, "the largest file or folder that may come with a deploy"},
    Setting{"most_layer_mb", "--most-layer-mb", "KONTENA_MOST_LAYER_MB", integer, "MB", "8192", 1, 10'000'000, "the largest part of an image that may come with a deploy"},
    Setting{"max_connections", "--max-connections", "KONTENA_MAX_CONNECTIONS", integer, "N", "10000", 16, 100'000, "connections answered at once"},
    Setting{"log_level", "--log-level", "KONTENA_LOG_LEVEL", text, "LEVEL", "info", 0, 0, "debug, info, warn or error"},
};

}  // namespace

std::string data_dir(const settings::Values& values, const settings::Environment& environment) {
  if (!values.given("data_dir"))
    if (const auto state = environment("STATE_DIRECTORY"); state && !state->empty()) return *state;
  return values.text("data_dir");
}

std::span<const Setting> config_table() { return table; }

Result<Config> read_config(std::span<const std::string> arguments, const settings::Environment& environment) {
  KTN_TRY(settings::Values values, settings::read(table, arguments, environment, {}));
  if (const std::string path = values.text("config"); !path.empty()) {
    KTN_TRY(const std::string text, files::read(path, 1u << 20));
    KTN_TRY(settings::File file, compose::read_settings_file(path, text));
    if (file.contains("config")) return Error{Code::invalid_argument, file["config"].origin + ": a configuration file cannot name another one"};
    KTN_TRY(values, settings::read(table, arguments, environment, file));
  }
  Config config{.data_dir = data_dir(values, environment),
                .advertise = values.list("advertise"),
                .lost_after = Duration(values.number("lost_after")),
                .certificate_lifetime = Duration(values.number("certificate_lifetime")),
                .keep_revisions = static_cast<std::size_t>(values.number("keep_revisions")),
                .max_connections = static_cast<std::size_t>(values.number("max_connections")),
                .largest_blob = values.number("most_blob_mb") << 20,
                .largest_image_part = values.number("most_layer_mb") << 20,
                .audit_kept = Duration(values.number("audit_kept")),
                .logs_per_project_mb = values.number("logs_per_project_mb"),
                .logs_total_mb = values.number("logs_total_mb"),
                .logs_kept = Duration(values.number("logs_kept")),
                .stats_total_mb = values.number("stats_total_mb"),
                .passphrase_file = values.text("passphrase_file"),
                .log_level = values.text("log_level")};
  KTN_TRY(settings::Address listen, settings::address(values, "listen", "0.0.0.0:7443"));
  config.address = std::move(listen.host);
  config.port = listen.port;
  KTN_TRY(config.metrics, metrics::read_where(values));
  static constexpr std::array<std::string_view, 4> levels{"debug", "info", "warn", "error"};
  if (std::ranges::find(levels, config.log_level) == levels.end())
    return Error{Code::invalid_argument, values.origin("log_level") + ": '" + config.log_level + "' is not debug, info, warn or error"};
  return config;
}

std::string help_text() {
  return "usage: kontena server [OPTIONS]\n"
         "       kontena server check [--data-dir DIR]         look through a stopped server's data\n"
         "       kontena server restore FILE [--data-dir DIR]  make a data directory of a backup\n\n"
         "Keeps the state of the cluster and decides what runs where. The first start makes\n"
         "the data directory, a certificate authority, the grid 'default', and in the data\n"
         "directory the files admin.token and join.token.\n\n"
         "Options (a flag wins over the environment, that over the file, that over the default):\n" +
         settings::help(table) +
         "\nExamples:\n"
         "  kontena server\n"
         "  kontena server --advertise kontena.example.org --advertise 203.0.113.5\n"
         "  kontena server --config /etc/kontena/server.yaml\n\n"
         "Exit status: 0 stopped by SIGTERM or SIGINT, 2 wrong options, 5 another server\n"
         "runs on the data directory, 78 wrong state or configuration that a restart does not\n"
         "mend, 1 anything else.\n";
}

}  // namespace kontena::server
