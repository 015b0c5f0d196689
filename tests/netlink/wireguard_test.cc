#include "kontena/netlink/wireguard.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <utility>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/netlink/keys.h"
#include "kontena/netlink/links.h"
#include "kontena/netlink/userspace.h"
#include "own_host.h"

using namespace kontena;
using namespace kontena::netlink;
using test::inside;
using test::socket_address;

namespace {

Subnet net(const std::string& text) { return *parse_subnet(text); }

// The program, or the reason why it cannot run here.
std::string program() {
  const auto path = find_wireguard_go();
  if (path && ::access("/dev/net/tun", R_OK | W_OK) == 0) return *path;
  MESSAGE("skipped: " << (path ? "no /dev/net/tun" : path.error().message));
  return {};
}

const Peer* peer(const Device& device, const std::string& key) {
  for (const Peer& peer : device.peers)
    if (peer.public_key == key) return &peer;
  return nullptr;
}

// One end of two hosts that a cable joins, and the link over it.
struct End {
  std::string device;
  std::string outer;  // its address on the cable
  std::string inner;  // its address in the overlay
  Redacted secret;
};

void set_up(const std::string& wireguard_go, WireGuard& wireguard, const End& own, const End& other) {
  REQUIRE(start_wireguard(wireguard_go, own.device));
  const auto status = wireguard.apply(own.device, {.private_key = own.secret,
                                                   .listen_port = 7444,
                                                   .peers = {{.public_key = *public_key(other.secret),
                                                              .endpoint = other.outer + ":7444",
                                                              .add = {net(other.inner + "/32")}}}});
  REQUIRE(status);
  auto links = Links::open();
  REQUIRE(links->set_mtu(own.device, 1380));
  REQUIRE(links->set_up(own.device));
  const int index = links->find(own.device)->index;
  REQUIRE(links->add_address(index, {*parse_ipv4(own.inner), 32}));
  REQUIRE(links->change_routes(std::vector<RouteChange>{
      {RouteChange::Kind::replace, {net(other.inner + "/32"), index, *parse_ipv4(own.inner)}}}));
}

}  // namespace

TEST_SUITE_BEGIN("kernel");

TEST_CASE("without WireGuard in the kernel that is said" * doctest::skip(!inside())) {
  SystemIds ids;
  const auto wireguard = open_kernel_wireguard(ids);
  if (!wireguard) {
    CHECK_MESSAGE(wireguard.error().code == Code::unsupported, wireguard.error().message);
    MESSAGE("the kernel's WireGuard is not tried: " << wireguard.error().message);
    CHECK(open_wireguard(ids)->read("none").error().code == Code::not_found);
    return;
  }
  auto links = Links::open();
  REQUIRE(links->create_wireguard("wk"));
  std::vector<Subnet> many;
  for (std::uint32_t i = 0; i < 3'000; ++i) many.push_back({{0x0a510000 + i}, 32});
  const std::string one = *public_key(make_private_key(ids));
  REQUIRE(
      (*wireguard)->apply("wk", {.private_key = make_private_key(ids), .peers = {{.public_key = one, .add = many}}}));
  REQUIRE((*wireguard)->apply("wk", {.peers = {{.public_key = one, .take = {many[7]}}}}));
  many.erase(many.begin() + 7);
  const auto device = (*wireguard)->read("wk");
  REQUIRE(device);
  REQUIRE(device->peers.size() == 1);
  CHECK(device->peers[0].allowed_ips == many);
  CHECK(links->remove("wk"));
}

TEST_CASE("a WireGuard process is started, set, read, and stopped" * doctest::skip(!inside())) {
  const std::string wireguard_go = program();
  if (wireguard_go.empty()) return;
  SystemIds ids;
  const auto wireguard = open_wireguard(ids);
  const std::string name = "wt0";
  CHECK_FALSE(wireguard_alive(name));
  CHECK(wireguard->read(name).error().code == Code::not_found);
  CHECK(start_wireguard("/no/such/program", name).error().code == Code::not_found);
  CHECK(start_wireguard("/bin/false", name).error().code == Code::failed_precondition);
  REQUIRE(start_wireguard(wireguard_go, name));
  CHECK(wireguard_alive(name));
  CHECK(start_wireguard(wireguard_go, name).error().code == Code::already_exists);
  CHECK(Links::open()->find(name)->kind == "tun");
  CHECK(wireguard->read(name)->private_key.empty());

  const Redacted secret = make_private_key(ids);
  const std::string a = *public_key(make_private_key(ids)), b = *public_key(make_private_key(ids));
  REQUIRE(wireguard->apply(
      name, {.private_key = secret,
             .listen_port = 17444,
             .fwmark = 3,
             .peers = {{.public_key = a,
                        .endpoint = "192.0.2.1:7444",
                        .keepalive_s = 25,
                        .add = {net("10.80.16.2/32"), net("10.80.16.3/32"), net("10.80.20.0/22")}},
                       {.public_key = b, .endpoint = "[2001:db8::1]:7444", .add = {net("10.80.16.9/32")}}}}));
  auto device = wireguard->read(name);
  REQUIRE(device);
  CHECK(device->name == name);
  CHECK(device->private_key.reveal() == secret.reveal());
  CHECK(device->public_key == *public_key(secret));
  CHECK(device->listen_port == 17444);
  CHECK(device->fwmark == 3);
  REQUIRE(device->peers.size() == 2);
  REQUIRE(peer(*device, a) != nullptr);
  CHECK(peer(*device, a)->endpoint == "192.0.2.1:7444");
  CHECK(peer(*device, a)->keepalive_s == 25);
  CHECK(peer(*device, a)->allowed_ips == std::vector{net("10.80.16.2/32"), net("10.80.16.3/32"), net("10.80.20.0/22")});
  CHECK(peer(*device, b)->endpoint == "[2001:db8::1]:7444");

  // One address moves, one is taken, one that is another's is left to it.
  REQUIRE(wireguard->apply(name, {.peers = {{.public_key = b, .update_only = true, .add = {net("10.80.16.3/32")}},
                                            {.public_key = a, .take = {net("10.80.16.2/32"), net("10.80.16.9/32")}}}}));
  device = wireguard->read(name);
  REQUIRE(device->peers.size() == 2);
  CHECK(peer(*device, a)->allowed_ips == std::vector{net("10.80.20.0/22")});
  CHECK(peer(*device, b)->allowed_ips == std::vector{net("10.80.16.3/32"), net("10.80.16.9/32")});

  const std::string c = *public_key(make_private_key(ids));
  REQUIRE(wireguard->apply(name, {.peers = {{.public_key = c, .update_only = true, .add = {net("10.80.16.9/32")}},
                                            {.public_key = b, .replace_allowed_ips = true},
                                            {.public_key = a, .remove = true}}}));
  device = wireguard->read(name);
  REQUIRE(device->peers.size() == 1);
  CHECK(peer(*device, b)->allowed_ips.empty());
  CHECK(wireguard->apply(name, {.listen_port = 70'000}).error().code == Code::invalid_argument);

  REQUIRE(stop_wireguard(name));
  CHECK_FALSE(wireguard_alive(name));
  CHECK(Links::open()->find(name).error().code == Code::not_found);
  CHECK(stop_wireguard(name));
}

TEST_CASE("thousands of addresses are set, taken one by one, and read" * doctest::skip(!inside())) {
  const std::string wireguard_go = program();
  if (wireguard_go.empty()) return;
  SystemIds ids;
  const auto wireguard = open_wireguard(ids);
  REQUIRE(start_wireguard(wireguard_go, "wm0"));
  Change change;
  for (std::uint32_t i = 0; i < 50; ++i) {
    change.peers.push_back({.public_key = *public_key(make_private_key(ids))});
    for (std::uint32_t k = 0; k < 200; ++k) change.peers.back().add.push_back({{0x0a510000 + i * 200 + k}, 32});
  }
  auto from = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(from, now)).count();
  };
  REQUIRE(wireguard->apply("wm0", change));
  const double set = seconds();
  const auto device = wireguard->read("wm0");
  const double read = seconds();
  REQUIRE(device->peers.size() == 50);
  for (const PeerChange& wanted : change.peers) REQUIRE(peer(*device, wanted.public_key)->allowed_ips == wanted.add);
  seconds();
  const PeerChange& first = change.peers[0];
  REQUIRE(wireguard->apply("wm0", {.peers = {{.public_key = first.public_key, .take = {first.add[3]}}}}));
  MESSAGE("10000 addresses of 50 peers: set in " << set << " s, read in " << read << " s, one taken in " << seconds()
                                                 << " s");
  CHECK(peer(*wireguard->read("wm0"), first.public_key)->allowed_ips.size() == 199);
  CHECK(wireguard->read("wm0")->peers.size() == 50);
  CHECK(stop_wireguard("wm0"));
}

TEST_CASE("a port that is taken is refused by a device that is up" * doctest::skip(!inside())) {
  const std::string wireguard_go = program();
  if (wireguard_go.empty()) return;
  SystemIds ids;
  const auto wireguard = open_wireguard(ids);
  REQUIRE(start_wireguard(wireguard_go, "wp0"));
  REQUIRE(Links::open()->set_up("wp0"));
  const int taken = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in bound = socket_address("0.0.0.0", 17'445);
  REQUIRE(::bind(taken, reinterpret_cast<const sockaddr*>(&bound), sizeof bound) == 0);
  // It goes up a moment after its link; until then it takes any port.
  CHECK(test::eventually([&] {
    const auto status = wireguard->apply("wp0", {.listen_port = 17'445});
    return !status && status.error().code == Code::failed_precondition;
  }));
  ::close(taken);
  CHECK(wireguard->apply("wp0", {.listen_port = 17'445}));
  CHECK(wireguard->read("wp0")->listen_port == 17'445);
  CHECK(stop_wireguard("wp0"));
}

TEST_CASE("the process outlives what started it, and its end is seen" * doctest::skip(!inside())) {
  const std::string wireguard_go = program();
  if (wireguard_go.empty()) return;
  int pipe[2];  // which others would hold open that are not told to close it
  REQUIRE(::pipe(pipe) == 0);
  REQUIRE(start_wireguard(wireguard_go, "wo0"));
  ::close(pipe[1]);
  char nothing;
  CHECK(::read(pipe[0], &nothing, 1) == 0);
  ::close(pipe[0]);
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto pid = text::integer(entry.path().filename().string());
    const auto command = files::read(entry.path().string() + "/cmdline");
    if (!pid || !command || *command != wireguard_go + '\0' + "wo0" + '\0') continue;
    ++found;
    CHECK(::getsid(static_cast<pid_t>(*pid)) != ::getsid(0));
    for (const char* stream : {"0", "1", "2"})
      CHECK(std::filesystem::read_symlink(entry.path() / "fd" / stream) == "/dev/null");
  }
  CHECK(found == 1);
  // The loss of the device ends it, and leaves a socket on which nobody listens.
  REQUIRE(Links::open()->remove("wo0"));
  CHECK(test::eventually([] { return !wireguard_alive("wo0"); }));
  REQUIRE(start_wireguard(wireguard_go, "wo0"));
  CHECK(wireguard_alive("wo0"));
  CHECK(stop_wireguard("wo0"));
}

TEST_CASE("two hosts that are joined by a cable speak through WireGuard" * doctest::skip(!inside())) {
  const std::string wireguard_go = program();
  if (wireguard_go.empty()) return;
  SystemIds ids;
  const auto wireguard = open_wireguard(ids);
  const End one{"wa", "192.0.2.1", "10.80.0.1", make_private_key(ids)};
  const End two{"wb", "192.0.2.2", "10.80.0.2", make_private_key(ids)};
  auto links = Links::open();
  REQUIRE(test::command({"ip", "link", "add", "c1", "type", "veth", "peer", "name", "c2"}) == 0);
  REQUIRE(links->add_address(links->find("c1")->index, {*parse_ipv4(one.outer), 24}));
  REQUIRE(links->set_up("c1"));
  set_up(wireguard_go, *wireguard, one, two);
  const int here = ::open(test::network_of_this_thread().c_str(), O_RDONLY | O_CLOEXEC);

  test::in_other_network([&] {
    // The other end of the cable comes over to this thread's network.
    const std::string there = test::network_of_this_thread();
    test::in_network(here, [&] { REQUIRE(test::command({"ip", "link", "set", "c2", "netns", there}) == 0); });
    auto others = Links::open();
    REQUIRE(others->add_address(others->find("c2")->index, {*parse_ipv4(two.outer), 24}));
    REQUIRE(others->set_up("c2"));
    set_up(wireguard_go, *wireguard, two, one);

    const int listener = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const sockaddr_in bound = socket_address(two.inner, 9000);
    REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&bound), sizeof bound) == 0);
    int sender = -1;  // a socket is of the network in which it was made, whoever uses it
    test::in_network(here, [&] { sender = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); });
    REQUIRE(sender >= 0);
    const bool heard = test::eventually([&] {
      ::sendto(sender, "hello", 5, 0, reinterpret_cast<const sockaddr*>(&bound), sizeof bound);
      char text[16];
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto got = ::recvfrom(listener, text, sizeof text, 0, reinterpret_cast<sockaddr*>(&from), &size);
      return got == 5 && ::ntohl(from.sin_addr.s_addr) == parse_ipv4(one.inner)->value;
    });
    CHECK(heard);
    ::close(listener);
    ::close(sender);
    const auto device = wireguard->read(two.device);
    REQUIRE(device);
    REQUIRE(device->peers.size() == 1);
    CHECK(device->peers[0].last_handshake_ms > 0);
    CHECK(device->peers[0].rx_bytes > 0);
    CHECK(stop_wireguard(two.device));
  });
  const auto device = wireguard->read(one.device);
  REQUIRE(device);
  CHECK(device->peers[0].last_handshake_ms > 0);
  CHECK(device->peers[0].tx_bytes > 0);
  ::close(here);
  CHECK(stop_wireguard(one.device));
}

TEST_SUITE_END();
