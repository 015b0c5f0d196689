#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "carry_out.h"
#include "kontena/engine/fake.h"
#include "observe.h"
#include "receive.h"
#include "status.h"
#include "support/temp_folder.h"

namespace kontena::agent::test {

inline model::Assignment assignment(const std::string& id, const std::string& service = "web", std::int64_t slot = 1) {
  model::Assignment a;
  a.id = InstanceId(id);
  a.project = "default";
  a.stack = "shop";
  a.service = service;
  a.slot = slot;
  a.instance_revision = 1;
  a.container_name = "shop." + service + "-" + std::to_string(slot);
  a.spec.name = service;
  a.spec.image = "nginx:1.25";
  a.spec.restart.when = model::RestartWhen::always;
  a.spec.networks = {{.network = "default"}};
  a.networks["default"].name = "shop.default";
  return a;
}

// Counts and slows what the tests want to count and slow.
class WatchedEngine final : public engine::Engine {
 public:
  explicit WatchedEngine(engine::FakeEngine& fake) : fake_(fake) {}
  Result<engine::EngineFacts> facts() override { return fake_.facts(); }
  Result<std::vector<engine::Container>> list(const std::string& node) override { return fake_.list(node); }
  Result<engine::Container> inspect(const std::string& id) override { return fake_.inspect(id); }
  Result<bool> has_image(const std::string& image) override { return fake_.has_image(image); }
  Status pull(const std::string& image, const engine::RegistryUser* user, const std::function<void(const engine::PullProgress&)>& progress) override {
    ++pulls;
    pulled_as.with([&](auto& all) { all.push_back(user ? user->name + ' ' + user->password.reveal() : std::string()); });
    if (!gate.wait(Duration(20'000), [](bool open) { return open; })) return Error{Code::internal, "the test waits"};
    return fake_.pull(image, user, progress);
  }
  Result<std::string> image_id(const std::string& image) override { return fake_.image_id(image); }
  Result<bool> remove_image(const std::string& id) override { return fake_.remove_image(id); }
  Result<model::Strings> networks(const std::string& node) override { return fake_.networks(node); }
  Result<model::Strings> volumes(const std::string& node) override { return fake_.volumes(node); }
  Result<std::vector<engine::EngineSubnet>> subnets() override { return fake_.subnets(); }
  Status ensure_network(const model::AssignedNetwork& n, const model::StringMap& l, int mtu) override {
    ++ensured;
    return fake_.ensure_network(n, l, mtu);
  }
  Status ensure_volume(const std::string& n, const model::VolumeSpec& s, const model::StringMap& l) override {
    return fake_.ensure_volume(n, s, l);
  }
  Status remove_network(const std::string& n, const std::string& node) override {
    return fake_.remove_network(n, node);
  }
  Status remove_volume(const std::string& n, const std::string& node) override { return fake_.remove_volume(n, node); }
  Result<std::string> create(const engine::ContainerSpec& spec) override {
    ++creates;
    auto made = fake_.create(spec);
    if (goes_after_create.exchange(false)) fake_.set_away(true);
    return made;
  }
  Result<engine::ExecEnd> exec(const std::string& id, const engine::ExecSpec& spec,
                               const std::function<bool(const engine::ExecOutput&)>& sink) override {
    return fake_.exec(id, spec, sink);
  }
  Status start(const std::string& id) override {
    ++starts;
    return fake_.start(id);
  }
  Status stop(const std::string& id, Duration grace) override {
    graces.with([&](auto& all) { all.push_back(grace.count()); });
    return fake_.stop(id, grace);
  }
  Status remove(const std::string& id) override { return fake_.remove(id); }
  Status logs(const std::string& id, const engine::LogOptions& o,
              const std::function<bool(const engine::LogLine&)>& sink) override {
    return fake_.logs(id, o, sink);
  }
  Status watch(const std::string& node, const std::function<bool(const engine::Event&)>& sink) override {
    return fake_.watch(node, sink);
  }
  Result<engine::LogPlace> log_place(const std::string& id) override {
    const auto place = log_places.with([&](const auto& all) {
      const auto found = all.find(id);
      return found == all.end() ? std::optional<engine::LogPlace>() : std::optional(found->second);
    });
    if (!place) return fake_.log_place(id);
    return *place;
  }

  std::atomic<int> pulls{0}, creates{0}, starts{0}, ensured{0};
  std::atomic<bool> goes_after_create{false};  // the engine, once
  Synced<bool> gate{true};  // closed: pulls wait
  Synced<std::vector<std::int64_t>> graces;
  Synced<std::map<std::string, engine::LogPlace>> log_places;  // by container
  Synced<std::vector<std::string>> pulled_as;  // of each pull: user and password

 private:
  engine::FakeEngine& fake_;
};

// One node without threads but CarryOut's lanes, and with a clock that stands.
struct World {
  ManualClock clock;
  CountedIds ids;
  engine::FakeEngine fake{clock};
  WatchedEngine engine{fake};
  Synced<State> state;
  TempFolder folder;
  Context context{engine, clock, ids, state, "n1", "main"};
  Observe observe{context};
  CarryOut carry_out{context, keep_in(folder.path()), 2};
  std::int64_t wake_ms = 0;

  World() {
    clock.advance(std::chrono::hours(24));
    fake.publish("nginx:1.25");
    if (!observe.find_engine()) std::abort();
  }

  void assign(std::vector<model::Assignment> instances, bool complete = false) {
    state.change([&](State& s) {
      api::AssignmentsAnswer answer{
          .revision = s.kept->revision + 1, .complete = complete, .instances = std::move(instances)};
      apply(s, merge(*s.kept, std::move(answer)));
    });
  }
  void answer(api::AssignmentsAnswer given) {
    state.change([&](State& s) { apply(s, merge(*s.kept, std::move(given))); });
  }
  // Plans and carries out until nothing is left to do at this time.
  void settle() {
    for (int rounds = 0; rounds < 50; ++rounds) {
      wake_ms = carry_out.round();
      if (!carry_out.wait_idle(Duration(20'000))) std::abort();
      const bool again = state.with([](const State& s) { return s.replan; });
      if (!again) return;
    }
    std::abort();
  }
  // As the events' thread and look() do.
  void see(const std::string& name) {
    const auto seen = fake.inspect(name);
    if (!seen || !look_at(context, seen->id)) std::abort();
  }
  model::InstanceStatus status(const std::string& instance) {
    return state.with([&](State& s) {
      return status_of(s.kept->instances.at(instance), s.seen.of_instance(instance), s.work[instance], s.engine_away);
    });
  }
  bool runs(const std::string& name) {
    const auto found = fake.inspect(name);
    return found && found->state == engine::ContainerState::running;
  }
  void advance(Duration by) { clock.advance(by); }
};

// Waits for what another thread brings about; bounded.
inline bool soon(const std::function<bool()>& holds) {
  Synced<bool> never;
  for (int i = 0; i < 2'000; ++i) {
    if (holds()) return true;
    never.wait(Duration(10), [](bool) { return false; });
  }
  return false;
}

// A server in this process: what a path answers is a function of the request.
class FakeServer final : public http::Client {
 public:
  using Answer = std::function<Result<http::Response>(const http::Request&)>;
  struct Requests {
    std::map<std::string, Answer> answers;  // by path
    std::vector<http::Request> came;
    std::map<std::string, std::string> uploads;  // by path, all that came
    bool away = false;
  };

  Result<http::Response> send(const http::Request& request, Duration) override {
    const auto answer = requests.change([&](Requests& r) -> Answer {
      r.came.push_back(request);
      if (r.away) return nullptr;
      const auto found = r.answers.find(request.path);
      return found == r.answers.end() ? nullptr : found->second;
    });
    if (!answer) return Error{Code::unavailable, "cannot connect"};
    return answer(request);
  }
  Result<http::Response> stream(const http::Request&, Duration, const Bytes&) override {
    return Error{Code::unsupported, "not by the agent"};
  }
  Result<http::Response> upload(const http::Request& request, Duration, const Source& next) override {
    for (std::string piece = next(); !piece.empty(); piece = next())
      if (requests.change([&](Requests& r) {
            r.uploads[request.path] += piece;
            return r.away;
          }))
        return Error{Code::unavailable, "broken off"};
    return http::Response{.body = "{}"};
  }

  void answer(std::string_view path, Answer answer) {
    requests.with([&](Requests& r) { r.answers[std::string(path)] = std::move(answer); });
  }
  template <class Body>
  void answer_with(std::string_view path, Body body) {
    answer(path, [text = codec::to_json(body)](const http::Request&) { return http::Response{.body = text}; });
  }
  int count(std::string_view path) {
    return requests.with(
        [&](const Requests& r) { return static_cast<int>(std::ranges::count(r.came, path, &http::Request::path)); });
  }
  std::vector<http::Request> all(std::string_view path) {
    return requests.with([&](const Requests& r) {
      std::vector<http::Request> found;
      for (const auto& request : r.came)
        if (request.path == path) found.push_back(request);
      return found;
    });
  }

  Synced<Requests> requests;
};

}  // namespace kontena::agent::test
