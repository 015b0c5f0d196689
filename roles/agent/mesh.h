#pragma once

#include <map>
#include <memory>
#include <optional>

#include "kontena/base/random.h"
#include "kontena/netlink/links.h"
#include "kontena/netlink/watch.h"
#include "kontena/netlink/wireguard.h"
#include "mesh_keys.h"
#include "mesh_mtu.h"
#include "mesh_peers.h"
#include "mesh_rules.h"
#include "mesh_state.h"
#include "state.h"

namespace kontena::agent {

struct MeshOptions {
  std::string state_dir;     // where the key is kept
  std::string wireguard_go;  // its path; "" = found, where the kernel has no WireGuard
  int port = 51820;          // of WireGuard, UDP
  model::Strings endpoints;  // where others reach it, best first; none: found out
  std::function<void(const std::string& what)> drifted = {};  // hears what was mended though nothing else was wished
  std::function<void()> moved = {};  // called when the host has other addresses than before
};

// Holds the kernel to the wanted network: the device and its peers, addresses,
// routes, settings of bridges, the table of rules. Compares all of it when what is
// wanted changes, when the kernel says that something has, and every few seconds;
// mends what differs, and says so. Nothing is taken away when the agent stops.
class Mesh {
 public:
  Mesh(Context, Synced<MeshState>&, MeshOptions);
  ~Mesh();

  void step();  // waits for a reason, then compares and mends
  void wake();  // from any thread

 private:
  bool wait();
  Status open();
  Status mend(overlay::Wanted&);
  Status look_at_host(overlay::Wanted&);
  Status ensure_device();
  Status mend_peers(const overlay::Wanted&);
  Status rotate(const overlay::Wanted&);
  Status call_all();
  Status mend_mtu(const overlay::Wanted&, const netlink::Link&);
  Status mend_routes(const overlay::Wanted&, int link);
  Status mend_bridges(const overlay::Wanted&);
  Status mend_ipv6(const overlay::Wanted&, int link);
  Duration until_next_look() const;
  void mended(const std::string& what);  // something was not as wanted
  void tell(const Status& done);

  Context context_;
  Synced<MeshState>& mesh_;
  const MeshOptions options_;
  std::optional<netlink::Watch> watch_;
  std::optional<netlink::Links> links_;
  std::unique_ptr<netlink::WireGuard> wireguard_;
  MeshKeys keys_;
  MeshRules rules_;
  std::optional<Duration> turn_;        // steady; when the next key is taken into use
  std::int64_t rotation_ = 0;           // of the grid
  std::string way_;
  MeshPeers peers_;
  MeshPeers::Look seen_;                // the last look at the peers …
  Duration seen_cost_{0};               // … and how long that took
  std::optional<Duration> handing_since_;  // steady; since when a peer has had two keys
  Ways ways_;
  Mtus mtus_;
  bool had_ipv6_ = true;                // some may be left of it
  std::optional<overlay::Wanted> wanted_;
  std::int64_t version_ = -1;           // that was mended to, and that wanted_ is of
  bool expected_ = true;                // of this round: what is wanted has changed
  std::optional<model::Strings> addresses_;  // of this host
  bool moved_ = false;                  // they have changed
  std::set<std::string> apart_;         // bridges of others …
  std::optional<Duration> apart_at_;    // … steady; when they were looked at
  Duration looked_{-60'000};            // steady; at everything
  bool failed_ = false;                 // the last look
  std::string problem_;
};

// What is drawn from the wanted network for one network's containers: the first is
// their way to the mesh, the second keeps the answers to it at once.
Status prepare_bridge(const std::string& bridge);

// Takes all of it away, the key too: the node was removed. No Mesh may be at work.
Status remove_mesh(const std::string& state_dir);

}  // namespace kontena::agent
