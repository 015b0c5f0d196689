#include "report.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "kontena/base/log.h"
#include "kontena/engine/lacking.h"
#include "status.h"

namespace kontena::agent {
namespace {

constexpr std::size_t most_at_once = 500;

// Connecting a datagram socket sends nothing, but chooses the way.
std::string source_towards(const addrinfo& to) {
  const int fd = ::socket(to.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::connect(fd, to.ai_addr, to.ai_addrlen) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0) {
    if (own.ss_family == AF_INET)
      ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(own).sin_addr, text.data(), text.size());
    else
      ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(own).sin6_addr, text.data(), text.size());
  }
  ::close(fd);
  return text.data();
}

std::string source_towards(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return "";
  std::string source;
  for (const addrinfo* one = found; one && source.empty(); one = one->ai_next) source = source_towards(*one);
  ::freeaddrinfo(found);
  return source;
}

}  // namespace

model::NodeFacts facts_of(const engine::EngineFacts& engine) {
  return {.hostname = engine.hostname,
          .os = engine.os,
          .architecture = engine.architecture,
          .nano_cpus = engine.nano_cpus,
          .memory_bytes = engine.memory_bytes,
          .engine_version = engine.version,
          .engine_api = engine.api_version,
          .kontena_version = KONTENA_VERSION,
          .kernel = engine.kernel,
          .live_restore = engine.live_restore,
          .runtimes = engine.runtimes,
          .volume_drivers = engine.volume_drivers};
}

std::string local_address(const std::string& host, int port) {
  const std::string source = source_towards(host, port);
  if (!source.empty() && !source.starts_with("127.") && source != "::1") return source;
  const std::string outward = source_towards("192.0.2.1", 9);  // an address for documentation: any way out will do
  return outward.empty() ? source : outward;
}

std::vector<api::StatusReport> Report::news(std::vector<api::StatusReport> statuses) const {
  std::erase_if(statuses, [&](const api::StatusReport& report) {
    if (unknown_.contains(report.id)) return true;
    const auto told = told_.find(report.id);
    if (told != told_.end()) return told->second == report.status;
    return !all_ && report.status == model::InstanceStatus{};  // the server has that of each new instance
  });
  return statuses;
}

void Report::step() {
  struct Batch {
    std::vector<api::StatusReport> statuses;
    std::optional<engine::EngineFacts> engine;
    bool listed = false;
    bool stopping = false;
  };
  const auto changed = [&](const State& s) {
    return s.stopping || s.report_facts || (s.listed && !s.report.empty()) || s.server_epoch != epoch_;
  };
  const bool due = context_.state.wait(Duration(3'600'000), changed);
  if (!due) return;
  const Batch batch = context_.state.with([&](State& s) {
    Batch taken{.listed = s.listed, .stopping = s.stopping};
    if (s.server_epoch != epoch_) {
      epoch_ = s.server_epoch;
      told_.clear();
      facts_told_.reset();
      unknown_.clear();
      all_ = true;
    }
    if (std::exchange(s.facts_again, false)) facts_told_.reset();
    if (std::exchange(s.report_facts, false) || !facts_told_) taken.engine = s.engine;
    if (!s.listed) return taken;
    if (all_)
      for (const auto& [instance, assignment] : s.kept->instances) s.report.insert(instance);
    for (const std::string& instance : std::exchange(s.report, {})) {
      const auto wanted = s.kept->instances.find(instance);
      if (wanted == s.kept->instances.end()) continue;
      const auto work = s.work.find(instance);
      taken.statuses.push_back({instance, status_of(wanted->second, s.seen.of_instance(instance),
                                                    work == s.work.end() ? Work{} : work->second, s.engine_away)});
      model::InstanceStatus& status = taken.statuses.back().status;
      if (s.engine && status.message.empty() && status.state == model::InstanceState::running)
        status.message = engine::passed_over(wanted->second.spec, s.engine->api_version);
    }
    // What is not assigned any more is forgotten here too.
    if (told_.size() > s.kept->instances.size())
      std::erase_if(told_, [&](const auto& entry) { return !s.kept->instances.contains(entry.first); });
    std::erase_if(unknown_, [&](const auto& instance) { return !s.kept->instances.contains(instance); });
    return taken;
  });
  if (batch.stopping) return;
  Status told = Done{};
  if (batch.engine) told = tell_facts(*batch.engine);
  if (told) told = tell(news(batch.statuses));
  if (told) {
    failures_ = 0;
    if (batch.listed) all_ = false;
    return;
  }
  if (failures_ == 0) log::warn("nothing can be reported", {{"reason", told.error().message}});
  if (told.error().code == Code::conflict) {
    // A message of an agent before this one came after ours, and passes for the later. We are the one that lives,
    // and what that has told is not so.
    run_ = context_.ids.id();
    told_.clear();
    unknown_.clear();
    all_ = true;
  }
  context_.state.with([&](State& s) {
    for (const api::StatusReport& report : batch.statuses) s.report.insert(report.id);
    s.report_facts = s.report_facts || batch.engine;
  });
  wait_until_heard(context_, ++failures_);
}

Status Report::tell_facts(const engine::EngineFacts& engine) {
  model::NodeFacts facts = facts_of(engine);
  complete_(facts);
  facts.paths = context_.state.with([](const State& s) { return s.things; });
  if (facts_told_ == facts) return Done{};
  KTN_OK(api::call<api::Nothing>(uplink_.server(), http::Method::post, std::string(api::paths::agent_facts), facts));
  if (acknowledged_) acknowledged_(facts);
  facts_told_ = std::move(facts);
  return Done{};
}

Status Report::tell(const std::vector<api::StatusReport>& statuses) {
  for (std::size_t from = 0; from < statuses.size(); from += most_at_once) {
    api::StatusRequest request{.run = run_, .number = ++number_};
    const auto begin = statuses.begin() + static_cast<std::ptrdiff_t>(from);
    request.instances.assign(begin,
                             begin + static_cast<std::ptrdiff_t>(std::min(most_at_once, statuses.size() - from)));
    KTN_TRY(const auto answer, api::call<api::StatusAnswer>(uplink_.server(), http::Method::post,
                                                            std::string(api::paths::agent_statuses), request));
    for (api::StatusReport& report : request.instances) told_[report.id] = std::move(report.status);
    unknown_.insert(answer.unknown.begin(), answer.unknown.end());
  }
  return Done{};
}

}  // namespace kontena::agent
