#include <algorithm>

#include "world.h"

namespace kontena::dns {
namespace {

using Texts = std::vector<std::string>;

Upstream::Answer always(std::string address, std::uint32_t ttl = 60) {
  return [=](const Upstream::Asked& asked) -> std::vector<std::string> { return {says(asked.query, address, ttl)}; };
}
// Answers nothing until it is opened, and all then.
struct Gate {
  Synced<bool> is_open;
  Upstream upstream{[this](const Upstream::Asked& asked) -> std::vector<std::string> {
    is_open.wait(std::chrono::seconds(10), [](bool is) { return is; });
    return {says(asked.query, "9.9.9.9")};
  }};
  void open() {
    is_open.change([](bool& is) { is = true; });
  }
};
const Upstream::Answer silent = [](const Upstream::Asked&) -> std::vector<std::string> { return {}; };

TEST_CASE("other names are asked of the host's server, once while its answer holds") {
  World world;
  Upstream upstream(always("9.9.9.9"));
  world.server.set_upstreams({upstream.at()});
  Client client(local(10), world.at);
  CHECK(client.ask("Example.com").addresses == Texts{"9.9.9.9"});
  CHECK(client.ask("eXample.com", type::a, 1232).addresses == Texts{"9.9.9.9"});
  CHECK(Client(local(11), world.at, true).ask("example.com").addresses == Texts{"9.9.9.9"});
  CHECK(upstream.asked() == 1);
  CHECK(client.ask("example.com", type::aaaa).rcode == 0);
  CHECK(upstream.asked() == 2);
  const Counters counters = world.server.counters();
  CHECK(counters.forwarded == 2);
  CHECK(counters.cached == 2);
}

TEST_CASE("who has servers of its own is answered by those, and not from what others have heard") {
  World world;
  Upstream hosts(always("9.9.9.9")), own(always("8.8.8.8"));
  world.server.set_upstreams({hosts.at()});
  world.change([&](Zone& zone) {
    zone.askers[local(11)] = std::make_shared<const Asker>(Asker{.networks = {1}, .upstreams = {own.at()}});
  });
  CHECK(Client(local(10), world.at).ask("example.com").addresses == Texts{"9.9.9.9"});
  CHECK(Client(local(11), world.at).ask("example.com").addresses == Texts{"8.8.8.8"});
  CHECK(Client(local(12), world.at).ask("example.com").rcode == 3);  // no way out
  CHECK(hosts.asked() + own.asked() == 2);
}

TEST_CASE("'no such name' is kept as long as its SOA says; an error is not kept") {
  World world;
  Upstream upstream([](const Upstream::Asked& asked) -> std::vector<std::string> {
    if (asked.query.question.name == "broken.test") return {error(asked.query, 2)};
    return {header(asked.query.id, 0x8183, 1, 0, 1) + asked.query.question.wire + u16(1) + u16(1) +
            record(wire_name("test").value(), type::soa, 60, soa_data(60))};
  });
  world.server.set_upstreams({upstream.at()});
  Client client(local(10), world.at);
  CHECK(client.ask("no.test").rcode == 3);
  CHECK(client.ask("no.test").rcode == 3);
  CHECK(upstream.asked() == 1);
  CHECK(client.ask("broken.test").rcode == 2);
  CHECK(client.ask("broken.test").rcode == 2);
  CHECK(upstream.asked() == 3);
}

TEST_CASE("a cut answer is fetched by TCP, and cut again for who asked by UDP") {
  World world;
  Upstream upstream([](const Upstream::Asked& asked) -> std::vector<std::string> {
    const std::string question = asked.query.question.wire + u16(1) + u16(1);
    if (!asked.tcp)
      return {header(asked.query.id, 0x8380, 1, 3) + question + record(to_name, 1, 60, "ab").substr(0, 9)};
    std::string records;
    for (std::uint32_t i = 0; i < 100; ++i) records += record(to_name, type::a, 60, u32(i));
    return {header(asked.query.id, 0x8180, 1, 100) + question + records};
  });
  world.server.set_upstreams({upstream.at()});
  const Read part = Client(local(10), world.at).ask("long.test");
  CHECK(part.truncated);
  CHECK(part.addresses.size() == 30);
  const Read whole = Client(local(10), world.at, true).ask("long.test");
  CHECK_FALSE(whole.truncated);
  CHECK(whole.addresses.size() == 100);
  CHECK(upstream.asked() == 2);
}

TEST_CASE("a server that has no TCP: what came by UDP is better than nothing") {
  World world({.one_try = Duration(50), .all_tries = Duration(200)});
  Upstream upstream([](const Upstream::Asked& asked) -> std::vector<std::string> {
    if (asked.tcp) return {};
    std::string packet = says(asked.query, "7.7.7.7");
    packet[2] = static_cast<char>(packet[2] | 2);
    return {packet};
  });
  world.server.set_upstreams({upstream.at()});
  const Read part = Client(local(10), world.at).ask("long.test");
  CHECK(part.truncated);
  CHECK(part.addresses == Texts{"7.7.7.7"});
  CHECK(Client(local(10), world.at, true).ask("long.test").rcode == 2);
}

TEST_CASE("a server that does not know EDNS is asked without") {
  World world;
  Upstream upstream([](const Upstream::Asked& asked) -> std::vector<std::string> {
    if (asked.query.edns) return {header(asked.query.id, 0x8181, 0)};
    return {says(asked.query, "7.7.7.7")};
  });
  world.server.set_upstreams({upstream.at()});
  CHECK(Client(local(10), world.at).ask("old.test").addresses == Texts{"7.7.7.7"});
}

TEST_CASE("one that is silent, refuses or is not there is followed by the next; then it comes last") {
  World world({.one_try = Duration(400)});
  Upstream mute(silent, local(201)),
      rude([](const Upstream::Asked&a) -> std::vector<std::string> { return {error(a.query, 5)}; }, local(202));
  Upstream good(always("9.9.9.9"), local(203));
  Endpoint nobody;
  { nobody = open_listening({local(204), 0})->at; }
  world.server.set_upstreams({mute.at(), nobody, rude.at(), good.at()});
  Client client(local(10), world.at);
  CHECK(client.ask("a.test").addresses == Texts{"9.9.9.9"});
  CHECK(mute.asked() == 1);
  for (int i = 0; i < 20; ++i) CHECK(client.ask("b" + std::to_string(i) + ".test").addresses == Texts{"9.9.9.9"});
  CHECK(mute.asked() == 1);
}

TEST_CASE("a late answer of a server that was thought silent still counts") {
  World world({.one_try = Duration(50), .all_tries = Duration(5000)});
  std::string first;
  Upstream slow([&first](const Upstream::Asked& asked) -> std::vector<std::string> {
    if (asked.count == 1) first = says(asked.query, "5.5.5.5");
    if (asked.count < 3) return {};
    return {first};
  });
  world.server.set_upstreams({slow.at()});
  CHECK(Client(local(10), world.at).ask("slow.test").addresses == Texts{"5.5.5.5"});
}

TEST_CASE("with no server, or none that answers, it is a failure; and never our own address that is asked") {
  World world({.one_try = Duration(30), .all_tries = Duration(100)});
  Client client(local(10), world.at);
  CHECK(client.ask("a.test").rcode == 2);
  world.server.set_upstreams({world.at});
  CHECK(client.ask("a.test").rcode == 2);
  CHECK(world.server.counters().refused == 0);
  Upstream mute(silent);
  world.server.set_upstreams({mute.at()});
  CHECK(client.ask("a.test").rcode == 2);
  CHECK(mute.asked() >= 1);
  CHECK(world.server.counters().failed == 3);
}

TEST_CASE("guesses do not count: another id, question, or nonsense is passed over") {
  World world;
  Upstream upstream([](const Upstream::Asked& asked) -> std::vector<std::string> {
    Query other = asked.query;
    other.id ^= 1;
    std::string not_an_answer = says(asked.query, "6.6.6.6");
    not_an_answer[2] = 1;
    const std::string longer = says(asked.query, "6.6.6.6") + "x";
    Query question = asked.query;
    question.question.wire = wire_name("evil.test").value();
    return {says(other, "6.6.6.6"),      not_an_answer, longer, says(question, "6.6.6.6"), "", "x",
            says(asked.query, "9.9.9.9")};
  });
  world.server.set_upstreams({upstream.at()});
  CHECK(Client(local(10), world.at).ask("good.test").addresses == Texts{"9.9.9.9"});
}

TEST_CASE("the same question of many is asked once, and while it is open cluster names are answered at once") {
  World world;
  Gate gate;
  world.server.set_upstreams({gate.upstream.at()});
  Client a(local(10), world.at), b(local(11), world.at), tcp(local(11), world.at, true), other(local(10), world.at);
  a.send(query(1, "SLOW.test", 1));
  b.send(query(2, "slow.TEST", 1));
  tcp.send(query(3, "slow.test", 1));
  for (int i = 0; i < 100; ++i) CHECK(other.ask("web").addresses.size() == 3);
  CHECK(tcp.ask("web").addresses.size() == 3);  // does not wait for the one before
  REQUIRE(gate.upstream.wait_asked(1));
  gate.open();
  CHECK(read(a.receive()).name == "SLOW.test");
  CHECK(read(b.receive()).id == 2);
  CHECK(read(tcp.receive()).id == 3);
  CHECK(gate.upstream.asked() == 1);
}

TEST_CASE("open questions are bounded for each asker and in all, and one asker's do not keep another from the rest") {
  World world({.waiting = 6, .waiting_each = 4, .one_try = Duration(500), .all_tries = Duration(1500)});
  Upstream mute(silent);
  world.server.set_upstreams({mute.at()});
  Client a(local(10), world.at), b(local(11), world.at);
  for (unsigned i = 1; i <= 10; ++i) a.send(query(i, "a" + std::to_string(i) + ".test", 1));
  for (unsigned id = 5; id <= 10; ++id) {  // at once
    const Read answer = read(a.receive());
    CHECK(answer.id == id);
    CHECK(answer.rcode == 2);
  }
  for (unsigned i = 1; i <= 3; ++i) b.send(query(i, "b" + std::to_string(i) + ".test", 1));
  CHECK(read(b.receive()).id == 3);
  std::vector<unsigned> failed;  // later
  for (int i = 0; i < 4; ++i) failed.push_back(read(a.receive()).id);
  std::ranges::sort(failed);
  CHECK(failed == std::vector<unsigned>{1, 2, 3, 4});
  b.receive();
  b.receive();
  Upstream good(always("9.9.9.9"), local(201));
  world.server.set_upstreams({good.at()});
  CHECK(a.ask("again.test").addresses == Texts{"9.9.9.9"});
}

TEST_CASE("who is gone when the answer comes does no harm") {
  World world;
  Gate gate;
  world.server.set_upstreams({gate.upstream.at()});
  {
    Client gone(local(10), world.at), tcp(local(10), world.at, true);
    gone.send(query(1, "x.test", 1));
    tcp.send(query(1, "x.test", 1));
    REQUIRE(gate.upstream.wait_asked(1));
  }
  Client stays(local(11), world.at);
  stays.send(query(2, "x.test", 1));
  gate.open();
  CHECK(read(stays.receive()).addresses == Texts{"9.9.9.9"});
}

}  // namespace
}  // namespace kontena::dns
