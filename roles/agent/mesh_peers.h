#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/netlink/wireguard.h"
#include "kontena/overlay/wanted.h"

namespace kontena::agent {

inline constexpr int mesh_keepalive_s = 25;  // also what keeps a router before us from forgetting the way back

// What is to be changed about the peers of the mesh device, and how they are. Pure but
// for what it remembers between two looks; knows nothing of the kernel.
//
// A peer whose key has changed has both for a while: the former one keeps its addresses,
// and so carries what is under way, until the new one has shaken hands.
class MeshPeers {
 public:
  struct Look {
    std::vector<netlink::PeerChange> changes;
    model::Strings mended;      // what was not as wanted
    bool handing_over = false;  // a peer has two keys
    model::Strings silent;      // peers that do not answer, with what was tried; for people
    std::map<std::string, std::string> endpoints;  // by node: where it is called, after these changes
  };
  Look look(const overlay::Wanted&, const netlink::Device&, Duration steady, Time now);

  // Without a sign from a peer for so long, it is called at its next endpoint …
  static constexpr Duration endpoint_patience{6'000};
  // … likewise though it shook hands, once two of its keepalives have not come: it, or the router
  // before it, is not where it last was …
  static constexpr Duration keepalives_are_missing{60'000};
  // … said to be silent, since it was first called …
  static constexpr Duration silence{30'000};
  // … or since it last shook hands, which WireGuard does every two minutes.
  static constexpr Duration handshake_is_old{200'000};

 private:
  // With one key of a peer.
  struct Contact {
    Duration since{0};              // called, and not lost
    std::int64_t handshake_ms = 0;  // as the device told it last …
    Duration heard{0};              // … and when it came to tell so; by the steady clock, which is never set
    std::uint64_t bytes = 0;        // received, as the device told it last …
    Duration received{0};           // … and when they became more
    std::int64_t tries = 0;         // endpoints
    Duration tried{0};
    model::Strings endpoints;
  };
  bool answers(Contact&, const netlink::Peer*, Duration steady, Time now);
  bool is_heard(Contact&, const netlink::Peer*, Duration steady);
  std::optional<std::string> choose_endpoint(Contact&, const overlay::WantedPeer&, const netlink::Peer*, bool fresh, Duration steady);

  std::map<std::string, Contact> contacts_;  // by key
};

// For people; "" where nobody is silent.
std::string silence_text(const model::Strings& silent, int port);

}  // namespace kontena::agent
