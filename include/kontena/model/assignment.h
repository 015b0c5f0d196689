#pragma once

#include <map>
#include <string>

#include "kontena/model/ids.h"
#include "kontena/model/instance.h"
#include "kontena/model/network.h"
#include "kontena/model/stack.h"

namespace kontena::model {

// What a node is told about one instance: all it needs to make its container.
struct Assignment {
  InstanceId id;
  std::string project;
  std::string stack;
  std::string service;
  std::int64_t slot = 0;
  std::int64_t instance_revision = 0;
  Desired desired = Desired::running;
  std::string container_name;  // "shop.web-1"
  ServiceSpec spec;
  std::map<std::string, AssignedNetwork> networks;  // those the service uses, by their keys in the stack
  std::map<std::string, VolumeSpec> volumes;    // likewise
  StringMap beside;  // service → InstanceId: those whose namespaces or volumes it shares, on the same node
  friend bool operator==(const Assignment&, const Assignment&) = default;
};

// All that a node is to have, as its agent keeps it on disk.
struct Assignments {
  std::int64_t revision = 0;
  std::map<std::string, Assignment> instances;  // by InstanceId
};

}  // namespace kontena::model
