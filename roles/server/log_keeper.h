#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "kontena/base/loop.h"
#include "kontena/base/synced.h"
#include "kontena/logs/kept.h"
#include "views.h"

namespace kontena::server {

// What a project's logs are called in the store of them: one that is made anew under an old name does not see the old one's.
std::string kept_project(const model::Project&);

// The logs of all containers, beside the state and never in its way: where their folder cannot be used or the disk is
// full, the server works on without, and the agents keep their lines. Any thread.
class LogKeeper {
 public:
  struct Settings {
    std::string folder;                          // "" = none are kept
    std::uint64_t project_bytes = 1u << 30;      // where the project's policy says nothing
    std::uint64_t total_bytes = 0;               // 0 = a quarter of the disk
    Duration age = std::chrono::hours(24 * 14);  // likewise
  };
  LogKeeper(Views& views, const Clock& clock, Settings settings)
      : views_(views), clock_(clock), settings_(std::move(settings)), loop_("logs", pace, [this] { step(); }) {}

  void start();  // also opens the store
  void stop();   // nobody waits for news any more
  void tick() { loop_.tick(); }
  const Loop& loop() const { return loop_; }

  // Code::unavailable, and why, where there is none.
  Result<logs::Kept*> kept() const;
  std::string trouble() const;

  // What a node sends. What it says of instances that are not its own, or not of that service, is left out.
  struct Taken {
    std::uint64_t number = 0;
    std::size_t refused = 0;
  };
  Result<Taken> take(const model::ClusterView&, const std::string& grid, const std::string& node, logs::Batch, std::string_view encoded);

  // How much of a project's logs is kept, and for how long.
  logs::Kept::Room room(const model::ClusterView&, const model::ProjectPath&) const;

  static constexpr Duration pace{2'000};

 private:
  // An instance that was seen lately: its last lines come when it is gone already.
  struct Seen {
    std::string project, stack, service;
    std::int64_t slot = 0;
    Duration at{};  // steady
  };
  void step();
  void open();
  bool is_of(const model::ClusterView&, const std::string& by_node, const logs::Section&) const;

  Views& views_;
  const Clock& clock_;
  const Settings settings_;
  std::unique_ptr<logs::Kept> owned_;       // set once
  std::atomic<logs::Kept*> kept_ = nullptr;  // likewise
  mutable Synced<std::string> why_not_;  // "" = nobody has tried
  mutable Synced<std::map<std::string, Seen>> seen_;  // GRID/NODE/INSTANCE
  std::int64_t seen_revision_ = -1;
  std::atomic<std::uint64_t> refused_ = 0;
  Loop loop_;
};

}  // namespace kontena::server
