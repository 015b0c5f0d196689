// Who is let in when more come than there is room for.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "../../src/http/gate.h"
#include "../../src/http/guests.h"

using namespace kontena;
using http::Gate;
using http::Guests;

namespace {

struct Pair {
  std::array<int, 2> ends{-1, -1};
  Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0); }
  ~Pair() {
    for (const int end : ends) ::close(end);
  }
  bool cut_off() const {
    char byte;
    return ::recv(ends[0], &byte, 1, MSG_DONTWAIT) == 0;
  }
};

}  // namespace

TEST_CASE("a gate lets only so many through at a time, and all in the end") {
  Gate gate(3);
  std::atomic<int> inside{0}, most{0}, done{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 40; ++i)
      threads.emplace_back([&, i] {
        for (int k = 0; k < 50; ++k)
          gate.through(i % 2 ? "10.0.0.1" : "10.0.0.2", [&] {
            const int now = ++inside;
            for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
            }
            std::this_thread::yield();
            --inside;
            ++done;
          });
      });
  }
  CHECK(done == 2000);
  CHECK(most <= 3);
}

TEST_CASE("what fails inside a gate leaves it") {
  Gate gate(1);
  CHECK_THROWS(gate.through("10.0.0.1", []() -> int { throw 1; }));
  CHECK(gate.through("10.0.0.1", [] { return 5; }) == 5);
}

TEST_CASE("for one guest too many, the oldest of the address with the most is cut off") {
  const std::array<Pair, 5> sockets;
  Guests guests(3);
  Guests::Stay lone(guests, sockets[0].ends[0], "10.0.0.1");
  Guests::Stay first(guests, sockets[1].ends[0], "10.0.0.2");
  Guests::Stay second(guests, sockets[2].ends[0], "10.0.0.2");
  first.serving(true);
  CHECK(guests.count() == 3);
  Guests::Stay third(guests, sockets[3].ends[0], "10.0.0.3");
  CHECK(third.admitted());
  CHECK_FALSE(sockets[0].cut_off());  // alone
  CHECK(sockets[2].cut_off());        // the oldest that asks for nothing
  CHECK_FALSE(sockets[1].cut_off());  // it asks for something
  CHECK(guests.count() == 3);
  second.end();
  CHECK(guests.count() == 3);  // it was not counted any more
  third.end();
  CHECK(guests.count() == 2);
}

TEST_CASE("where all guests ask for something, one more is refused; who shows a certificate is none") {
  const std::array<Pair, 4> sockets;
  Guests guests(2);
  Guests::Stay known(guests, sockets[0].ends[0], "10.0.0.1");
  known.end();
  std::optional<Guests::Stay> one;
  one.emplace(guests, sockets[1].ends[0], "10.0.0.1");
  Guests::Stay two(guests, sockets[2].ends[0], "10.0.0.1");
  one->serving(true);
  two.serving(true);
  CHECK_FALSE(Guests::Stay(guests, sockets[3].ends[0], "10.0.0.1").admitted());
  one.reset();
  CHECK(Guests::Stay(guests, sockets[3].ends[0], "10.0.0.1").admitted());
  CHECK(guests.count() == 1);
  CHECK_FALSE(sockets[0].cut_off());
}
