#include "uapi.h"

#include <algorithm>
#include <cstdlib>

#include "fault.h"
#include "kontena/base/text.h"
#include "kontena/netlink/keys.h"

namespace kontena::netlink::uapi {
namespace {

// Public keys, and a private one that is set, from hex to base64.
std::string key_in(std::string_view hex) {
  const auto bytes = text::unhex(hex);
  if (!bytes || bytes->size() != 32 || *bytes == std::string(32, '\0')) return {};
  return key_text(*bytes);
}

struct Line {
  std::string_view key, value;
};

// Takes one line off; false at the end or at the empty line that is the end.
bool take_line(std::string_view& rest, Line& line) {
  const auto end = rest.find('\n');
  const std::string_view text = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  line = {text.substr(0, equals), text.substr(equals + 1)};
  return true;
}

std::int64_t number(std::string_view text) { return text::integer(text).value_or(0); }

void read_device(Device& device, const Line& line) {
  if (line.key == "private_key") device.private_key = Redacted(key_in(line.value));
  if (line.key == "listen_port") device.listen_port = static_cast<int>(number(line.value));
  if (line.key == "fwmark") device.fwmark = static_cast<std::uint32_t>(number(line.value));
}

void read_peer(Peer& peer, const Line& line) {
  if (line.key == "endpoint") peer.endpoint = line.value;
  if (line.key == "persistent_keepalive_interval") peer.keepalive_s = static_cast<int>(number(line.value));
  if (line.key == "last_handshake_time_sec") peer.last_handshake_ms += moment_ms(number(line.value), 0);
  if (line.key == "last_handshake_time_nsec") peer.last_handshake_ms += moment_ms(0, number(line.value));
  if (line.key == "rx_bytes") peer.rx_bytes = static_cast<std::uint64_t>(number(line.value));
  if (line.key == "tx_bytes") peer.tx_bytes = static_cast<std::uint64_t>(number(line.value));
  if (line.key != "allowed_ip") return;
  if (const auto subnet = parse_subnet(line.value)) peer.allowed_ips.push_back(*subnet);
  if (const auto subnet = parse_subnet6(line.value)) peer.allowed_ips6.push_back(*subnet);
}

}  // namespace

std::string setting_text(const Setting& setting) {
  std::string text = "set=1\n";
  const auto say = [&](std::string_view key, std::string_view value) {
    text.append(key).append("=").append(value).append("\n");
  };
  if (setting.private_key) say("private_key", text::hex(*setting.private_key));
  if (setting.listen_port) say("listen_port", std::to_string(*setting.listen_port));
  if (setting.fwmark) say("fwmark", std::to_string(*setting.fwmark));
  if (setting.replace_peers) say("replace_peers", "true");
  for (const PeerStep& peer : setting.peers) {
    say("public_key", text::hex(peer.public_key));
    if (peer.remove) say("remove", "true");
    if (peer.update_only) say("update_only", "true");
    if (peer.endpoint) say("endpoint", to_text(*peer.endpoint));
    if (peer.keepalive_s) say("persistent_keepalive_interval", std::to_string(*peer.keepalive_s));
    if (peer.replace_allowed_ips) say("replace_allowed_ips", "true");
    for (const Subnet& subnet : peer.allowed_ips) say("allowed_ip", to_text(subnet));
    for (const Subnet6& subnet : peer.allowed_ips6) say("allowed_ip", to_text(subnet));
  }
  return text + "\n";
}

Status status_in(std::string_view answer) {
  // It is the last line, so that a long answer need not be searched from its start.
  const auto at = answer.rfind("errno=");
  const auto end = at == std::string_view::npos ? at : answer.find('\n', at);
  if (end == std::string_view::npos || (at > 0 && answer[at - 1] != '\n'))
    return Error{Code::unavailable, "the WireGuard process broke off its answer"};
  const auto said = text::integer(answer.substr(at + 6, end - at - 6));
  if (!said) return Error{Code::internal, "the WireGuard process gave an answer that is none"};
  if (*said != 0) return fault(static_cast<int>(std::abs(*said)), "said the WireGuard process");
  return Done{};
}

Result<Device> device_in(std::string_view answer) {
  KTN_OK(status_in(answer));
  Device device;
  Line line;
  while (take_line(answer, line)) {
    if (line.key == "public_key")
      device.peers.push_back({.public_key = key_in(line.value)});
    else if (device.peers.empty())
      read_device(device, line);
    else
      read_peer(device.peers.back(), line);
  }
  if (!device.private_key.empty()) {
    KTN_TRY(device.public_key, public_key(device.private_key));
  }
  for (Peer& peer : device.peers) {
    std::ranges::sort(peer.allowed_ips);
    std::ranges::sort(peer.allowed_ips6);
  }
  return device;
}

}  // namespace kontena::netlink::uapi
