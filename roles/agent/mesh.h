#pragma once

#include <map>
#include <memory>
#include <optional>

#include "kontena/base/random.h"
#include "kontena/netlink/links.h"
#include "kontena/netlink/rules.h"
#include "kontena/netlink/watch.h"
#include "kontena/netlink/wireguard.h"
#include "mesh_state.h"
#include "state.h"

namespace kontena::agent {

inline constexpr int mesh_mtu = 1420;  // of 1500, less 80 for WireGuard over IPv6

struct MeshOptions {
  std::string state_dir;     // where the key is kept
  std::string wireguard_go;  // its path; "" = found, where the kernel has no WireGuard
  int port = 51820;          // of WireGuard, UDP
  model::Strings endpoints;  // where others reach it, best first; none: found out
  bool off = false;          // no network between nodes
  std::function<void(const std::string& what)> drifted = {};  // hears what was mended though nothing else was wished
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
  struct Tried {
    std::int64_t tries = 0;  // endpoints
    Duration since{0};
    model::Strings endpoints;
  };

  Status open();
  Status mend(const overlay::Wanted&);
  Status ensure_device();
  Status mend_peers(const overlay::Wanted&);
  Status mend_routes(const overlay::Wanted&, int link);
  Status mend_bridges(const overlay::Wanted&);
  Status mend_rules(const overlay::Wanted&);
  bool rules_are_due();
  void choose_endpoint(const std::string& node, const overlay::WantedPeer&, const netlink::Peer*, netlink::PeerChange&);
  void mended(const std::string& what);  // something was not as wanted

  Context context_;
  Synced<MeshState>& mesh_;
  const MeshOptions options_;
  std::optional<netlink::Watch> watch_;
  std::optional<netlink::Links> links_;
  std::optional<netlink::Nft> nft_;
  std::unique_ptr<netlink::WireGuard> wireguard_;
  std::optional<Redacted> key_;
  std::string way_;
  std::map<std::string, Tried> tried_;  // by node
  std::string rules_;                   // as last put
  std::string table_;                   // as the kernel listed it after that
  std::int64_t version_ = -1;           // that was mended to
  Duration rules_seen_{0};              // steady
  bool expected_ = true;                // of this round: what is wanted has changed
  std::string problem_;
};

// What is drawn from the wanted network for one network's containers: the first is
// their way to the mesh, the second keeps the answers to it at once.
Status prepare_bridge(const std::string& bridge);

// Takes all of it away, the key too: the node was removed. No Mesh may be at work.
Status remove_mesh(const std::string& state_dir);

}  // namespace kontena::agent
