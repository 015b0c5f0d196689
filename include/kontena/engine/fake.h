#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/engine/engine.h"

namespace kontena::engine {

// What a container does when it is started.
struct Run {
  std::string refused;                             // not empty: the start fails with these words
  std::vector<LogLine> lines;                      // what it writes at once; the times are put in
  std::optional<std::int64_t> exit_code;           // it ends at once
  bool out_of_memory = false;                      // likewise
  model::Health health = model::Health::starting;  // of a container with a health check
  std::string health_output;
};

// What a command in a container does.
struct Ran {
  std::int64_t exit_code = 0;
  std::string output = {};  // of stdout
  std::string errors = {};
  bool hangs = false;  // until the container ends, as by SIGKILL
};

// An engine in memory, for tests and the simulation: it keeps the rules that
// Docker keeps (tests/engine/conformance_test.cc holds both against them), runs
// nothing, and does at once what is asked. Safe from any thread.
class FakeEngine final : public Engine {
 public:
  FakeEngine();                       // with the system's clock
  explicit FakeEngine(const Clock&);  // which outlives it

  Result<EngineFacts> facts() override;
  Result<std::vector<Container>> list(const std::string& node) override;
  Result<Container> inspect(const std::string& id) override;
  Result<bool> has_image(const std::string& image) override;
  Status pull(const std::string& image, const RegistryUser*, const std::function<void(const PullProgress&)>&) override;
  Result<std::string> image_id(const std::string& image) override;
  Result<bool> remove_image(const std::string& id) override;
  Status ensure_network(const model::AssignedNetwork&, const model::StringMap& labels, int mtu) override;
  Status ensure_volume(const std::string& name, const model::VolumeSpec&, const model::StringMap& labels) override;
  Result<model::Strings> networks(const std::string& node) override;
  Result<model::Strings> volumes(const std::string& node) override;
  Result<std::vector<EngineSubnet>> subnets() override;  // that of docker0
  Status remove_network(const std::string& name, const std::string& node) override;
  Status remove_volume(const std::string& name, const std::string& node) override;
  Result<std::string> create(const ContainerSpec&) override;
  Status start(const std::string& id) override;
  Status stop(const std::string& id, Duration grace) override;
  Status remove(const std::string& id) override;
  Status logs(const std::string& id, const LogOptions&, const std::function<bool(const LogLine&)>& sink) override;
  Result<ExecEnd> exec(const std::string& id, const ExecSpec&,
                       const std::function<bool(const ExecOutput&)>& sink) override;
  Status watch(const std::string& node, const std::function<bool(const Event&)>& sink) override;

  // What tests arrange. A container is named by its id or its name.
  void add_image(const std::string& image);     // on the node
  void forget_image(const std::string& image);  // as `docker rmi -f` does
  // Where a pull finds it. With another content it is another image of that name.
  void publish(const std::string& image, const std::string& content = {});
  void fail_pulls(std::optional<Error>);  // all of them, until none is given
  // Else a container runs until it is stopped. Must not call this engine.
  void behave(std::function<Run(const ContainerSpec&)>);
  void answer_exec(std::function<Ran(const ContainerSpec&, const ExecSpec&)>);  // else all end well at once; likewise
  void fail_next_start(const std::string& words);
  void exit(const std::string& container, std::int64_t code, bool out_of_memory = false);
  void set_health(const std::string& container, model::Health, const std::string& output = {});
  void write(const std::string& container, const std::string& line, bool is_error = false);
  void set_away(bool away);  // nobody answers, and streams break off; containers run on
  void add_external_volume(const std::string& name);
  void set_facts(EngineFacts);
  // By somebody's hand.
  void rename(const std::string& container, const std::string& name);
  void limit(const std::string& container, const model::Resources&);
  void disconnect(const std::string& container, const std::string& network);

  // What tests look at.
  std::optional<ContainerSpec> spec_of(const std::string& container);
  std::set<std::string> networks();
  std::set<std::string> volumes();
  std::set<std::string> images();  // ids, also of those that have lost their name

 private:
  struct Made {
    Container container;
    ContainerSpec spec;
    std::vector<LogLine> lines;
    std::vector<std::int64_t> line_times_ms;
  };
  struct Happening {
    std::string node;
    Event event;
  };
  struct State {
    EngineFacts facts;
    bool away = false;
    std::map<std::string, std::string> images;     // ids by name
    std::map<std::string, std::string> published;  // likewise
    std::optional<Error> pull_error;
    std::optional<std::string> start_error;
    std::function<Run(const ContainerSpec&)> behaviour;
    std::function<Ran(const ContainerSpec&, const ExecSpec&)> execs;
    std::set<std::string> image_ids;
    std::map<std::string, Made> containers;            // by id
    std::map<std::string, model::StringMap> networks;  // labels by name
    std::map<std::string, model::StringMap> volumes;
    std::deque<Happening> happenings;
    std::int64_t first_happening = 0;  // the number of happenings.front()
    std::int64_t last_id = 0;
    std::int64_t last_port = 32767;
  };

  static Made* find(State&, const std::string& container);
  static void tell(State&, const Made&, Happened);
  static Status bind_ports(State&, Made&);
  static Status share(State&, const ContainerSpec&, bool started);  // what it has of others, when it is made or started
  void write_lines(Made&, const std::string& text, bool is_error) const;
  void end(State&, Made&, std::int64_t code, bool out_of_memory) const;
  std::int64_t now_ms() const { return to_ms(clock_->now()); }

  const std::unique_ptr<Clock> own_clock_;
  const Clock* const clock_;
  Synced<State> state_;
};

}  // namespace kontena::engine
