#include "fleet.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

#include "kontena/api/endpoints.h"
#include "kontena/base/random.h"
#include "uplink.h"

namespace kontena::load {
namespace {

constexpr Duration beat_period{1'000};
constexpr Duration longest_beat{5'000};
constexpr Duration longest_poll{api::longest_wait_ms + 10'000};
constexpr std::size_t most_at_once = 500;  // statuses in a report
constexpr int pause_ms = 5;                // between two looks at what is due

Duration now() { return SystemClock().steady(); }

model::NodeFacts facts_of(const std::string& name) {
  return {.hostname = name,
          .os = "linux",
          .architecture = "amd64",
          .nano_cpus = 8'000'000'000,
          .memory_bytes = std::int64_t{32} << 30,
          .engine_version = "20.10.24",
          .engine_api = "1.41",
          .kontena_version = KONTENA_VERSION,
          .address = "127.0.0.1"};
}

}  // namespace

std::int64_t Counts::beats() const { return later_than(0); }

std::int64_t Counts::later_than(std::size_t ms) const {
  std::int64_t count = 0;
  for (std::size_t i = ms; i < longest; ++i) count += beats_by_ms[i];
  return count;
}

std::int64_t Counts::worst() const {
  for (std::size_t i = longest; i-- > 0;)
    if (beats_by_ms[i] > 0) return static_cast<std::int64_t>(i);
  return 0;
}

std::int64_t Counts::quantile(double part) const {
  const auto wanted = static_cast<std::int64_t>(static_cast<double>(beats()) * part);
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < longest; ++i)
    if ((seen += beats_by_ms[i]) > wanted) return static_cast<std::int64_t>(i);
  return 0;
}

// The four things an agent does with the server, each on a connection of its own,
// with the agent's own waits between failures.
class Fleet::Node {
 public:
  Node(const Place& place, int epoll, const Member& member, Counts& counts, Duration first)
      : name_(member.name),
        counts_(counts),
        beat_(place, epoll, &member.papers),
        receive_(place, epoll, &member.papers),
        streams_(place, epoll, &member.papers),
        report_(place, epoll, &member.papers) {
    for (Way* way : {&beat_, &receive_, &streams_, &report_}) way->due = first;
  }

  void look(Duration at) {
    for (Way* way : {&beat_, &receive_, &streams_, &report_}) {
      if (way->channel.busy()) {
        if (at >= way->begun + (way == &beat_ ? longest_beat : longest_poll)) way->channel.fail();
      } else if (at >= way->due && (way == &beat_ || up_)) {  // as agents do: a beat finds the server first
        begin(*way, at);
      }
    }
  }

  int held() const { return waits(receive_) + waits(streams_); }

 private:
  struct Way {
    Way(const Place& place, int epoll, const Papers* papers) : channel(place, epoll, papers) {}
    Channel channel;
    Duration due{};
    Duration begun{};
    int failures = 0;
  };

  static bool waits(const Way& way) { return way.channel.open() && way.channel.busy(); }

  void begin(Way& way, Duration at) {
    way.begun = at;
    if (&way == &beat_) return beat();
    if (&way == &receive_) return receive();
    if (&way == &streams_) return wait_for_streams();
    report();
  }

  // False: not answered, and when to try again is settled.
  bool answered(Way& way, const std::optional<Answer>& answer, Duration pause) {
    const Duration at = now();
    if (answer && answer->status < 300) {
      way.failures = 0;
      way.due = at + pause;
      return true;
    }
    const bool lately = heard_ != Duration(0) && at - heard_ < Duration(60'000);
    way.due = at + agent::reconnect_delay(++way.failures, lately, SystemIds().number());
    return false;
  }

  void ask(Way& way, std::string_view method, const std::string& path, const std::string& body,
           Channel::Answered then) {
    if (!way.channel.open()) ++counts_.connections;
    way.channel.ask(request_text(method, path, body), std::move(then));
  }

  void beat() {
    ask(beat_, "POST", std::string(api::paths::agent_beat), "{}", [this](std::optional<Answer> answer) {
      const Duration at = now();
      const auto took = static_cast<std::size_t>((at - beat_.begun).count());
      const bool was_up = up_;
      up_ = answered(beat_, answer, Duration(0));
      counts_.up += int{up_} - int{was_up};
      if (up_ && !was_up)
        for (Way* way : {&receive_, &streams_, &report_})
          way->due = std::max(way->due, at + Duration(static_cast<std::int64_t>(SystemIds().number() % 500)));
      if (!up_) {
        ++counts_.failed;
        return;
      }
      ++counts_.beats_by_ms[std::min(took, Counts::longest - 1)];
      if (was_up) counts_.worst_gap = std::max<std::int64_t>(counts_.worst_gap, (at - heard_).count());
      heard_ = at;
      beat_.due = std::max(at, beat_.begun + beat_period);
    });
  }

  void receive() {
    ask(receive_, "GET", std::string(api::paths::agent_assignments) + "?after=" + std::to_string(after_), "",
        [this](std::optional<Answer> answer) {
          if (!answered(receive_, answer, Duration(0))) return;
          ++counts_.polls;
          const auto told = codec::from_json<api::AssignmentsAnswer>(answer->body);
          if (told) take(*told);
        });
  }

  void take(const api::AssignmentsAnswer& told) {
    after_ = told.revision;
    if (told.complete) instances_.clear();
    for (const std::string& id : told.forgotten) instances_.erase(id), unsaid_.erase(id);
    for (const model::Assignment& one : told.instances) {
      instances_[*one.id] = {one.desired, one.spec.health_check.has_value()};
      unsaid_.insert(*one.id);
    }
    if (!unsaid_.empty() && !report_.channel.busy()) report_.due = now();
  }

  void wait_for_streams() {
    ask(streams_, "GET", std::string(api::paths::agent_streams), "", [this](std::optional<Answer> answer) {
      if (answered(streams_, answer, Duration(0))) ++counts_.polls;
    });
  }

  void report() {
    if (!facts_told_) {
      ask(report_, "POST", std::string(api::paths::agent_facts), codec::to_json(facts_of(name_)),
          [this](std::optional<Answer> answer) { facts_told_ = answered(report_, answer, Duration(0)); });
      return;
    }
    if (unsaid_.empty()) {
      report_.due = now() + std::chrono::hours(1);
      return;
    }
    api::StatusRequest request;
    while (!unsaid_.empty() && request.instances.size() < most_at_once) {
      const std::string id = unsaid_.extract(unsaid_.begin()).value();
      const auto found = instances_.find(id);
      if (found != instances_.end()) request.instances.push_back({id, status_of(id, found->second)});
    }
    std::vector<std::string> said;
    for (const auto& one : request.instances) said.push_back(one.id);
    ask(report_, "POST", std::string(api::paths::agent_statuses), codec::to_json(request),
        [this, said = std::move(said)](std::optional<Answer> answer) {
          if (answered(report_, answer, Duration(0)))
            counts_.statuses += static_cast<std::int64_t>(said.size());
          else
            unsaid_.insert(said.begin(), said.end());
        });
  }

  struct Instance {
    model::Desired desired;
    bool checked;  // has a health check
  };

  static model::InstanceStatus status_of(const std::string& id, const Instance& instance) {
    model::InstanceStatus status;
    switch (instance.desired) {
      case model::Desired::running:
        status.state = model::InstanceState::running;
        status.container = "simulated-" + id;
        status.started_ms = to_ms(SystemClock().now());
        if (instance.checked) status.health = model::Health::healthy;
        break;
      case model::Desired::stopped:
        status.state = model::InstanceState::stopped;
        break;
      case model::Desired::removed:
        status.state = model::InstanceState::removed;
    }
    return status;
  }

  const std::string name_;
  Counts& counts_;
  Way beat_, receive_, streams_, report_;
  bool up_ = false;
  Duration heard_{};
  std::int64_t after_ = 0;
  bool facts_told_ = false;
  std::map<std::string, Instance> instances_;
  std::set<std::string> unsaid_;
};

Fleet::Fleet(const Place& place, std::vector<Member> members, Counts& counts)
    : place_(place), counts_(counts), epoll_(::epoll_create1(EPOLL_CLOEXEC)), members_(std::move(members)) {
  // 200 a second and fleet: how they come after a restart of the server is another
  // thing, and measured as such.
  const Duration at = now();
  const std::uint64_t spread_ms = std::max<std::uint64_t>(1'000, members_.size() * 5);
  for (const Member& member : members_)
    nodes_.push_back(std::make_unique<Node>(
        place_, epoll_, member, counts_, at + Duration(static_cast<std::int64_t>(SystemIds().number() % spread_ms))));
}

Fleet::~Fleet() {
  nodes_.clear();
  ::close(epoll_);
}

void Fleet::run(const std::atomic<bool>& stop) {
  std::array<epoll_event, 256> events{};
  while (!stop) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), pause_ms);
    for (int i = 0; i < count; ++i) static_cast<Channel*>(events[static_cast<std::size_t>(i)].data.ptr)->on_ready();
    const Duration at = now();
    std::int64_t held = 0;
    for (const auto& node : nodes_) {
      node->look(at);
      held += node->held();
    }
    held_ = held;
  }
}

}  // namespace kontena::load
