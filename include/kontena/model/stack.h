#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kontena/model/alert_spec.h"
#include "kontena/model/ids.h"
#include "kontena/model/service.h"

namespace kontena::model {

struct VolumeSpec {
  std::string name;  // as people gave it; volume_name() says how the engine knows it
  std::string driver = "local";
  StringMap driver_options;
  StringMap labels;
  bool external = false;  // must exist on the node; never made or removed by us
  std::string seed;       // the blob that it is filled with when it is made, "sha256:…"; "" = nothing
  friend bool operator==(const VolumeSpec&, const VolumeSpec&) = default;
};

struct NetworkSpec {
  std::string name;  // of the Network; "" = scoped_name(project, stack, key)
  bool internal = false;
  bool external = false;  // must be there: of `network create` or another stack
  StringMap labels;
  std::string subnet;     // "" = the grid gives one
  std::string gateway;    // "" = the subnet's first address
  std::string ip_range;
  Strings reserved;       // aux_addresses, of both families
  bool ipv6 = false;      // instances have an IPv6 address too
  std::string subnet6;    // of these; "" = the grid gives one
  std::string gateway6;   // "" = the grid gives one
  std::string ip_range6;
  friend bool operator==(const NetworkSpec&, const NetworkSpec&) = default;
};

// Where a config's or secret's bytes are. What a secret is never stands in a spec.
struct FileSpec {
  std::string name;    // as people gave it; "" = scoped_name(project, stack, key)
  std::string digest;  // of the blob, "sha256:…"; of a secret's it is keyed, so that nobody can guess from it
  bool external = false;  // must be in the grid's own store
  StringMap labels;
  friend bool operator==(const FileSpec&, const FileSpec&) = default;
};

// What the user wants of one set of Compose files.
struct StackSpec {
  std::string name;
  std::map<std::string, ServiceSpec> services;
  std::map<std::string, NetworkSpec> networks;
  std::map<std::string, VolumeSpec> volumes;
  std::string exposed;  // a service that answers to the stack's name too; "" = none
  std::map<std::string, FileSpec> configs;
  std::map<std::string, FileSpec> secrets;
  std::map<std::string, AlertSpec> alerts;
  friend bool operator==(const StackSpec&, const StackSpec&) = default;
};

enum class StackWanted { running, stopped, removed };

// The record of a stack. Its services are records of their own, so that one that
// did not change costs nothing.
struct Stack {
  std::string grid;
  std::string project;
  std::string name;
  std::int64_t revision = 0;  // counts deploys
  StackWanted wanted = StackWanted::running;
  std::map<std::string, NetworkSpec> networks;
  std::map<std::string, VolumeSpec> volumes;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  std::string exposed;  // as StackSpec::exposed
  std::map<std::string, FileSpec> configs;
  std::map<std::string, FileSpec> secrets;
  std::map<std::string, AlertSpec> alerts;
};

struct Service {
  std::string grid;
  std::string project;
  std::string stack;
  ServiceSpec spec;                    // the newest
  std::int64_t revision = 0;           // counts changes of the spec
  std::int64_t instance_revision = 0;  // the last revision whose change needs new instances
  std::int64_t restarts = 0;           // counts `service restart`; part of what an instance was made from
  bool removed = false;                // not in the newest deploy; goes when its instances are gone
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
};

// The spec that instances of one revision were made from, kept as long as one is
// there, since a roll-out runs two revisions side by side.
struct ServiceRevision {
  ServiceSpec spec;
};

// What a stack was at one of its revisions: its history. The oldest go first.
struct StackRevision {
  StackSpec spec;
  std::string action;  // that made it, as Deployment::action
  std::string by;
  std::int64_t created_ms = 0;
};

// Where the data of a named volume lives. The first instance that is placed
// decides; from then on every instance that mounts it goes there.
struct Volume {
  std::string grid;
  std::string project;
  std::string name;   // as the engine knows it
  std::string stack;  // that declared it
  std::string node;   // NodeId
  std::int64_t created_ms = 0;
};

// How the engine knows a volume of a stack. Names that people give are of their project: in
// one other than `default` they stand behind its name, as all that it has does.
std::string volume_name(const StackPath&, std::string_view key, const VolumeSpec&);

}  // namespace kontena::model
