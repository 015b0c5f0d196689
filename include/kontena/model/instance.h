#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kontena/model/ids.h"
#include "kontena/model/service.h"

namespace kontena::model {

enum class Desired { running, stopped, removed };

// A node where an instance kept failing: another one is taken where possible.
struct Avoided {
  NodeId node;
  std::int64_t until_ms = 0;
  friend bool operator==(const Avoided&, const Avoided&) = default;
};

// One replica of a service on one node. Its node never changes: it is replaced,
// not moved. Written by the server's controllers.
struct Instance {
  InstanceId id;
  std::string grid;
  std::string project;
  std::string stack;
  std::string service;
  std::int64_t slot = 0;  // 1..replicas, or the node's number for a global service; a replacement keeps its slot
  NodeId node;            // empty: not placed yet, see why_not
  std::int64_t instance_revision = 0;  // of the service it was made from
  std::int64_t restarts = 0;           // likewise
  Desired desired = Desired::running;
  std::string why_not;  // why it has no node: "2 not ready for new work; 1 without …"
  std::int64_t created_ms = 0;
  bool beside = false;          // made while its predecessor ran, maybe on the same node: its container's name tells them apart
  std::string move_why;         // it is to be replaced by one on another node, start-first: "rebalance"; "" = it stays
  NodeId move_to;               // where it goes best then
  std::int64_t failed_before = 0;  // instances of its slot that kept failing, in a row, before it
  std::vector<Avoided> avoid;   // where those were
  StringMap addresses;          // network (of its project) -> address; given with the node

  ServicePath service_path() const { return {grid, project, stack, service}; }
};

enum class InstanceState {
  pending,   // nothing done yet
  pulling,   // the image is on its way
  starting,  // created, not running yet
  running,
  exited,    // ended by itself; will be started again if its restart policy says so
  failed,    // cannot be started, or gave up: see message
  stopped,   // as desired
  removed,   // the container is gone, as desired: the server may forget the instance
};

enum class Health { none, starting, healthy, unhealthy };

struct PublishedPort {
  std::int64_t target = 0;
  std::int64_t published = 0;
  std::string protocol;
  std::string host_ip;
  friend bool operator==(const PublishedPort&, const PublishedPort&) = default;
};

// How a run ended badly, or why there was none. Kept while it runs again.
struct Failure {
  std::int64_t at_ms = 0;
  std::int64_t exit_code = 0;
  bool out_of_memory = false;
  std::int64_t memory_limit_bytes = 0;  // when out of memory; 0 = the host's
  std::string message;                  // "exited with status 3", "unhealthy: …", "cannot be started: …"; one line
  Strings last_lines;                   // of its log; at most 20
  friend bool operator==(const Failure&, const Failure&) = default;
};

// What its agent says of it. Written by the agent of its node only.
struct InstanceStatus {
  InstanceState state = InstanceState::pending;
  Health health = Health::none;
  std::string container;  // the engine's id
  std::int64_t exit_code = 0;
  bool out_of_memory = false;
  std::int64_t restarts = 0;       // by the agent, since the instance came to the node
  std::int64_t failures = 0;       // bad ends in a row, without a stable run in between
  std::int64_t started_ms = 0;     // last start; 0 = never
  std::int64_t finished_ms = 0;    // last end; 0 = never
  std::string message;             // why it is not running: pull error, start error, exit …; one line
  std::string progress;            // of a pull: "12.1 MB / 40.2 MB"
  Strings last_lines;              // of its log, when it failed; at most 20
  std::optional<Failure> last_failure;
  std::vector<PublishedPort> ports;
  friend bool operator==(const InstanceStatus&, const InstanceStatus&) = default;
};

}  // namespace kontena::model
