#include "kontena/dns/server.h"

#include <algorithm>
#include <atomic>
#include <random>

#include "world.h"

namespace kontena::dns {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("a container gets the addresses of a name, another one first each time, from where it asked") {
  World world;
  Client client(local(10), world.at);
  Texts first;
  for (int i = 0; i < 6; ++i) {
    const Read answer = client.ask("WEB");
    CHECK(answer.name == "WEB");
    CHECK(answer.authoritative);
    CHECK(answer.addresses.size() == 3);
    CHECK(client.ask("web", type::aaaa).answers == 0);  // as resolvers ask both, and no turn is lost by it
    first.push_back(answer.addresses[0]);
  }
  for (const char* address : {"10.80.16.2", "10.80.16.3", "10.80.16.4"}) CHECK(std::ranges::count(first, address) == 2);
  CHECK(client.ask("2.16.80.10.in-addr.arpa", type::ptr).pointer == "web-1.shop.default.g1.kontena.local");
  CHECK(client.ask("nobody.g1.kontena.local").rcode == 3);
  const Counters counters = world.server.counters();
  CHECK(counters.queries == 14);
  CHECK(counters.answered == 14);
}

TEST_CASE("what is too long for UDP is said to be, and comes whole by TCP") {
  World world;
  Client udp(local(10), world.at);
  Client tcp(local(10), world.at, true);
  for (const unsigned payload : {0u, 1232u, 4096u}) {
    const Read part = udp.ask("many", type::a, payload);
    CHECK(part.truncated);
    CHECK_FALSE(part.addresses.empty());
  }
  const Read whole = tcp.ask("many");
  CHECK_FALSE(whole.truncated);
  CHECK(whole.addresses.size() == 300);
}

TEST_CASE("strangers are refused, by UDP and TCP, whatever they ask") {
  World world;
  for (const bool tcp : {false, true}) {
    Client stranger(local(99), world.at, tcp);
    CHECK(stranger.ask("web").rcode == 5);
    CHECK(stranger.ask("example.com").rcode == 5);
    CHECK(stranger.ask("2.16.80.10.in-addr.arpa", type::ptr).rcode == 5);
  }
  CHECK(world.server.counters().refused == 6);
  CHECK(world.server.counters().answered == 0);
}

TEST_CASE("each asker sees its own networks only") {
  World world;
  CHECK(Client(local(11), world.at).ask("panel").addresses == Texts{"10.80.32.2"});
  CHECK(Client(local(11), world.at).ask("web").addresses.size() == 3);
  CHECK(Client(local(12), world.at).ask("web").rcode == 3);
  CHECK(Client(local(12), world.at).ask("panel").addresses.size() == 1);
  CHECK(Client(local(10), world.at).ask("panel").addresses.empty());
}

TEST_CASE("odd questions get an error or none, and the next one is answered") {
  World world;
  Client client(local(10), world.at);
  CHECK(read(client.ask_raw(header(5, 0, 2) + question("web", 1) + question("web", 1))).rcode == 1);
  CHECK(read(client.ask_raw(header(5, 5 << 11, 1) + question("web", 6))).rcode == 4);
  CHECK(read(client.ask_raw(header(5, 0, 1) + question("version.bind", 16, 3))).rcode == 5);
  CHECK(read(client.ask_raw(header(5, 0, 1, 0, 0, 1) + question("web", 1) + opt(512, "", 1 << 16))).rcode == 16);
  CHECK(read(client.ask_raw(header(5, 0, 1) + question("example.com", 1))).rcode == 5);  // only what is known already
  client.send(header(5, 0x8180, 1) + question("web", 1));
  client.send("x");
  client.send("");
  client.send(std::string(20'000, 'x'));
  CHECK(read(client.receive()).rcode != 0);
  CHECK(client.ask("web").addresses.size() == 3);
}

TEST_CASE("mangled packets from a container and from a stranger leave the server as it was") {
  World world;
  Client client(local(10), world.at);
  Client stranger(local(99), world.at);
  const std::string good = query(9, "web.shop.default.g1.kontena.local", 1, 1232);
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    std::string packet = good;
    for (int i = 0; i < 4; ++i) packet[random() % packet.size()] = static_cast<char>(random());
    packet.resize(random() % (packet.size() + 1));
    (seed % 2 ? client : stranger).send(packet);
  }
  Client other(local(10), world.at);
  for (bool answered = false; !answered;) answered = other.ask("web").addresses.size() == 3;
  CHECK(world.server.counters().answered >= 1);
}

TEST_CASE("a change of the zone counts for the very next question, and none is lost while zones change") {
  World world;
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0, right = 0;
  std::jthread asking([&] {
    Client client(local(11), world.at);
    while (!done) {
      const std::string packet = client.ask_raw(query(3, "web", 1));
      (packet.size() > 12 && packet[7] == 3 ? right : wrong) += 1;
    }
  });
  Client client(local(10), world.at);
  for (std::uint32_t i = 1; i < 300; ++i) {
    world.change([&](Zone& zone) {
      zone.networks[2] = std::make_shared<const Network>(std::vector<Member>{{{i}, "", {"turn"}}});
      zone.askers[local(10)] = std::make_shared<const Asker>(Asker{.networks = {2}});
    });
    REQUIRE(client.ask("turn").addresses == Texts{to_text(Ipv4{i})});
  }
  done = true;
  asking.join();
  CHECK(wrong == 0);
  CHECK(right > 0);
}

TEST_CASE("addresses come and go while it runs, those that stay are not disturbed, and a taken one is told") {
  World world;
  const Endpoint stays = world.at;
  Client tcp(local(10), stays, true);
  CHECK(tcp.ask("web").addresses.size() == 3);
  Listening taken = *open_listening({local(56), 0});

  const Endpoint wanted[] = {{local(53), 0}, {local(54), 0}, taken.at, {local(55), 0}};
  const Status status = world.server.listen(wanted);
  REQUIRE_FALSE(status);
  CHECK(status.error().message ==
        "cannot answer names at 127.0.0.56:" + std::to_string(taken.at.port) + ": address already in use");
  auto listening = world.server.listening();
  REQUIRE(listening.size() == 3);
  CHECK(listening[0] == stays);
  for (const Endpoint& at : listening) CHECK(Client(local(10), at).ask("web").addresses.size() == 3);
  CHECK(tcp.ask("web").addresses.size() == 3);

  taken = Listening();
  REQUIRE(world.server.listen(wanted));
  CHECK(world.server.listening().size() == 4);

  const Endpoint moved[] = {listening[1]};  // given up and taken again under another name
  REQUIRE(world.server.listen(moved));
  CHECK(world.server.listening() == std::vector<Endpoint>{listening[1]});
  CHECK(Client(local(10), listening[1]).ask("web").addresses.size() == 3);
  REQUIRE(open_listening(stays));
}

TEST_CASE("an address that the host does not have yet can be listened on") {
  World world;
  const Endpoint wanted[] = {{local(53), 0}, {*parse_ipv4("192.0.2.77"), 0}};
  REQUIRE(world.server.listen(wanted));
  CHECK(world.server.listening().size() == 2);
}

TEST_CASE("it can be stopped and started again") {
  World world;
  world.server.stop();
  world.server.stop();
  const Endpoint wanted[] = {world.at};
  CHECK_FALSE(world.server.listen(wanted));
  REQUIRE(world.server.start());
  REQUIRE(world.server.listen(wanted));
  CHECK(Client(local(10), world.at).ask("web").addresses.size() == 3);
  CHECK_FALSE(world.server.is_stuck());
}

TEST_CASE("by TCP many questions go at once, in any pieces, and are answered also after the asker's last word") {
  World world;
  Client client(local(10), world.at, true);
  std::string all;
  for (unsigned id = 1; id <= 200; ++id) {
    const std::string packet = query(id, "web", 1);
    all += u16(static_cast<unsigned>(packet.size())) + packet;
  }
  for (std::size_t at = 0; at < all.size(); at += 333) client.raw(all.substr(at, 333));
  client.finish();
  for (unsigned id = 1; id <= 200; ++id) REQUIRE(read(client.receive()).id == id);
  CHECK(client.ended());
}

TEST_CASE("connections are bounded for each asker, for strangers together, and in all") {
  World world({.connections = 6, .connections_each = 2});
  const auto open = [&](std::uint32_t from) { return std::make_unique<Client>(local(from), world.at, true); };
  std::vector<std::unique_ptr<Client>> kept;
  for (const std::uint32_t from : {10u, 10u, 98u, 99u}) {
    kept.push_back(open(from));
    CHECK(kept.back()->ask("web").rcode == (from < 90 ? 0 : 5));
  }
  CHECK(open(10)->ended());
  CHECK(open(97)->ended());
  for (const std::uint32_t from : {11u, 11u}) {
    kept.push_back(open(from));
    CHECK(kept.back()->ask("web").rcode == 0);
  }
  CHECK(open(12)->ended());
  kept.erase(kept.begin());
  bool again = false;  // it hears of the end at its own time
  for (int tries = 0; tries < 10'000 && !again; ++tries) {
    auto client = open(10);
    client->send(query(1, "web", 1));
    again = !client->receive().empty();
  }
  CHECK(again);
}

TEST_CASE("who says nothing, or a byte now and then, is cut off") {
  World world({.idle = Duration(200)});
  Client silent(local(10), world.at, true);
  Client slow(local(10), world.at, true);
  slow.raw(std::string("\0", 1));
  Client nonsense(local(10), world.at, true);
  nonsense.send("x");
  CHECK(silent.ended());
  CHECK(slow.ended());
  CHECK(nonsense.ended());
}

}  // namespace
}  // namespace kontena::dns
