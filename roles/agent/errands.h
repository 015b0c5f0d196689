#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kontena/base/synced.h"

namespace kontena::agent {

// What is done once, each on a thread of its own. Used by one thread.
class Errands {
 public:
  ~Errands() {  // waits for those under way
    for (Running& one : running_) one.thread.join();
  }

  // Those under way, as far as they had not ended at the last count.
  std::size_t count() {
    std::erase_if(running_, [](Running& one) { return one.ended->with([](bool is) { return is; }); });
    return running_.size();
  }
  bool has(const std::string& name) const {
    return std::ranges::any_of(running_, [&](const Running& one) { return one.name == name; });
  }
  void begin(const std::string& name, std::function<void()> act) {
    auto ended = std::make_shared<Synced<bool>>(false);
    std::jthread thread([act = std::move(act), ended] {
      act();
      ended->with([](bool& is) { is = true; });
    });
    running_.push_back({name, std::move(ended), std::move(thread)});
  }

 private:
  struct Running {
    std::string name;
    std::shared_ptr<Synced<bool>> ended;
    std::jthread thread;
  };
  std::vector<Running> running_;
};

}  // namespace kontena::agent
