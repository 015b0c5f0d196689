#include "wireguard_message.h"

#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>

#include "kontena/netlink/keys.h"

namespace kontena::netlink {
namespace {

constexpr std::size_t key_size = 32;
// More than the attributes of a peer but its addresses, and of one address, take.
constexpr std::size_t peer_size = 128, address_size = 48;

Message about_device(std::uint16_t family, std::uint8_t command, const std::string& name) {
  genlmsghdr fixed{};
  fixed.cmd = command;
  fixed.version = WG_GENL_VERSION;
  Message message(family, 0);
  message.fixed(fixed).put_text(WGDEVICE_A_IFNAME, name);
  return message;
}

void put_allowed_ip(Message& message, const Subnet& subnet) {
  const auto nest = message.open(0);
  message.put_u16(WGALLOWEDIP_A_FAMILY, AF_INET).put_ipv4(WGALLOWEDIP_A_IPADDR, subnet.base.value);
  message.put_u8(WGALLOWEDIP_A_CIDR_MASK, static_cast<std::uint8_t>(subnet.bits));
  message.close(nest);
}

void put_allowed_ip(Message& message, const Subnet6& subnet) {
  const auto nest = message.open(0);
  message.put_u16(WGALLOWEDIP_A_FAMILY, AF_INET6).put(WGALLOWEDIP_A_IPADDR, bytes_of(subnet.base));
  message.put_u8(WGALLOWEDIP_A_CIDR_MASK, static_cast<std::uint8_t>(subnet.bits));
  message.close(nest);
}

std::size_t addresses_of(const PeerStep& peer) { return peer.allowed_ips.size() + peer.allowed_ips6.size(); }

// Puts the peer, with as many of its addresses from the `from`th on as have room;
// says how many those are.
std::size_t put_peer(Message& message, const PeerStep& peer, std::size_t from, std::size_t limit) {
  const auto nest = message.open(0);
  message.put(WGPEER_A_PUBLIC_KEY, peer.public_key);
  std::uint32_t flags = 0;
  if (peer.remove) flags |= WGPEER_F_REMOVE_ME;
  if (peer.update_only) flags |= WGPEER_F_UPDATE_ONLY;
  // Where it goes on, what came before must not be taken away again.
  if (peer.replace_allowed_ips && from == 0) flags |= WGPEER_F_REPLACE_ALLOWEDIPS;
  if (flags != 0) message.put_u32(WGPEER_A_FLAGS, flags);
  if (peer.endpoint && from == 0) message.put(WGPEER_A_ENDPOINT, socket_address(*peer.endpoint));
  if (peer.keepalive_s && from == 0)
    message.put_u16(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, static_cast<std::uint16_t>(*peer.keepalive_s));
  std::size_t count = 0;
  if (from < addresses_of(peer)) {
    const auto addresses = message.open(WGPEER_A_ALLOWEDIPS);
    for (; from + count < addresses_of(peer) && message.size() + address_size < limit; ++count)
      if (const std::size_t at = from + count; at < peer.allowed_ips.size())
        put_allowed_ip(message, peer.allowed_ips[at]);
      else
        put_allowed_ip(message, peer.allowed_ips6[at - peer.allowed_ips.size()]);
    message.close(addresses);
  }
  message.close(nest);
  return count;
}

void add_allowed_ip(std::string_view bytes, Peer& peer) {
  std::uint16_t family = 0;
  std::string_view address;
  std::optional<std::uint8_t> bits;
  for (const Attribute& attribute : attributes(bytes)) switch (attribute.type) {
      case WGALLOWEDIP_A_FAMILY:
        family = attribute.number<std::uint16_t>().value_or(0);
        break;
      case WGALLOWEDIP_A_IPADDR:
        address = attribute.value;
        break;
      case WGALLOWEDIP_A_CIDR_MASK:
        bits = attribute.number<std::uint8_t>();
        break;
      default:
        break;
    }
  if (family == AF_INET && address.size() == 4)
    peer.allowed_ips.push_back({{Attribute{0, address}.ipv4().value_or(0)}, bits.value_or(32)});
  if (family == AF_INET6 && address.size() == 16) peer.allowed_ips6.push_back({ipv6_of(address), bits.value_or(128)});
}

// What a message says of a peer, onto the peer of which an earlier one spoke.
void add_to(Peer& peer, const std::vector<Attribute>& about) {
  for (const Attribute& attribute : about) switch (attribute.type) {
      case WGPEER_A_ENDPOINT:
        if (const auto endpoint = endpoint_in(attribute.value)) peer.endpoint = to_text(*endpoint);
        break;
      case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
        peer.keepalive_s = attribute.number<std::uint16_t>().value_or(0);
        break;
      case WGPEER_A_LAST_HANDSHAKE_TIME:
        struct {
          std::int64_t s, ns;
        } time;
        if (attribute.value.size() < sizeof time) break;
        std::memcpy(&time, attribute.value.data(), sizeof time);
        peer.last_handshake_ms = moment_ms(time.s, time.ns);
        break;
      case WGPEER_A_RX_BYTES:
        peer.rx_bytes = attribute.number<std::uint64_t>().value_or(0);
        break;
      case WGPEER_A_TX_BYTES:
        peer.tx_bytes = attribute.number<std::uint64_t>().value_or(0);
        break;
      case WGPEER_A_ALLOWEDIPS:
        for (const Attribute& one : attributes(attribute.value)) add_allowed_ip(one.value, peer);
        break;
      default:
        break;
    }
}

void add_peer(std::vector<Peer>& peers, std::string_view bytes) {
  const auto about = attributes(bytes);
  const auto key = std::find_if(about.begin(), about.end(), [](const Attribute& attribute) {
    return attribute.type == WGPEER_A_PUBLIC_KEY && attribute.value.size() == key_size;
  });
  if (key == about.end()) return;
  std::string text = key_text(key->value);
  if (peers.empty() || peers.back().public_key != text) peers.push_back({.public_key = std::move(text)});
  add_to(peers.back(), about);
}

}  // namespace

Message device_question(std::uint16_t family, const std::string& name) {
  return about_device(family, WG_CMD_GET_DEVICE, name);
}

std::vector<Message> setting_messages(std::uint16_t family, const std::string& name, const Setting& setting,
                                      std::size_t limit) {
  std::vector<Message> messages;
  Message first = about_device(family, WG_CMD_SET_DEVICE, name);
  if (setting.private_key) first.put(WGDEVICE_A_PRIVATE_KEY, *setting.private_key);
  if (setting.listen_port) first.put_u16(WGDEVICE_A_LISTEN_PORT, static_cast<std::uint16_t>(*setting.listen_port));
  if (setting.fwmark) first.put_u32(WGDEVICE_A_FWMARK, *setting.fwmark);
  if (setting.replace_peers) first.put_u32(WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
  messages.push_back(std::move(first));

  std::size_t peer = 0, address = 0;
  while (peer < setting.peers.size()) {
    if (!messages.empty() && (peer > 0 || address > 0))
      messages.push_back(about_device(family, WG_CMD_SET_DEVICE, name));
    Message& message = messages.back();
    const auto nest = message.open(WGDEVICE_A_PEERS);
    while (peer < setting.peers.size() && message.size() + peer_size + address_size < limit) {
      address += put_peer(message, setting.peers[peer], address, limit);
      if (address < addresses_of(setting.peers[peer])) break;
      ++peer, address = 0;
    }
    message.close(nest);
  }
  return messages;
}

Device device_in(const std::vector<std::string>& payloads) {
  Device device;
  for (std::string_view payload : payloads) {
    take_fixed<genlmsghdr>(payload);
    for (const Attribute& attribute : attributes(payload)) switch (attribute.type) {
        case WGDEVICE_A_IFNAME:
          device.name = attribute.text();
          break;
        case WGDEVICE_A_PRIVATE_KEY:
          if (attribute.value.size() == key_size && attribute.value != std::string(key_size, '\0'))
            device.private_key = Redacted(key_text(attribute.value));
          break;
        case WGDEVICE_A_PUBLIC_KEY:
          if (attribute.value.size() == key_size) device.public_key = key_text(attribute.value);
          break;
        case WGDEVICE_A_LISTEN_PORT:
          device.listen_port = attribute.number<std::uint16_t>().value_or(0);
          break;
        case WGDEVICE_A_FWMARK:
          device.fwmark = attribute.number<std::uint32_t>().value_or(0);
          break;
        case WGDEVICE_A_PEERS:
          for (const Attribute& one : attributes(attribute.value)) add_peer(device.peers, one.value);
          break;
        default:
          break;
      }
  }
  if (device.private_key.empty()) device.public_key.clear();
  for (Peer& peer : device.peers) {
    std::ranges::sort(peer.allowed_ips);
    std::ranges::sort(peer.allowed_ips6);
  }
  return device;
}

}  // namespace kontena::netlink
