#pragma once

#include "uplink.h"

namespace kontena::agent {

model::NodeFacts facts_of(const engine::EngineFacts&);

// The address from which this machine reaches the server; where that is the
// machine itself, the one from which it reaches the world. "" if none is found.
std::string local_address(const std::string& host, int port);

// Tells the server what has changed: the node's facts, and statuses in batches.
// While one request is under way the next batch gathers.
class Report {
 public:
  // `complete` adds to the engine's facts, anew whenever facts are told; `acknowledged`
  // hears what the server has taken.
  Report(Context context, Uplink& uplink, std::function<void(model::NodeFacts&)> complete,
         std::function<void(const model::NodeFacts&)> acknowledged = {})
      : context_(std::move(context)), uplink_(uplink), complete_(std::move(complete)), acknowledged_(std::move(acknowledged)), run_(context_.ids.id()) {}

  void step();  // waits until something has changed, and tells it

  // What of these statuses is news, to be sent. Those of a first telling are all news.
  std::vector<api::StatusReport> news(std::vector<api::StatusReport>) const;

 private:
  Status tell_facts(const engine::EngineFacts&);
  Status tell(const std::vector<api::StatusReport>&);

  Context context_;
  Uplink& uplink_;
  const std::function<void(model::NodeFacts&)> complete_;
  const std::function<void(const model::NodeFacts&)> acknowledged_;
  std::uint64_t epoch_ = 0;                            // of the server that was told what is in told_
  std::map<std::string, model::InstanceStatus> told_;  // by InstanceId, as the server has acknowledged it
  std::set<std::string> unknown_;                      // to the server: not told again until it is assigned anew
  std::optional<model::NodeFacts> facts_told_;
  std::string run_;
  std::int64_t number_ = 0;  // of the last request of statuses
  bool all_ = true;  // a new instance's first status is told even if it says nothing yet
  int failures_ = 0;
};

}  // namespace kontena::agent
