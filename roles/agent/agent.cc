#include "agent.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <variant>

#include "exits.h"
#include "host_use.h"
#include "join.h"
#include "kontena/base/log.h"
#include "kontena/base/notify.h"
#include "kontena/engine/open.h"
#include "kontena/pki/host_authorities.h"
#include "leave.h"
#include "node.h"
#include "preflight.h"
#include "uninstall.h"

namespace kontena::agent {
namespace {

constexpr Duration wind_up_limit{5'000};
// How often systemd is asked for more time to start in, and for how much.
constexpr Duration extend_period{20'000};
constexpr const char* extend_state = "EXTEND_TIMEOUT_USEC=60000000";

int complain(const Error& error, int status) {
  std::fprintf(stderr, "kontena agent: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
  return status;
}

// Turns SIGTERM and SIGINT into State::exit, on a thread of its own.
class Signals {
 public:
  explicit Signals(Synced<State>& state) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);  // in every thread: before any other is made
    std::signal(SIGPIPE, SIG_IGN);
    thread_ = std::thread([&state, set] {
      int signal = 0;
      sigwait(&set, &signal);
      state.change([](State& s) {
        s.told_to_end = true;
        s.exit = s.exit.value_or(exit_ok);
      });
    });
  }
  ~Signals() {
    pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }

 private:
  std::thread thread_;
};

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

// Joins, however long the server cannot be reached; or returns the status to end with.
std::variant<Identity, int> join_somewhere(const Settings& settings, const Clock& clock, IdSource& ids,
                                           Synced<State>& state, const PoolCheck& check) {
  if (settings.servers.empty())
    return complain(
        {Code::invalid_argument, "this node has not joined yet, and no server is named", "--server HOST:PORT"},
        exit_usage);
  const auto token = read_token(settings);
  if (!token) return complain(token.error(), exit_usage);
  // Kept before it is used: a join whose answer is lost is done again with the same
  // key, and is the same join to the server.
  const auto request = next_request(settings.state_dir, settings.name);
  if (!request) return complain(request.error(), exit_failure);
  std::string told;
  for (int failures = 0;; ++failures) {
    const Server& server = settings.servers[static_cast<std::size_t>(failures) % settings.servers.size()];
    notify_service(std::string(extend_state) + "\nSTATUS=joining at " + server.text());
    Attempt attempt = join(server, settings, *token, *request, clock, check);
    if (attempt.identity) return std::move(*attempt.identity);
    if (attempt.exit) return complain(attempt.error, *attempt.exit);
    const std::string news = server.text() + ": " + attempt.error.message;
    if (news != told)
      log::warn("cannot join yet, trying on", {{"server", server.text()}, {"reason", attempt.error.message}});
    told = news;
    const Duration delay = reconnect_delay(failures + 1, false, ids.number());
    if (state.wait(delay, [](const State& s) { return s.exit.has_value(); })) return exit_ok;
  }
}

// With a signal, a request under way is not waited for: a join that was broken
// off is done again.
std::variant<Identity, int> join_until_told(const Settings& settings, const Clock& clock, IdSource& ids,
                                            Synced<State>& state, const PoolCheck& check) {
  std::jthread impatient([&state](std::stop_token stop) {
    std::stop_callback wake(stop, [&state] { state.change([](State&) {}); });
    state.wait(std::chrono::hours(24 * 365),
               [&](const State& s) { return s.exit.has_value() || stop.stop_requested(); });
    if (!stop.stop_requested()) std::_Exit(exit_ok);
  });
  return join_somewhere(settings, clock, ids, state, check);
}

Result<std::vector<std::unique_ptr<http::Client>>> connect_to(const std::vector<Server>& servers,
                                                              const Identity& identity) {
  if (servers.empty())
    return Error{Code::invalid_argument, "no server is named, and none was kept at the join", "--server HOST:PORT"};
  std::vector<std::unique_ptr<http::Client>> clients;
  for (const Server& server : servers)
    clients.push_back(http::connect({.url = server.url(),
                                     .ca_pem = identity.ca_pem,
                                     .certificate_pem = identity.certificate_pem,
                                     .key_pem = identity.key_pem,
                                     .user_agent = "kontena-agent/" KONTENA_VERSION}));
  return clients;
}

// Tells the service manager how we are, until it is time to end. Its watchdog hears
// of us from here, where the state's lock is taken, and only while the loops get on.
int attend(Synced<State>& state, const Identity& identity, const Node& node) {
  struct Told {
    bool ready = false, server_away = false, engine_away = false;
    bool operator==(const Told&) const = default;
  };
  const auto now = [](const State& s) { return Told{s.listed && s.told, s.server_away, s.engine_away}; };
  const auto watched = watchdog_period(settings::process_environment());
  std::optional<Told> told;
  bool stuck_told = false;
  while (true) {
    const auto [is, exit] = state.with([&](const State& s) { return std::pair(now(s), s.exit); });
    if (exit) return *exit;
    if (told != is) {
      std::string text = "STATUS=node " + identity.name + " of grid " + identity.grid;
      if (is.engine_away) text += "; Docker does not answer";
      if (is.server_away) text += "; the server does not answer";
      if (is.ready && !(told && told->ready)) {
        text += "\nREADY=1";
        log::info("the node is at work", {{"node", identity.node}, {"name", identity.name}, {"grid", identity.grid}});
      }
      notify_service(text);
      told = is;
    }
    if (!is.ready) notify_service(extend_state);
    if (watched) {
      const auto stuck = node.stuck();
      if (stuck.empty()) notify_service("WATCHDOG=1");
      if (!stuck.empty() && !std::exchange(stuck_told, true))
        log::error("a part of the agent is stuck: the watchdog is told no more", {{"part", stuck.front()}});
    }
    Duration limit = is.ready ? Duration(3'600'000) : extend_period;
    if (watched) limit = std::min(limit, *watched);
    state.wait(limit, [&](const State& s) { return s.exit || now(s) != is; });
  }
}

int serve(Settings settings) {
  ::prctl(PR_SET_DUMPABLE, 0);  // secrets pass through here: no core on a disk
  auto lock = StateLock::take(settings.state_dir);
  if (!lock) return complain(lock.error(), lock.error().code == Code::conflict ? exit_conflict : exit_failure);
  auto loaded = load_identity(settings.state_dir);
  if (!loaded)
    return complain(loaded.error(), loaded.error().code == Code::corrupt ? exit_misconfigured : exit_failure);

  const SystemClock clock;
  SystemIds ids;
  Synced<State> state;
  const Signals signals(state);
  const auto engine = engine::open_docker(settings.docker_socket);
  const auto facts = engine->facts();
  if (!facts && facts.error().code == Code::unsupported) return complain(facts.error(), exit_misconfigured);
  // Once joined, a node waits for its engine: after a boot that may come later.
  if (!facts && !*loaded) return complain(facts.error(), exit_unreachable);

  Identity identity;
  if (*loaded) {
    identity = std::move(**loaded);
  } else {
    PoolCheck check;
    if (!settings.ignore_pool_overlap) check = [&](const std::string& pool) { return check_pool(pool, *engine); };
    auto joined = join_until_told(settings, clock, ids, state, check);
    if (const int* status = std::get_if<int>(&joined)) return *status;
    identity = std::get<Identity>(std::move(joined));
    if (const Status saved = save_identity(settings.state_dir, identity); !saved)
      return complain(saved.error(), exit_failure);
    log::info("joined", {{"node", identity.node}, {"name", identity.name}, {"grid", identity.grid}});
  }
  if (settings.servers.empty())
    for (const std::string& kept : identity.servers)
      if (auto server = parse_server(kept)) settings.servers.push_back(std::move(*server));
  auto clients = connect_to(settings.servers, identity);
  if (!clients) return complain(clients.error(), exit_usage);
  auto kept = load_kept(settings.state_dir);
  if (!kept) return complain(kept.error(), exit_failure);
  const Memory memory = load_memory(settings.state_dir);
  state.with([&](State& s) {
    s.told = kept->revision > 0;
    s.kept = std::make_shared<const Kept>(std::move(*kept));
    take_over(memory, s);
    s.heard = clock.steady();
  });

  const auto address = [settings](std::size_t server) {
    const Server& at = settings.servers[server];
    return settings.address.empty() ? local_address(at.host, at.port) : settings.address;
  };
  auto content = content_folders(settings.state_dir, identity.node);
  if (!content) return complain(content.error(), exit_failure);
  Node node({.context = {*engine, clock, ids, state, identity.node, identity.grid},
             .servers = std::move(*clients),
             .keep = keep_in(settings.state_dir),
             .remember = remember_in(settings.state_dir),
             .events_file = settings.state_dir + "/events.json",
             .clean_up = settings.clean_up,
             .stats = true,
             .fullness = disk_fullness,
             .cores = std::max(1u, std::thread::hardware_concurrency()),
             .address = address,
             .mesh = settings.mesh,
             .images = engine::open_images(settings.docker_socket),
             .inside = engine::open_inside(settings.docker_socket),
             .parts_folder = settings.state_dir + "/parts",
             .content = std::move(*content),
             .logs = LogOptions{.folder = settings.state_dir + "/logs", .spool_bytes = settings.log_spool_bytes, .limits = {.rate = settings.log_rate},
                                .forwards_folder = settings.state_dir + "/forwards", .node_name = identity.name,
                                .seams = {.authorities = [] { return pki::host_authorities("kontena client forward create --ca-file FILE"); }}},
             .papers = papers_in(settings.state_dir, identity)});
  node.start();
  std::unique_ptr<MetricsListener> told;
  if (settings.metrics) {
    told = std::make_unique<MetricsListener>(*settings.metrics, settings.state_dir + "/metrics", clock,
                                             [&node, name = identity.name] { return node.metrics(name); });
    told->start();
  }
  std::thread([settings] { warn_of_host(settings); }).detach();  // programs to run, which may be slow
  const int status = attend(state, identity, node);
  if (told) told->stop();
  if (state.with([](const State& s) { return s.removed; })) {
    notify_service("STATUS=this node was removed: so are its containers and networks");
    node.wind_up(std::chrono::minutes(1));
    // A signal ends us in the midst of it, and the next start goes on.
    if (!leave({*engine, clock, ids, state, identity.node, identity.grid})) std::_Exit(exit_ok);
    if (const Status gone = remove_mesh(settings.state_dir); !gone)
      log::error("the mesh of the removed node is left", {{"reason", gone.error().message}});
    if (const Status gone = forget_content(settings.state_dir, identity.node); !gone)
      log::error("content of the removed node is left", {{"reason", gone.error().message}});
    if (const Status gone = forget_logs(settings.state_dir + "/logs"); !gone)
      log::error("logs of the removed node are left", {{"reason", gone.error().message}});
    if (const Status gone = forget_logs(settings.state_dir + "/forwards"); !gone)
      log::error("forwards of the removed node are left", {{"reason", gone.error().message}});
    if (const Status forgotten = forget_identity(settings.state_dir); !forgotten)
      log::error("the identity of the removed node is left", {{"reason", forgotten.error().message}});
    log::info("this node was removed from its grid: its containers and networks are gone, its volumes stay",
              {{"next", "to join again, give a new token"}});
    std::_Exit(exit_refused);
  }
  notify_service("STOPPING=1\nSTATUS=stopping; the containers run on");
  log::info("stopping: the containers run on", {{"status", status}});
  node.wind_up(wind_up_limit);
  std::_Exit(status);  // not waiting for long polls; see agent.h
}

}  // namespace

int run(std::span<const std::string> arguments) {
  if (!arguments.empty() && arguments[0] == "check") return run_check(arguments.subspan(1), host_name());
  if (!arguments.empty() && arguments[0] == "uninstall") return run_uninstall(arguments.subspan(1), host_name());
  for (const std::string& argument : arguments) {
    if (argument != "--help" && argument != "-h") continue;
    std::fputs(help_text().c_str(), stdout);
    return exit_ok;
  }
  auto settings = read_settings(arguments, settings::process_environment(), host_name());
  if (!settings) return complain(settings.error(), exit_usage);
  log::set_level(settings->log_level);
  return serve(std::move(*settings));
}

}  // namespace kontena::agent
