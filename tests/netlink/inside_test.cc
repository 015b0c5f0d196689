#include "kontena/netlink/inside.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "kontena/base/files.h"
#include "kontena/netlink/links.h"
#include "own_host.h"

using namespace kontena;
using namespace kontena::netlink;
using namespace kontena::netlink::test;

namespace {

const Ipv4 lo = *parse_ipv4("127.0.0.1");

// A socket of the calling thread's network that is bound to a port of lo: its number, and the port.
std::pair<int, int> bound(int kind) {
  const int fd = ::socket(AF_INET, kind, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return {fd, ntohs(address.sin_port)};
}

}  // namespace

TEST_CASE("who listens at a port is read from the kernel's list of sockets") {
  const std::string_view text =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"
      "   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0\n"
      "   2: 0100007F:0050 0100007F:1234 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0\n"
      "   3: 0A000001:1538 00000000:0000 0A 00000000:00000000\n";
  CHECK(listeners(text, 80) == std::vector<std::string>{"0.0.0.0", "127.0.0.1"});
  CHECK(listeners(text, 5432) == std::vector<std::string>{"1.0.0.10"});
  CHECK(listeners(text, 81).empty());
  CHECK(listeners("   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0\n"
                  "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0\n",
                  80) == std::vector<std::string>{"::", "::1"});
  for (const char* odd : {"", "\n", "a b c 0A", "0: :0050 x 0A", "0: 0000000G:0050 x 0A", "0: 00:0050 x 0A"})
    CHECK(listeners(odd, 80).empty());
}

TEST_CASE("a network of a process that is not there cannot be entered") {
  CHECK(inside("/proc/0/ns/net", [] {}).error().code == Code::not_found);
}

TEST_SUITE("kernel") {
  TEST_CASE("echoes, connections and questions are of the network that they are tried in" *
            doctest::skip(!test::inside())) {
    in_other_network([] {
      const std::string here = network_of_this_thread();
      const auto [listener, port] = bound(SOCK_STREAM);
      REQUIRE(::listen(listener, 1) == 0);
      const auto [closed, refused_port] = bound(SOCK_STREAM);  // bound, and nobody listens
      std::optional<Knock> open, refused;
      std::optional<Result<Echoes>> echoes;
      std::optional<Result<int>> mtu;
      std::string sockets;
      in_other_network([&, port = port, refused_port = refused_port] {
        REQUIRE(knock(lo, port, Duration(2'000)).door == Knock::Door::refused);  // there is nobody in this one
        REQUIRE(netlink::inside(here, [&] {
          open = knock(lo, port, Duration(2'000));
          refused = knock(lo, refused_port, Duration(2'000));
          echoes = echo(lo, 1'400, 3, Duration(2'000));
          mtu = mtu_towards(lo);
          sockets = *files::read("/proc/thread-self/net/tcp");
        }));
        // And this thread has stayed where it was.
        REQUIRE(knock(lo, port, Duration(2'000)).door == Knock::Door::refused);
      });
      CHECK(open->door == Knock::Door::open);
      CHECK(refused->door == Knock::Door::refused);
      CHECK(refused->words == "connection refused");
      REQUIRE(*echoes);
      CHECK((**echoes).answered == 3);
      CHECK((**echoes).best_us > 0);
      REQUIRE(*mtu);
      CHECK(**mtu >= 65535);
      CHECK(listeners(sockets, port) == std::vector<std::string>{"127.0.0.1"});
      CHECK(netlink::inside(
                here, [] { FAIL("it was not to be entered"); }, [] { return false; })
                .error()
                .code == Code::not_found);
      ::close(listener);
      ::close(closed);
    });
  }

  TEST_CASE("what has no way is told apart from what does not answer" * doctest::skip(!test::inside())) {
    in_other_network([] {
      const Ipv4 far = *parse_ipv4("192.0.2.7");
      CHECK(knock(far, 80, Duration(1'000)).door == Knock::Door::unreachable);
      const auto nowhere = echo(far, 64, 1, Duration(1'000));
      REQUIRE(nowhere);
      CHECK(nowhere->answered == 0);
      CHECK_FALSE(nowhere->unreachable.empty());
      CHECK_FALSE(echo(lo, 70'000, 1, Duration(1'000))->answered == 0);  // the largest there is
      // A device that takes packets and brings none.
      REQUIRE(command({"ip", "link", "add", "hole", "type", "veth", "peer", "name", "end"}) == 0);
      REQUIRE(command({"ip", "address", "add", "192.0.2.1/24", "dev", "hole"}) == 0);
      REQUIRE(command({"ip", "link", "set", "hole", "up"}) == 0);
    REQUIRE(command({"ip", "link", "set", "end", "up"}) == 0);
      REQUIRE(command({"ip", "neigh", "add", "192.0.2.7", "lladdr", "02:00:00:00:00:07", "dev", "hole"}) == 0);
      CHECK(knock(far, 80, Duration(300)).door == Knock::Door::silent);
      const auto silent = echo(far, 1'500, 2, Duration(200));
      REQUIRE(silent);
      CHECK(silent->tried == 2);
      CHECK(silent->answered == 0);
      CHECK(silent->unreachable.empty());
      CHECK_FALSE(echo(far, 1'600, 1, Duration(200)));
      CHECK(*mtu_towards(far) == 1'500);
      const auto nobody = exchange(far, 53, "?", Duration(200), [](std::string_view) { return true; });
      REQUIRE(nobody);
      CHECK_FALSE(nobody->has_value());
    });
  }

  TEST_CASE("a question by UDP gets the answer that fits, and hears of a closed port" *
            doctest::skip(!test::inside())) {
    in_other_network([] {
      const auto [socket, port] = bound(SOCK_DGRAM);
      {
        // A thread is of the network of the one that made it.
        const std::jthread server([socket = socket] {
          char asked[16];
          sockaddr_in from{};
          socklen_t size = sizeof from;
          if (::recvfrom(socket, asked, sizeof asked, 0, reinterpret_cast<sockaddr*>(&from), &size) != 3) return;
          for (const char* answer : {"wrong", "right"})
            ::sendto(socket, answer, 5, 0, reinterpret_cast<sockaddr*>(&from), size);
        });
        const auto got =
            exchange(lo, port, "ask", Duration(10'000), [](std::string_view answer) { return answer == "right"; });
        REQUIRE(got);
        CHECK(got->value_or("") == "right");
      }
      ::close(socket);
      const auto closed = exchange(lo, port, "ask", Duration(2'000), [](std::string_view) { return true; });
      CHECK(closed.error().code == Code::unavailable);
    });
  }
}
