#include "../../src/netlink/setting.h"

#include <doctest/doctest.h>

#include "../../src/netlink/uapi.h"
#include "kontena/base/text.h"
#include "kontena/netlink/keys.h"

using namespace kontena;
using namespace kontena::netlink;

namespace {

const std::string a(32, 'a'), b(32, 'b'), nobody(32, 'n');
Subnet net(const char* text) { return *parse_subnet(text); }

}  // namespace

TEST_CASE("keys are read strictly") {
  const std::string key = key_text(a);
  CHECK(key.size() == 44);
  CHECK(key_bytes(key) == a);
  for (const std::string& wrong :
       {std::string(), key.substr(0, 43), key + "=", key.substr(0, 40), " " + key, text::base64(a + "x"),
        text::base64_url(std::string(32, '\xff')), key.substr(0, 42) + "F="}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_key(wrong));
  }
}

TEST_CASE("a private key that we make is one, and has a public key") {
  SystemIds ids;
  const Redacted secret = make_private_key(ids);
  const auto bytes = key_bytes(secret.reveal());
  REQUIRE(bytes);
  CHECK((bytes->front() & 7) == 0);
  CHECK((bytes->back() & 0xc0) == 0x40);
  CHECK(is_key(*public_key(secret)));
  CHECK(make_private_key(ids).reveal() != secret.reveal());
  CHECK(public_key(Redacted("x")).error().code == Code::invalid_argument);
}

TEST_CASE("endpoints are read as they are written") {
  for (const char* text : {"1.2.3.4:51820", "[2001:db8::1]:1", "[::]:65535"}) {
    CAPTURE(text);
    const auto endpoint = parse_endpoint(text);
    REQUIRE(endpoint);
    CHECK(to_text(*endpoint) == text);
    CHECK(endpoint_in(socket_address(*endpoint)) == endpoint);
  }
  for (const char* wrong : {"", ":1", "1.2.3.4", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:+1", "2001:db8::1:1", "[]:1",
                            "[1.2.3.4]:1", "host:1", "1.2.3:1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_endpoint(wrong));
  }
  CHECK_FALSE(endpoint_in("x"));
}

TEST_CASE("what no device can take is refused before it is told") {
  const auto code = [](const Change& change) {
    const auto status = check(change);
    return status ? std::optional<Code>() : status.error().code;
  };
  const std::string key = key_text(a);
  CHECK_FALSE(code({.peers = {{.public_key = key, .endpoint = "1.2.3.4:5", .keepalive_s = 25}}}));
  CHECK(code({.private_key = Redacted("x")}) == Code::invalid_argument);
  CHECK(code({.listen_port = 65536}) == Code::invalid_argument);
  CHECK(code({.peers = {{.public_key = "x"}}}) == Code::invalid_argument);
  CHECK(code({.peers = {{.public_key = key, .endpoint = "x"}}}) == Code::invalid_argument);
  CHECK(code({.peers = {{.public_key = key, .keepalive_s = -1}}}) == Code::invalid_argument);
  CHECK(code({.peers = {{.public_key = key, .replace_allowed_ips = true, .take = {net("10.0.0.1/32")}}}}) ==
        Code::invalid_argument);
}

TEST_CASE("addresses are taken by way of a peer that nobody is, before any is added") {
  const Device now{.peers = {{.public_key = key_text(a), .allowed_ips = {net("10.0.0.1/32"), net("10.0.0.2/32")}},
                             {.public_key = key_text(b), .allowed_ips = {net("10.0.0.3/32")}}}};
  const Change change{
      .peers = {{.public_key = key_text(b), .add = {net("10.0.0.4/32")}},
                // The second it does not have, the third is another's.
                {.public_key = key_text(a), .take = {net("10.0.0.2/32"), net("10.0.0.9/32"), net("10.0.0.3/32")}}}};
  REQUIRE(check(change));
  REQUIRE(needs_present_state(change));
  const auto steps = setting_for(change, &now, nobody).peers;
  REQUIRE(steps.size() == 4);
  CHECK(steps[0] == PeerStep{.public_key = nobody, .allowed_ips = {net("10.0.0.2/32")}});
  CHECK(steps[1] == PeerStep{.public_key = nobody, .remove = true});
  CHECK(steps[2] == PeerStep{.public_key = b, .allowed_ips = {net("10.0.0.4/32")}});
  CHECK(steps[3] == PeerStep{.public_key = a});

  CHECK_FALSE(needs_present_state({.peers = {{.public_key = key_text(a), .add = {net("10.0.0.1/32")}}}}));
  CHECK_FALSE(
      needs_present_state({.peers = {{.public_key = key_text(a), .remove = true, .take = {net("10.0.0.1/32")}}}}));
  // Where nothing is to be taken, nobody is made.
  const Change nothing{.peers = {{.public_key = key_text(a), .take = {net("10.0.0.9/32")}}}};
  CHECK(setting_for(nothing, &now, nobody).peers.size() == 1);
}

TEST_CASE("IPv6 addresses are taken, added and written likewise") {
  const auto six = [](const char* text) { return *parse_subnet6(text); };
  const Device now{.peers = {{.public_key = key_text(a), .allowed_ips6 = {six("fd00::1/128"), six("fd00::2/128")}}}};
  const Change change{.peers = {{.public_key = key_text(a), .add6 = {six("fd00::3/128")}, .take6 = {six("fd00::2/128"), six("fd00::9/128")}}}};
  REQUIRE(check(change));
  REQUIRE(needs_present_state(change));
  const auto setting = setting_for(change, &now, nobody);
  REQUIRE(setting.peers.size() == 3);
  CHECK(setting.peers[0] == PeerStep{.public_key = nobody, .allowed_ips6 = {six("fd00::2/128")}});
  CHECK(setting.peers[2] == PeerStep{.public_key = a, .allowed_ips6 = {six("fd00::3/128")}});
  CHECK(uapi::setting_text(setting).find("allowed_ip=fd00::3/128\n") != std::string::npos);
  const auto device = uapi::device_in("public_key=" + text::hex(a) + "\nallowed_ip=fd00::3/128\nallowed_ip=10.0.0.1/32\nerrno=0\n\n");
  REQUIRE(device);
  CHECK(device->peers.at(0).allowed_ips6 == std::vector{six("fd00::3/128")});
  CHECK(device->peers.at(0).allowed_ips == std::vector{net("10.0.0.1/32")});
}

TEST_CASE("a setting is written as a WireGuard process reads it") {
  const Change change{.private_key = Redacted(key_text(b)),
                      .listen_port = 7444,
                      .fwmark = 1,
                      .replace_peers = true,
                      .peers = {{.public_key = key_text(a),
                                 .update_only = true,
                                 .replace_allowed_ips = true,
                                 .endpoint = "1.2.3.4:5",
                                 .keepalive_s = 25,
                                 .add = {net("10.0.0.1/32"), net("10.1.0.0/16")}},
                                {.public_key = key_text(b), .remove = true, .endpoint = "1.2.3.4:5"}}};
  REQUIRE(check(change));
  CHECK(uapi::setting_text(setting_for(change, nullptr, nobody)) ==
        "set=1\nprivate_key=" + text::hex(b) +
            "\nlisten_port=7444\nfwmark=1\nreplace_peers=true\npublic_key=" + text::hex(a) +
            "\nupdate_only=true\nendpoint=1.2.3.4:5\npersistent_keepalive_interval=25\nreplace_allowed_ips=true\n"
            "allowed_ip=10.0.0.1/32\nallowed_ip=10.1.0.0/16\npublic_key=" +
            text::hex(b) + "\nremove=true\n\n");
  CHECK(uapi::setting_text({}) == "set=1\n\n");
}

TEST_CASE("a process's answer is read") {
  const auto device =
      uapi::device_in("private_key=" + text::hex(b) + "\nlisten_port=7444\nfwmark=5\npublic_key=" + text::hex(a) +
                      "\npreshared_key=00\nprotocol_version=1\nendpoint=[2001:db8::1]:9\n"
                      "last_handshake_time_sec=3\nlast_handshake_time_nsec=250000000\ntx_bytes=7\n"
                      "rx_bytes=8\npersistent_keepalive_interval=25\nallowed_ip=10.0.0.2/32\n"
                      "allowed_ip=10.0.0.1/32\nallowed_ip=fd00::/8\npublic_key=" +
                      text::hex(nobody) + "\nerrno=0\n\n");
  REQUIRE(device);
  CHECK(device->private_key.reveal() == key_text(b));
  CHECK(device->public_key == *public_key(device->private_key));
  CHECK(device->listen_port == 7444);
  CHECK(device->fwmark == 5);
  REQUIRE(device->peers.size() == 2);
  const Peer& peer = device->peers[0];
  CHECK(peer.public_key == key_text(a));
  CHECK(peer.endpoint == "[2001:db8::1]:9");
  CHECK(peer.last_handshake_ms == 3250);
  CHECK(peer.tx_bytes == 7);
  CHECK(peer.rx_bytes == 8);
  CHECK(peer.keepalive_s == 25);
  CHECK(peer.allowed_ips == std::vector{net("10.0.0.1/32"), net("10.0.0.2/32")});
  CHECK(device->peers[1].public_key == key_text(nobody));
  CHECK_FALSE(device->peers[1].endpoint);

  CHECK(uapi::device_in("errno=0\n\n"));
  CHECK(uapi::device_in("private_key=" + std::string(64, '0') + "\nerrno=0\n\n")->private_key.empty());
  CHECK(uapi::device_in("listen_port=1\n").error().code == Code::unavailable);
  CHECK(uapi::device_in("").error().code == Code::unavailable);
  CHECK(uapi::status_in("errno=-22\n\n").error().code == Code::invalid_argument);
  CHECK(uapi::status_in("errno=x\n\n").error().code == Code::internal);
}
