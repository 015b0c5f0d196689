#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "../../src/dns/socket.h"
#include "kontena/base/clock.h"
#include "kontena/base/random.h"
#include "kontena/base/synced.h"
#include "kontena/dns/server.h"
#include "read.h"

// A name server, those who ask it, and another server behind it, on this host's loopback.
namespace kontena::dns {

inline Ipv4 local(std::uint32_t n) { return {0x7f000000 + n}; }  // 127.0.0.n

// Asks from an address of its own; gives up after seconds.
class Client {
 public:
  Client(Ipv4 from, const Endpoint& server, bool tcp = false)
      : fd_(::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0)), tcp_(tcp) {
    const timeval limit{.tv_sec = 10};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const sockaddr_in own = to_sockaddr({from, 0});
    const sockaddr_in to = to_sockaddr(server);
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
    REQUIRE(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }

  void send(const std::string& packet) { raw(tcp_ ? u16(static_cast<unsigned>(packet.size())) + packet : packet); }
  void raw(const std::string& bytes) { ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  // Empty where none came, or the connection ended.
  std::string receive() {
    if (tcp_) {
      const std::string size = exactly(2);
      return size.empty() ? "" : exactly(static_cast<std::size_t>(Reader(size).u16()));
    }
    std::string packet(65536, '\0');
    const auto got = ::recv(fd_.get(), packet.data(), packet.size(), 0);
    packet.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return packet;
  }
  std::string ask_raw(const std::string& packet) {
    send(packet);
    return receive();
  }
  Read ask(std::string_view name, unsigned kind = type::a, unsigned payload = 0) {
    return read(ask_raw(query(++id_, name, kind, payload)));
  }
  bool ended() {  // by the other end
    char byte;
    return ::recv(fd_.get(), &byte, 1, 0) <= 0 && errno != EAGAIN;
  }
  void finish() { ::shutdown(fd_.get(), SHUT_WR); }

 private:
  std::string exactly(std::size_t count) {
    std::string bytes(count, '\0');
    return ::recv(fd_.get(), bytes.data(), count, MSG_WAITALL) == static_cast<ssize_t>(count) ? bytes : "";
  }

  Fd fd_;
  bool tcp_;
  std::uint16_t id_ = 100;
};

// Another server: says what it is told to, and counts.
class Upstream {
 public:
  struct Asked {
    std::string packet;
    Query query;
    bool tcp;
    int count;  // of questions, from 1
  };
  using Answer = std::function<std::vector<std::string>(const Asked&)>;

  explicit Upstream(Answer answer, Ipv4 at = local(200)) : answer_(std::move(answer)) {
    auto pair = open_listening({at, 0});
    REQUIRE(pair);
    pair_ = *std::move(pair);
    thread_ = std::jthread([this](std::stop_token stop) { serve(stop); });
  }

  Endpoint at() const { return pair_.at; }
  int asked() {
    return asked_.with([](int count) { return count; });
  }
  bool wait_asked(int count) {
    return asked_.wait(std::chrono::seconds(10), [count](int have) { return have >= count; });
  }

 private:
  std::vector<std::string> say(const std::string& packet, bool tcp) {
    const auto query = read_query(packet);
    if (!query) return {};
    int count = 0;
    asked_.change([&](int& have) { count = ++have; });
    return answer_({packet, *query, tcp, count});
  }
  void serve(std::stop_token stop) {
    while (!stop.stop_requested()) {
      pollfd fds[] = {{pair_.udp.get(), POLLIN, 0}, {pair_.tcp.get(), POLLIN, 0}};
      ::poll(fds, 2, 20);
      std::string packet(65536, '\0');
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto got =
          ::recvfrom(pair_.udp.get(), packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got > 0) {
        packet.resize(static_cast<std::size_t>(got));
        for (const std::string& reply : say(packet, false))
          ::sendto(pair_.udp.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
      }
      if (Fd peer(::accept4(pair_.tcp.get(), nullptr, nullptr, SOCK_CLOEXEC)); peer) serve_tcp(peer);
    }
  }
  void serve_tcp(const Fd& peer) {
    char length[2];
    if (::recv(peer.get(), length, 2, MSG_WAITALL) != 2) return;
    std::string packet(Reader(std::string_view(length, 2)).u16(), '\0');
    if (::recv(peer.get(), packet.data(), packet.size(), MSG_WAITALL) != static_cast<ssize_t>(packet.size())) return;
    for (const std::string& reply : say(packet, true)) {
      const std::string all = u16(static_cast<unsigned>(reply.size())) + reply;
      ::send(peer.get(), all.data(), all.size(), MSG_NOSIGNAL);
    }
  }

  const Answer answer_;
  Listening pair_;
  Synced<int> asked_;
  std::jthread thread_;
};

// A plain answer with one address.
inline std::string says(const Query& query, std::string_view address, std::uint32_t ttl = 60) {
  return header(query.id, 0x8180, 1, 1) + query.question.wire + u16(query.question.type) + u16(query.question.klass) +
         record(to_name, type::a, ttl, u32(parse_ipv4(address)->value));
}

inline std::string error(const Query& query, unsigned rcode) {
  return header(query.id, 0x8180 | rcode, 1) + query.question.wire + u16(query.question.type) +
         u16(query.question.klass);
}

// A server at 127.0.0.53 whose askers are 127.0.0.10 (networks 1), .11 (1 and 2) and .12 (2, no way out).
struct World {
  static Zone sample() {
    const std::string stack = ".shop.default.g1.kontena.local";
    Zone zone{.domain = "g1.kontena.local", .subnets = {*parse_subnet("10.80.0.0/12")}};
    std::vector<Member> members;
    for (std::uint32_t i = 0; i < 3; ++i)
      members.push_back({{0x0a501002 + i}, "web-" + std::to_string(i + 1) + stack, {"web", "web" + stack}});
    for (std::uint32_t i = 0; i < 300; ++i) members.push_back({{0x0a501100 + i}, "", {"many"}});
    zone.networks[1] = std::make_shared<const Network>(members);
    zone.networks[2] = std::make_shared<const Network>(std::vector<Member>{{{0x0a502002}, "", {"panel"}}});
    zone.askers[local(10)] = std::make_shared<const Asker>(Asker{.networks = {1}});
    zone.askers[local(11)] = std::make_shared<const Asker>(Asker{.networks = {1, 2}});
    zone.askers[local(12)] = std::make_shared<const Asker>(Asker{.networks = {2}, .forwards = false});
    return zone;
  }

  explicit World(Options options = {}) : server(options, clock, ids) {
    REQUIRE(server.start());
    const Endpoint wanted[] = {{local(53), 0}};
    REQUIRE(server.listen(wanted));
    server.set_zone(std::make_shared<const Zone>(sample()));
    at = server.listening()[0];
  }

  void change(auto&& use) {
    Zone zone = sample();
    use(zone);
    server.set_zone(std::make_shared<const Zone>(std::move(zone)));
  }

  SystemClock clock;
  SystemIds ids;
  Server server;
  Endpoint at;
};

}  // namespace kontena::dns
