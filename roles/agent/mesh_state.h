#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "kontena/api/network.h"
#include "kontena/base/synced.h"
#include "kontena/overlay/wanted.h"

// The overlay network of this node, as the server wants it and as the agent's
// threads share it.
namespace kontena::agent {

struct MeshState {
  std::shared_ptr<const overlay::Snapshot> wanted = std::make_shared<const overlay::Snapshot>();
  std::int64_t version = 0;        // counts changes of `wanted`
  std::int64_t applied = -1;       // the version that the kernel has
  std::int64_t answered = -1;      // … and that names are answered from
  std::map<std::string, model::Strings> resolvers;  // … and what of instances is asked of servers of their own
  bool resolvers_wanted = false;   // there may be others now
  std::string key;                 // the public one that others are to know; "" = there is no mesh
  std::string key_told;            // the one that the server has acknowledged
  std::int64_t rotation = 0;       // of the key in use
  std::string way;                 // "kernel", "userspace"
  std::string problem;
  std::string pool_problem;        // an overlap with what the host uses
  model::Strings addresses;        // by which others may reach this host
  int mtu = 0;                     // of the mesh device; 0 = not known yet
  bool stopping = false;
};

// Whether anything but the revision differs.
struct MeshMerged {
  overlay::Snapshot snapshot;
  bool differs = false;
};
MeshMerged merge(const overlay::Snapshot&, api::NetworkAnswer);  // pure

// Whether packets would go another way, or not at all, by the other of the two: all but
// which names are answered.
bool leads_elsewhere(const overlay::Snapshot&, const overlay::Snapshot&);

// A file that cannot be read counts as none: the server tells all of it anew.
overlay::Snapshot load_snapshot(const std::string& state_dir);
Status save_snapshot(const std::string& state_dir, const overlay::Snapshot&);

}  // namespace kontena::agent

namespace kontena::codec {
template <>
struct Fields<overlay::Snapshot> {
  static void visit(auto& v, auto& s) {
    v("format", s.format);
    v("revision", s.revision);
    v("grid", s.grid);
    v("pool", s.pool);
    v("address", s.address);
    v("key_rotation", s.key_rotation);
    v("digest", s.digest);
    v("networks", s.networks);
    v("members", s.members);
    v("peers", s.peers);
    v("former_keys", s.former_keys);
    v("lost", s.lost);
    v("pool6", s.pool6);
  }
};
}  // namespace kontena::codec
