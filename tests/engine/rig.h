#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kontena/base/synced.h"
#include "kontena/engine/fake.h"
#include "kontena/engine/open.h"

namespace kontena::engine::test {

// One engine under test, and containers of this run on it. Every name holds the
// run's mark, and what was made is taken away at the end.
class Rig {
 public:
  Rig(std::string name, std::unique_ptr<Engine>, std::string image);
  ~Rig();

  Engine& engine() { return *engine_; }
  const std::string& name() const { return name_; }
  const std::string& node() const { return node_; }
  const std::string& image() const { return image_; }
  model::StringMap ours() const { return {{std::string(node_label), node_}}; }

  std::string called(const std::string& name);  // a name of this run
  // A container of ours that runs `command`, in one network.
  ContainerSpec spec(const std::string& name, const model::Strings& command);
  std::string create(const ContainerSpec&);                                   // REQUIREs success
  std::string start(const std::string& name, const model::Strings& command);  // likewise, and runs it

  // Waits until inspect() says so, for a minute at most, without a fixed delay.
  Container wait(const std::string& id, const std::function<bool(const Container&)>& so);
  Container wait_end(const std::string& id);

 private:
  const std::string name_;
  const std::unique_ptr<Engine> engine_;
  const std::string image_;
  const std::string node_;
  std::vector<std::string> containers_;
};

// Runs a test of the suite on the fake engine and, where the environment's
// KONTENA_TEST_DOCKER names the socket of one that has the image "busybox", on Docker's.
void on_each_engine(const std::function<void(Rig&)>&);

// watch() on a thread of its own; keeps what it heard.
class Watcher {
 public:
  Watcher(Engine&, const std::string& node);  // returns when it listens
  ~Watcher();
  bool hears(Happened, const std::string& container, Duration limit = Duration(30'000));

 private:
  struct State {
    bool listens = false;
    bool wanted = true;
    std::vector<Event> heard;
  };
  Synced<State> state_;
  std::jthread thread_;
};

// logs() on a thread of its own, following.
class Follower {
 public:
  Follower(Engine&, const std::string& id, LogOptions);
  ~Follower();
  bool sees(const std::string& line, Duration limit = Duration(30'000));
  bool ends(Duration limit = Duration(30'000));
  int beats();

 private:
  struct State {
    bool wanted = true;
    bool ended = false;
    int beats = 0;
    std::vector<LogLine> lines;
  };
  Synced<State> state_;
  std::jthread thread_;
};

}  // namespace kontena::engine::test
