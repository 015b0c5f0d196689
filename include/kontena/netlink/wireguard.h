#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/ipv4.h"
#include "kontena/base/ipv6.h"
#include "kontena/base/random.h"
#include "kontena/base/redacted.h"
#include "kontena/base/result.h"

// WireGuard devices: their keys and peers, whether the kernel or a process of its
// own carries the packets. Keys are text as in keys.h.
namespace kontena::netlink {

// "1.2.3.4:51820" or "[2001:db8::1]:51820"; no names.
bool is_endpoint(std::string_view);

struct Peer {
  std::string public_key;
  std::optional<std::string> endpoint;  // "1.2.3.4:51820" or "[2001:db8::1]:51820"; none: not known yet
  std::vector<Subnet> allowed_ips;      // sorted
  std::vector<Subnet6> allowed_ips6;    // likewise
  int keepalive_s = 0;                  // 0: none
  // Counted by the device:
  std::int64_t last_handshake_ms = 0;  // since 1970; 0: none yet
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
};

struct Device {
  std::string name;
  Redacted private_key;    // empty: it has none yet
  std::string public_key;  // likewise
  int listen_port = 0;
  std::uint32_t fwmark = 0;
  std::vector<Peer> peers;
};

struct PeerChange {
  std::string public_key;
  bool remove = false;
  bool update_only = false;          // nothing happens where there is no such peer
  bool replace_allowed_ips = false;  // those of `add` are then all it has
  std::optional<std::string> endpoint;
  std::optional<int> keepalive_s;  // 0..65535
  std::vector<Subnet> add;         // taken off the peer that has it: an allowed address is of one peer
  std::vector<Subnet> take;        // what this peer does not have is gone already; not with replace_allowed_ips
  std::vector<Subnet6> add6 = {};  // likewise
  std::vector<Subnet6> take6 = {};
};

// What to change; all else stays. Every `take` is carried out before any `add`.
struct Change {
  std::optional<Redacted> private_key;
  std::optional<int> listen_port;  // 0: the device chooses
  std::optional<std::uint32_t> fwmark;
  bool replace_peers = false;  // those of `peers` are then all there are
  std::vector<PeerChange> peers;
};

// One thread at a time. Code::not_found where there is no such device.
class WireGuard {
 public:
  virtual ~WireGuard() = default;
  virtual Result<Device> read(const std::string& name) = 0;
  // A wrong key or endpoint is refused before anything is changed. An error on the way
  // may leave a part done: read() says which.
  virtual Status apply(const std::string& name, const Change&) = 0;
};

// For devices of the kernel (generic netlink). Code::unsupported where it has no WireGuard.
Result<std::unique_ptr<WireGuard>> open_kernel_wireguard(IdSource&);
// For those of a process, by its socket SOCKETS/NAME.sock.
std::unique_ptr<WireGuard> open_userspace_wireguard(IdSource&, std::string sockets);
// For either: a device with a socket is that process's, any other the kernel's.
std::unique_ptr<WireGuard> open_wireguard(IdSource&);

}  // namespace kontena::netlink
