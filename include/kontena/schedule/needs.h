#pragma once

#include <map>
#include <string>
#include <vector>

#include "kontena/model/node.h"
#include "kontena/model/stack.h"

namespace kontena::schedule {

// What a node is to have for an instance, besides room. What it is asked about by name is
// a path, "volume:NAME" or "image:NAME" (model::NodeFacts::paths has the answers).
struct Needs {
  model::Strings platforms;              // "linux/arm64"; all of them
  std::vector<model::Strings> runtimes;  // one of each
  model::Strings volume_drivers;
  model::Strings there;   // that must be there
  model::Strings wished;  // that must be there where any node of the grid has it, and else is made
  bool ipv6 = false;
  bool empty() const {
    return platforms.empty() && runtimes.empty() && volume_drivers.empty() && there.empty() && wished.empty() && !ipv6;
  }
  friend bool operator==(const Needs&, const Needs&) = default;
};

Needs needs_of(const model::ServiceSpec&, const std::map<std::string, model::VolumeSpec>&);
void add(Needs&, const Needs&);

// Its agent is older than such questions: it tells no runtimes either, and every engine has one.
bool never_says(const model::NodeFacts&);

// Its data is not on one node: it is mounted from elsewhere.
bool is_shared(const model::VolumeSpec&);

// "linux/x86_64" → "linux/amd64": as nodes call it. The variant is the engine's to choose.
std::string platform(const std::string& text);

}  // namespace kontena::schedule
