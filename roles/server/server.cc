#include "server.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>

#include "bootstrap.h"
#include "check.h"
#include "config.h"
#include "controllers/certificate.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/notify.h"
#include "kontena/base/text.h"
#include "kontena/pki/host_names.h"
#include "kontena/store/open.h"
#include "master_key.h"
#include "metrics.h"
#include "people.h"
#include "restore.h"
#include "work.h"

namespace kontena::server {
namespace {

constexpr int exit_usage = 2;
constexpr int exit_config = 78;  // EX_CONFIG: packaging/systemd does not restart on it

// Blocked in every thread before the first is made; only await_signal() takes them.
sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// The service manager's watchdog hears of us from here, and only while the loops get on.
void await_signal(const Work& work) {
  const sigset_t set = stop_signals();
  const auto watched = watchdog_period(settings::process_environment());
  const Duration period = watched.value_or(std::chrono::hours(24));
  const timespec limit{.tv_sec = period.count() / 1'000, .tv_nsec = period.count() % 1'000 * 1'000'000};
  bool stuck_told = false;
  int signal = -1;
  while (signal < 0) {
    if (watched) {
      const auto stuck = work.stuck();
      if (stuck.empty()) notify_service("WATCHDOG=1");
      if (!stuck.empty() && !std::exchange(stuck_told, true))
        log::error("a part of the server is stuck: the watchdog is told no more", {{"part", stuck.front()}});
    }
    signal = sigtimedwait(&set, nullptr, &limit);  // below 0: the time is up, or another signal came
  }
  log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
}

// Each connection is a file to the system, and a shell grants 1,024 unless asked.
void raise_file_limit(std::size_t connections) {
  constexpr std::size_t for_all_else = 1'000;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < connections + for_all_else)
    log::warn("the system grants fewer open files than max_connections needs",
              {{"granted", files.rlim_max}, {"hint", "LimitNOFILE= of the service, or ulimit -Hn"}});
}

int complain(const Error& error, int status) {
  std::fprintf(stderr, "kontena server: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
  return status;
}

void set_log_level(const std::string& name) {
  if (name == "debug") log::set_level(log::Level::debug);
  if (name == "warn") log::set_level(log::Level::warn);
  if (name == "error") log::set_level(log::Level::error);
}

// Wiring only: makes the seams, starts the loops, stops them in order.
Status serve(const Config& config) {
  const SystemClock clock;
  SystemIds ids;
  KTN_OK(make_data_dir(config.data_dir));
  KTN_TRY(const files::Lock lock, lock_data_dir(config.data_dir));
  if (restore_unfinished(config.data_dir))
    return Error{Code::failed_precondition, "a restore into '" + config.data_dir + "' has not come to its end",
                 "do it again: kontena server restore FILE --data-dir " + config.data_dir};
  KTN_TRY(const pki::Authority authority, open_authority(config.data_dir, clock.now()));
  const auto names = [&] { return config.advertise.empty() ? pki::host_names() : config.advertise; };
  KTN_TRY(const pki::KeyPair certificate, open_certificate(config.data_dir, authority, names(), clock.now(), config.certificate_lifetime));
  KTN_TRY(const std::unique_ptr<store::Store> store, store::open_rocksdb(config.data_dir + "/db"));
  KTN_OK(make_first_records(config.data_dir, *store, authority, ids, clock.now()));
  KTN_OK(make_first_user(*store, clock.now()));

  KTN_TRY(const auto sources, master_sources(config.data_dir, config.passphrase_file, settings::process_environment()));
  KTN_TRY(const Vault vault, open_vault(*store, sources, ids, clock.now()));
  if (const auto trouble = vault.trouble()) log::error(trouble->message, {{"hint", trouble->hint}});

  KTN_TRY(const auto restored, store->get(restores_key));
  KTN_TRY(const Restores restores, read_restores(restored ? restored->value : std::string()));

  Work work({clock, ids, *store, authority, vault, config.lost_after, config.data_dir, config.certificate_lifetime, restores, config.keep_revisions, config.largest_blob, config.largest_image_part, config.audit_kept,
             {.folder = config.data_dir + "/logs", .project_bytes = static_cast<std::uint64_t>(config.logs_per_project_mb) << 20,
              .total_bytes = static_cast<std::uint64_t>(config.logs_total_mb) << 20, .age = config.logs_kept},
             static_cast<std::uint64_t>(config.stats_total_mb) << 20});
  KTN_OK(work.start());
  Dispatch& dispatch = work.dispatch();

  auto listener = http::serve({.address = config.address,
                               .port = config.port,
                               .certificate_pem = certificate.certificate_pem,
                               .key_pem = certificate.key_pem.reveal(),
                               .client_ca_pem = authority.own().certificate_pem,
                               .max_connections = config.max_connections,
                               .body_limit = [&](const http::Request& request) { return dispatch.body_limit(request); }},
                              [&](http::Request& request) { return dispatch.handle(request); });
  std::unique_ptr<http::Server> told;
  if (listener && config.metrics) {
    auto other = metrics::listen(*config.metrics, certificate, std::string(metrics_pages),
                                 [&work](const std::string& path) { return metrics_page(work.context(), path); });
    if (other) told = *std::move(other);
    else listener = std::move(other).error();
  }
  std::optional<OwnCertificate> own;
  if (listener) {
    own.emplace(OwnCertificate::Needs{clock, authority, config.data_dir, names, config.certificate_lifetime,
                                      [&](const pki::KeyPair& pair) -> Status {
                                        if (told) KTN_OK(told->use_certificate(pair.certificate_pem, pair.key_pem.reveal()));
                                        return (*listener)->use_certificate(pair.certificate_pem, pair.key_pem.reveal());
                                      }},
                certificate);
    own->start();
    log::info("serving", {{"address", config.address}, {"port", (*listener)->port()}, {"version", KONTENA_VERSION}});
    notify_service("READY=1\nSTATUS=serving on port " + std::to_string((*listener)->port()));
    await_signal(work);
    notify_service("STOPPING=1\nSTATUS=stopping");
    own->stop();
  }

  // New requests are refused first, then the waiting ones answer, then the loops
  // end, and the store last: what was acknowledged is in it.
  if (told) told->stop();
  work.stop([&] {
    if (listener) (*listener)->stop();
  });
  if (!listener) return std::move(listener).error();
  return Done{};
}

}  // namespace

int run(std::span<const std::string> arguments) {
  if (!arguments.empty() && arguments[0] == "restore") return run_restore(arguments.subspan(1));
  if (!arguments.empty() && arguments[0] == "check") return run_check(arguments.subspan(1));
  for (const std::string& argument : arguments) {
    if (argument != "--help" && argument != "-h") continue;
    std::fputs(help_text().c_str(), stdout);
    return 0;
  }
  const auto config = read_config(arguments, settings::process_environment());
  if (!config) return complain(config.error(), exit_usage);
  set_log_level(config->log_level);
  ::prctl(PR_SET_DUMPABLE, 0);  // keys and secrets are in memory: no core on a disk
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit(config->max_connections);
  const Status served = serve(*config);
  if (served) return 0;
  const Code code = served.error().code;
  if (code == Code::conflict) return complain(served.error(), exit_status(code));
  const bool lasting = code == Code::failed_precondition || code == Code::corrupt || code == Code::unsupported ||
                       code == Code::permission_denied || code == Code::invalid_argument;
  return complain(served.error(), lasting ? exit_config : 1);
}

}  // namespace kontena::server
