#include "../../src/netlink/wireguard_message.h"

#include <doctest/doctest.h>
#include <linux/netlink.h>

#include <algorithm>
#include <random>

#include "kontena/base/text.h"
#include "kontena/netlink/keys.h"

using namespace kontena;
using namespace kontena::netlink;

namespace {

Subnet net(const char* text) { return *parse_subnet(text); }

// As they come from a socket: without the header, the length of which is checked.
std::vector<std::string> payloads(const std::vector<Message>& messages) {
  std::vector<std::string> payloads;
  for (const Message& message : messages) payloads.push_back(message.bytes(0).substr(NLMSG_HDRLEN));
  return payloads;
}

}  // namespace

TEST_CASE("the question for a device is as the kernel's documentation has it") {
  CHECK(text::hex(device_question(0x1f, "wg0").bytes(1)) ==
        "1c0000001f0000000100000000000000"  // length, family, flags, sequence, port
        "00010000"                          // WG_CMD_GET_DEVICE, version 1
        "0800020077673000");                // WGDEVICE_A_IFNAME
}

TEST_CASE("a setting is laid out attribute by attribute") {
  const Setting setting{.private_key = std::string(32, 'k'),
                        .listen_port = 7444,
                        .fwmark = 9,
                        .replace_peers = true,
                        .peers = {{.public_key = std::string(32, 'p'),
                                   .update_only = true,
                                   .replace_allowed_ips = true,
                                   .endpoint = parse_endpoint("1.2.3.4:5"),
                                   .keepalive_s = 25,
                                   .allowed_ips = {net("10.0.0.1/32")}},
                                  {.public_key = std::string(32, 'q'), .remove = true}}};
  const auto messages = setting_messages(0x1f, "wg0", setting);
  REQUIRE(messages.size() == 1);
  const std::string k = text::hex(std::string(32, 'k')), p = text::hex(std::string(32, 'p')),
                    q = text::hex(std::string(32, 'q'));
  CHECK(text::hex(messages[0].bytes(1)) ==
        "f80000001f0000000100000000000000"
        "01010000"  // WG_CMD_SET_DEVICE
        "0800020077673000"
        "24000300" +
            k +                 // WGDEVICE_A_PRIVATE_KEY
            "06000600141d0000"  // …LISTEN_PORT
            "0800070009000000"  // …FWMARK
            "0800050001000000"  // …FLAGS: WGDEVICE_F_REPLACE_PEERS
            "a0000880"          // …PEERS, nested
            "6c000080"          // the first
            "24000100" +
            p +                 // WGPEER_A_PUBLIC_KEY
            "0800030006000000"  // …FLAGS: REPLACE_ALLOWEDIPS, UPDATE_ONLY
            "14000400020000050102030400000000"
            "00000000"          // …ENDPOINT, a sockaddr_in
            "0600050019000000"  // …PERSISTENT_KEEPALIVE_INTERVAL
            "20000980"          // …ALLOWEDIPS, nested
            "1c000080"
            "0600010002000000"  // WGALLOWEDIP_A_FAMILY
            "080002000a000001"  // …IPADDR
            "0500030020000000"  // …CIDR_MASK
            "30000080"          // the second
            "24000100" +
            q + "0800030001000000");  // REMOVE_ME
}

TEST_CASE("a device of many peers and addresses goes on over several messages and comes back whole") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Setting setting;
    setting.private_key = std::string(32, 'k');
    setting.listen_port = 7444;
    setting.fwmark = seed;
    const unsigned peers = random() % 30;
    std::uint32_t next = 0x0a500000;
    for (unsigned i = 0; i < peers; ++i) {
      PeerStep peer{.public_key = std::string(31, 'p') + static_cast<char>(i)};
      if (random() % 2) peer.endpoint = parse_endpoint(random() % 2 ? "1.2.3.4:5" : "[2001:db8::1]:6");
      if (random() % 2) peer.keepalive_s = static_cast<int>(random() % 65536);
      peer.replace_allowed_ips = random() % 2;
      for (unsigned n = random() % (seed % 4 == 0 ? 1000 : 20); n > 0; --n) peer.allowed_ips.push_back({{next++}, 32});
      for (unsigned n = random() % (seed % 4 == 1 ? 1000 : 5); n > 0; --n) peer.allowed_ips6.push_back({{0xfd00000000000000, next++}, 128});
      setting.peers.push_back(std::move(peer));
    }
    const std::size_t limit = 1024 + random() % 16'000;
    const auto messages = setting_messages(0x1f, "wg0", setting, limit);
    for (const Message& message : messages) REQUIRE(message.size() <= limit);
    const Device device = device_in(payloads(messages));
    CHECK(device.name == "wg0");
    CHECK(device.private_key.reveal() == key_text(*setting.private_key));
    CHECK(device.listen_port == 7444);
    CHECK(device.fwmark == seed);
    REQUIRE(device.peers.size() == peers);
    for (unsigned i = 0; i < peers; ++i) {
      const PeerStep& was = setting.peers[i];
      const Peer& is = device.peers[i];
      REQUIRE(is.public_key == key_text(was.public_key));
      REQUIRE(is.endpoint == (was.endpoint ? std::optional(to_text(*was.endpoint)) : std::nullopt));
      REQUIRE(is.keepalive_s == was.keepalive_s.value_or(0));
      REQUIRE(is.allowed_ips == was.allowed_ips);
      REQUIRE(is.allowed_ips6 == was.allowed_ips6);
    }
  }
}

TEST_CASE("what is only to happen once is only in a peer's first message") {
  PeerStep peer{.public_key = std::string(32, 'p'), .update_only = true, .replace_allowed_ips = true};
  for (std::uint32_t i = 0; i < 200; ++i) peer.allowed_ips.push_back({{0x0a500000 + i}, 32});
  Setting setting{.replace_peers = true};
  setting.peers.push_back(peer);
  const auto all = payloads(setting_messages(0x1f, "wg0", setting, 1024));
  REQUIRE(all.size() > 3);
  const std::string replace_all("\x08\x00\x05\x00\x01\x00\x00\x00", 8), both("\x08\x00\x03\x00\x06\x00\x00\x00", 8),
      update("\x08\x00\x03\x00\x04\x00\x00\x00", 8);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    CHECK((all[i].find(replace_all) != std::string::npos) == (i == 0));
    CHECK((all[i].find(both) != std::string::npos) == (i == 0));
    CHECK((all[i].find(update) != std::string::npos) == (i > 0));
  }
}

TEST_CASE("what the device counted is read, and broken bytes do no harm") {
  Message real(0x1f, 0);
  real.fixed(std::uint32_t{0x00000100}).put_text(2, "wg0");
  const auto peers = real.open(8);
  const auto peer = real.open(0);
  real.put(1, std::string(32, 'p'));
  const std::int64_t time[2] = {1'700'000'000, 250'000'000};
  real.put(6, std::string_view(reinterpret_cast<const char*>(time), sizeof time));
  const std::uint64_t rx = 1ull << 40, tx = 5;
  real.put(7, std::string_view(reinterpret_cast<const char*>(&rx), sizeof rx));
  real.put(8, std::string_view(reinterpret_cast<const char*>(&tx), sizeof tx));
  real.close(peer);
  real.close(peers);
  const auto whole = payloads({real});
  const Device device = device_in(whole);
  REQUIRE(device.peers.size() == 1);
  CHECK(device.peers[0].last_handshake_ms == 1'700'000'000'250);
  CHECK(device.peers[0].rx_bytes == rx);
  CHECK(device.peers[0].tx_bytes == 5);
  for (unsigned seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string wrong = whole[0].substr(0, random() % (whole[0].size() + 1));
    for (unsigned i = 0; i < 1 + seed % 3 && !wrong.empty(); ++i)
      wrong[random() % wrong.size()] = static_cast<char>(random());
    REQUIRE(device_in({wrong}).peers.size() <= 2);
  }
}
