// Simulated agents: joins so many nodes to a running server by a join token, and
// then does for each what its agent would, over real TLS, with no containers.
//
// usage: agents --server HOST:PORT --token-file FILE [--agents N] [--seconds S]
//               [--threads T] [--pid-file FILE]
//
// Prints a line each second, and another when all are heard again after some were
// not. Ends after so many seconds, or on SIGTERM, with a line of numbers.
#include <semaphore.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "fleet.h"
#include "kontena/access/token.h"
#include "kontena/api/call.h"
#include "kontena/api/endpoints.h"
#include "kontena/base/files.h"
#include "kontena/base/random.h"
#include "kontena/base/text.h"
#include "kontena/pki/authority.h"

namespace kontena::load {
namespace {

constexpr int joins_at_once = 8;

struct Options {
  std::string host = "127.0.0.1";
  int port = 7443;
  std::string token_file;
  std::size_t agents = 100;
  std::int64_t seconds = 60;
  std::size_t threads = 1;
  std::string pid_file;  // of the server, to measure; read anew each time
};

std::atomic<bool> stop{false};
sem_t asked;  // to stop

bool is_asked_within(Duration most) {
  timespec until{};
  ::clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += most.count() * 1'000'000;
  until.tv_sec += until.tv_nsec / 1'000'000'000;
  until.tv_nsec %= 1'000'000'000;
  return ::sem_clockwait(&asked, CLOCK_MONOTONIC, &until) == 0;
}

Result<Options> read_options(std::span<char*> arguments) {
  Options options;
  for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
    const std::string name = arguments[i], value = arguments[i + 1];
    const auto number = text::integer(value);
    if (name == "--server") {
      const auto colon = value.rfind(':');
      if (colon == value.npos) return Error{Code::invalid_argument, "--server is HOST:PORT"};
      options.host = value.substr(0, colon);
      options.port = static_cast<int>(text::integer(value.substr(colon + 1)).value_or(0));
    } else if (name == "--token-file") {
      options.token_file = value;
    } else if (name == "--pid-file") {
      options.pid_file = value;
    } else if (name == "--agents" && number && *number > 0) {
      options.agents = static_cast<std::size_t>(*number);
    } else if (name == "--seconds" && number && *number > 0) {
      options.seconds = *number;
    } else if (name == "--threads" && number && *number > 0) {
      options.threads = static_cast<std::size_t>(*number);
    } else {
      return Error{Code::invalid_argument, "'" + name + ' ' + value + "' is not understood"};
    }
  }
  if (options.token_file.empty()) return Error{Code::invalid_argument, "--token-file is needed"};
  return options;
}

// Of another process, from /proc: kilobytes, threads, and the CPU seconds it has used.
struct Usage {
  std::string pid;
  std::int64_t rss_kb = 0, threads = 0;
  double cpu = 0;
};
Usage usage_of(const std::string& pid_file) {
  if (pid_file.empty()) return {};
  const auto read = files::read(pid_file, 64);
  if (!read) return {};
  const std::string pid(text::trim(*read));
  Usage usage{.pid = pid};
  const std::string folder = "/proc/" + pid;
  const auto status = files::read(folder + "/status", 1u << 20);
  const auto stat = files::read(folder + "/stat", 1u << 20);
  if (!status || !stat) return usage;
  for (const std::string& line : text::split(*status, '\n')) {
    if (line.starts_with("VmRSS:")) usage.rss_kb = std::atoll(line.c_str() + 6);
    if (line.starts_with("Threads:")) usage.threads = std::atoll(line.c_str() + 8);
  }
  const auto fields = text::split(std::string_view(*stat).substr(stat->rfind(')') + 2), ' ');
  const auto ticks = text::integer(fields.at(11)).value_or(0) + text::integer(fields.at(12)).value_or(0);
  usage.cpu = static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return usage;
}

Result<Member> join(http::Client& client, const std::string& name) {
  KTN_TRY(const pki::Request request, pki::make_request(name));
  KTN_TRY(const auto answer,
          api::call<api::JoinAnswer>(
              client, http::Method::post, std::string(api::paths::agent_join),
              api::JoinRequest{.name = name, .csr_pem = request.csr_pem, .version = KONTENA_VERSION}));
  KTN_TRY(Papers papers, read_papers(answer.certificate_pem, request.key_pem));
  return Member{name, std::move(papers)};
}

// In a fleet's order: member i goes to fleet i % threads.
Result<std::vector<Member>> join_all(const Options& options, const std::string& url, const access::TokenText& token,
                                     const std::string& authority) {
  std::vector<Member> members(options.agents);
  std::atomic<std::size_t> next{0};
  Synced<std::optional<Error>> failed;
  const std::string run = text::hex(SystemIds().bytes(3));
  const auto work = [&] {
    const auto client = http::connect({.url = url, .ca_pem = authority, .bearer = Redacted(access::format(token))});
    for (std::size_t i = next++; i < options.agents && !stop; i = next++) {
      auto member = join(*client, "sim-" + run + '-' + std::to_string(i));
      if (!member) {
        failed.with([&](auto& first) { first = member.error(); });
        return;
      }
      members[i] = *std::move(member);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < joins_at_once; ++i) threads.emplace_back(work);
  }
  if (auto error = failed.with([](const auto& first) { return first; })) return *std::move(error);
  return members;
}

double seconds(Duration time) { return static_cast<double>(time.count()) / 1000; }

// Tells of times in which not all were heard: what a restart of the server costs.
class Absences {
 public:
  void look(Duration at, std::int64_t up, std::int64_t all) {
    if (up == all) {
      if (gone_)
        std::printf("all %lld heard again after %.2f s, at %lld\n", static_cast<long long>(all), seconds(at - *gone_),
                    static_cast<long long>(to_ms(SystemClock().now())));
      gone_.reset();
      complete_ = true;
    } else if (complete_ && !gone_) {
      gone_ = at;
    }
  }

 private:
  std::optional<Duration> gone_;
  bool complete_ = false;
};

Status run(const Options& options) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  KTN_TRY(const std::string token_text, files::read(options.token_file, 4096));
  KTN_TRY(const access::TokenText token, access::parse_token(token_text));
  const std::string url = "https://" + options.host + ':' + std::to_string(options.port);
  KTN_TRY(const std::string authority, api::fetch_authority(url, token.fingerprint));
  KTN_TRY(const std::unique_ptr<Place> place, Place::find(options.host, options.port, authority));

  const SystemClock clock;
  const Duration begun = clock.steady();
  KTN_TRY(std::vector<Member> members, join_all(options, url, token, authority));
  std::printf("%zu nodes joined in %.1f s\n", members.size(), seconds(clock.steady() - begun));

  Counts counts;
  std::vector<std::vector<Member>> parts(options.threads);
  for (std::size_t i = 0; i < members.size(); ++i) parts[i % options.threads].push_back(std::move(members[i]));
  std::vector<std::unique_ptr<Fleet>> fleets;
  for (auto& part : parts) fleets.push_back(std::make_unique<Fleet>(*place, std::move(part), counts));
  std::vector<std::jthread> threads;
  for (const auto& fleet : fleets) threads.emplace_back([&fleet] { fleet->run(stop); });
  const auto held = [&] {
    std::int64_t sum = 0;
    for (const auto& fleet : fleets) sum += fleet->held();
    return sum;
  };

  const Duration start = clock.steady();
  const Usage before = usage_of(options.pid_file);
  const auto cpu_since = [&](const Usage& is) { return is.pid == before.pid ? is.cpu - before.cpu : is.cpu; };
  const auto all = static_cast<std::int64_t>(options.agents);
  Absences absences;
  Duration told = start;
  std::int64_t most_held = 0;
  while (!stop && clock.steady() - start < Duration(options.seconds * 1000)) {
    if (is_asked_within(Duration(10))) break;
    const Duration at = clock.steady();
    absences.look(at, counts.up, all);
    most_held = std::max(most_held, held());
    if (at - told < Duration(1'000)) continue;
    told = at;
    const Usage is = usage_of(options.pid_file);
    std::printf(
        "%6.1f s  up=%lld held=%lld beats=%lld late_1s=%lld failed=%lld worst=%lld ms statuses=%lld rss=%lld MB "
        "threads=%lld cpu=%.1f s\n",
        seconds(at - start), static_cast<long long>(counts.up), static_cast<long long>(held()),
        static_cast<long long>(counts.beats()), static_cast<long long>(counts.later_than(1'000)),
        static_cast<long long>(counts.failed), static_cast<long long>(counts.worst()),
        static_cast<long long>(counts.statuses), static_cast<long long>(is.rss_kb / 1024),
        static_cast<long long>(is.threads), cpu_since(is));
    std::fflush(stdout);
  }
  const Usage after = usage_of(options.pid_file);
  const double lasted = seconds(clock.steady() - start);
  stop = true;
  threads.clear();
  std::printf(
      "result agents=%lld seconds=%.0f held=%lld beats=%lld p50_ms=%lld p99_ms=%lld worst_ms=%lld late_1s=%lld "
      "late_3s=%lld "
      "failed=%lld worst_gap_ms=%lld connections=%lld statuses=%lld rss_mb=%lld threads=%lld cpu_percent=%.1f\n",
      static_cast<long long>(all), lasted, static_cast<long long>(most_held), static_cast<long long>(counts.beats()),
      static_cast<long long>(counts.quantile(0.5)), static_cast<long long>(counts.quantile(0.99)),
      static_cast<long long>(counts.worst()), static_cast<long long>(counts.later_than(1'000)),
      static_cast<long long>(counts.later_than(3'000)), static_cast<long long>(counts.failed),
      static_cast<long long>(counts.worst_gap), static_cast<long long>(counts.connections),
      static_cast<long long>(counts.statuses), static_cast<long long>(after.rss_kb / 1024),
      static_cast<long long>(after.threads), lasted > 0 ? cpu_since(after) * 100 / lasted : 0);
  return Done{};
}

}  // namespace
}  // namespace kontena::load

int main(int count, char** values) {
  std::signal(SIGPIPE, SIG_IGN);
  ::sem_init(&kontena::load::asked, 0, 0);
  std::signal(SIGTERM, [](int) {
    kontena::load::stop = true;
    ::sem_post(&kontena::load::asked);
  });
  kontena::pki::init();
  const auto options = kontena::load::read_options({values, static_cast<std::size_t>(count)});
  const auto done = options ? kontena::load::run(*options) : kontena::Status(options.error());
  if (done) return 0;
  std::fprintf(stderr, "agents: %s\n", done.error().message.c_str());
  return 1;
}
