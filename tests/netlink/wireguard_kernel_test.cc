// The kernel's own WireGuard. Where there is none these tests say so; tests/netlink/kernel
// boots a kernel that has it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "kontena/base/clock.h"
#include "kontena/netlink/keys.h"
#include "kontena/netlink/links.h"
#include "kontena/netlink/wireguard.h"
#include "own_host.h"

using namespace kontena;
using namespace kontena::netlink;
using test::inside;
using test::socket_address;

namespace {

Subnet net(const std::string& text) { return *parse_subnet(text); }

std::unique_ptr<WireGuard> open_or_say() {
  static SystemIds ids;  // which it goes on using
  auto wireguard = open_kernel_wireguard(ids);
  if (wireguard) return *std::move(wireguard);
  CHECK_MESSAGE(wireguard.error().code == Code::unsupported, wireguard.error().message);
  MESSAGE("skipped: the kernel's WireGuard is not tried: " << wireguard.error().message);
  return nullptr;
}

int tcp() {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{20, 0};
  ::setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return made;
}

// One end of two hosts that a cable joins, and the link over it.
struct End {
  std::string device, cable, outer, inner;
  Redacted secret;
};

void set_up(WireGuard& wireguard, const End& own, const End& other) {
  auto links = Links::open();
  REQUIRE(links->add_address(links->find(own.cable)->index, {*parse_ipv4(own.outer), 24}));
  REQUIRE(links->set_up(own.cable));
  REQUIRE(links->create_wireguard(own.device));
  CHECK(links->find(own.device)->kind == "wireguard");
  CHECK(links->create_wireguard(own.device).error().code == Code::already_exists);
  REQUIRE(links->set_mtu(own.device, 1380));
  REQUIRE(links->set_up(own.device));
  REQUIRE(wireguard.apply(own.device, {.private_key = own.secret,
                                       .listen_port = 7444,
                                       .peers = {{.public_key = *public_key(other.secret),
                                                  .endpoint = other.outer + ":7444",
                                                  .keepalive_s = 25,
                                                  .add = {net(other.inner + "/32"), net("10.80.20.0/22")}}}}));
  const int index = links->find(own.device)->index;
  REQUIRE(links->add_address(index, {*parse_ipv4(own.inner), 32}));
  REQUIRE(links->change_routes(std::vector<RouteChange>{
      {RouteChange::Kind::replace, {net(other.inner + "/32"), index, *parse_ipv4(own.inner)}}}));
}

// Sends so many bytes from one network to the other; gives how many came.
std::size_t carry(int from_network, const std::string& to, std::size_t bytes) {
  const int listener = tcp();
  const sockaddr_in bound = socket_address(to, 9000);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&bound), sizeof bound) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  int sender = -1;
  test::in_network(from_network, [&] { sender = tcp(); });
  std::thread sending([&] {
    if (::connect(sender, reinterpret_cast<const sockaddr*>(&bound), sizeof bound) == 0) {
      const std::string block(16'384, 'k');
      for (std::size_t sent = 0; sent < bytes;) {
        const auto wrote = ::send(sender, block.data(), std::min(block.size(), bytes - sent), MSG_NOSIGNAL);
        if (wrote <= 0) break;
        sent += static_cast<std::size_t>(wrote);
      }
    }
    ::close(sender);
  });
  const int taken = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  std::size_t got = 0;
  char block[16'384];
  for (ssize_t n = 0; taken >= 0 && (n = ::read(taken, block, sizeof block)) > 0;) got += static_cast<std::size_t>(n);
  sending.join();
  ::close(taken);
  ::close(listener);
  return got;
}

}  // namespace

TEST_SUITE_BEGIN("kernel");

TEST_CASE("two hosts speak through the kernel's WireGuard, and what is taken away is gone" * doctest::skip(!inside())) {
  const auto wireguard = open_or_say();
  if (!wireguard) return;
  SystemIds ids;
  const End one{"wka", "k1", "198.51.100.1", "10.80.0.1", make_private_key(ids)};
  const End two{"wkb", "k2", "198.51.100.2", "10.80.0.2", make_private_key(ids)};
  REQUIRE(test::command({"ip", "link", "add", "k1", "type", "veth", "peer", "name", "k2"}) == 0);
  set_up(*wireguard, one, two);
  const int here = ::open(test::network_of_this_thread().c_str(), O_RDONLY | O_CLOEXEC);
  constexpr std::size_t bytes = 4'000'000;

  test::in_other_network([&] {
    const std::string there = test::network_of_this_thread();
    test::in_network(here, [&] { REQUIRE(test::command({"ip", "link", "set", "k2", "netns", there}) == 0); });
    SystemIds own_ids;
    auto others = open_kernel_wireguard(own_ids);  // a socket is of the network in which it was made
    REQUIRE(others);
    set_up(**others, two, one);
    const auto begun = to_ms(SystemClock().now());
    CHECK(carry(here, two.inner, bytes) == bytes);

    const auto device = (*others)->read(two.device);
    REQUIRE(device);
    CHECK(device->private_key.reveal() == two.secret.reveal());
    CHECK(device->public_key == *public_key(two.secret));
    CHECK(device->listen_port == 7444);
    REQUIRE(device->peers.size() == 1);
    const Peer& peer = device->peers[0];
    CHECK(peer.public_key == *public_key(one.secret));
    CHECK(peer.endpoint == one.outer + ":7444");
    CHECK(peer.keepalive_s == 25);
    CHECK(peer.allowed_ips == std::vector{net("10.80.0.1/32"), net("10.80.20.0/22")});
    CHECK(peer.rx_bytes > bytes);
    CHECK(peer.tx_bytes > 0);
    CHECK(peer.last_handshake_ms >= begun - 2'000);
    CHECK(peer.last_handshake_ms <= to_ms(SystemClock().now()));

    // Its address taken off the peer: what comes from it is dropped. The other one stays.
    const std::string key = peer.public_key;
    REQUIRE((*others)->apply(two.device, {.peers = {{.public_key = key, .take = {net("10.80.0.1/32")}}}}));
    CHECK((*others)->read(two.device)->peers[0].allowed_ips == std::vector{net("10.80.20.0/22")});
    CHECK((*others)->read(two.device)->peers.size() == 1);
    const int lost = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const sockaddr_in to = socket_address(one.inner, 9);
    // The kernel says so at once: no peer for the address.
    CHECK(::sendto(lost, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0);
    ::close(lost);
    REQUIRE((*others)->apply(two.device,
                             {.peers = {{.public_key = key, .update_only = true, .add = {net("10.80.0.1/32")}}}}));
    CHECK(carry(here, two.inner, 10'000) == 10'000);

    REQUIRE((*others)->apply(two.device, {.peers = {{.public_key = key, .remove = true}}}));
    CHECK((*others)->read(two.device)->peers.empty());
    CHECK(Links::open()->remove(two.device));
    CHECK((*others)->read(two.device).error().code == Code::not_found);
  });
  const auto device = wireguard->read(one.device);
  REQUIRE(device);
  CHECK(device->peers[0].last_handshake_ms > 0);
  CHECK(device->peers[0].tx_bytes > bytes);
  ::close(here);
  CHECK(Links::open()->remove(one.device));
  (void)Links::open()->remove(one.cable);  // unless it went with its other end
}

TEST_CASE("a port that is taken is refused by the kernel's device" * doctest::skip(!inside())) {
  const auto wireguard = open_or_say();
  if (!wireguard) return;
  auto links = Links::open();
  REQUIRE(links->create_wireguard("wkp"));
  REQUIRE(links->set_up("wkp"));
  const int taken = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in bound = socket_address("0.0.0.0", 17'446);
  REQUIRE(::bind(taken, reinterpret_cast<const sockaddr*>(&bound), sizeof bound) == 0);
  const auto status = wireguard->apply("wkp", {.listen_port = 17'446});
  REQUIRE_FALSE(status);
  CHECK_MESSAGE(status.error().code == Code::failed_precondition, status.error().message);
  ::close(taken);
  CHECK(wireguard->apply("wkp", {.listen_port = 17'446}));
  CHECK(wireguard->read("wkp")->listen_port == 17'446);
  CHECK(links->remove("wkp"));
}

TEST_SUITE_END();
