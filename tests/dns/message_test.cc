#include "kontena/dns/message.h"

#include <doctest/doctest.h>

#include "read.h"

namespace kontena::dns {
namespace {

std::string written(const Query& query, const Reply& reply, bool tcp = false) {
  std::string out;
  write_reply(query, reply, room_for(query, tcp), out);
  return out;
}

Query asked(std::string_view name, unsigned kind = type::a, unsigned payload = 0) {
  const auto query = read_query(dns::query(7, name, kind, payload));
  REQUIRE(query);
  REQUIRE(query->verdict == Rcode::no_error);
  return *query;
}

std::vector<Ipv4> many(std::uint32_t count) {
  std::vector<Ipv4> addresses;
  for (std::uint32_t i = 0; i < count; ++i) addresses.push_back({0x0a500000 + i});
  return addresses;
}

TEST_CASE("a question is read as it was asked, and compared without case") {
  const Query query = asked("WeB.Shop");
  CHECK(query.id == 7);
  CHECK(query.recursion_desired);
  CHECK(query.question.name == "web.shop");
  CHECK(query.question.wire == std::string("\3WeB\4Shop\0", 10));
  CHECK(query.question.type == type::a);
  CHECK_FALSE(query.edns);
  CHECK(room_for(query, false) == 512);
  CHECK(room_for(query, true) == 65535);
}

TEST_CASE("a dot within a label does not make two labels") {
  const auto query = read_query(header(1, 0, 1) + std::string("\3a.b\0", 5) + u16(1) + u16(1));
  REQUIRE(query);
  CHECK(query->verdict == Rcode::no_error);
  CHECK(query->question.name == "a\\046b");
}

TEST_CASE("EDNS says how much the asker takes, and we give at most 1232; unknown options are passed over") {
  CHECK(room_for(asked("a", 1, 4096), false) == 1232);
  CHECK(room_for(asked("a", 1, 1000), false) == 1000);
  CHECK(room_for(asked("a", 1, 100), false) == 512);
  const auto query = read_query(header(1, 0, 1, 0, 0, 1) + question("a", 1) + opt(1232, u16(65001) + u16(3) + "abc"));
  REQUIRE(query);
  CHECK(query->verdict == Rcode::no_error);
  CHECK(read(written(*query, {.addresses = many(1)})).edns);
}

TEST_CASE("odd questions get the error that they deserve") {
  struct Row {
    const char* what;
    std::string packet;
    Rcode verdict;
  };
  const std::string name(64, 'a');
  const std::string longest =
      std::string(4, '.').replace(0, 4,
                                  "\077" + std::string(63, 'a') + "\077" + std::string(63, 'b') + "\077" +
                                      std::string(63, 'c') + "\075" + std::string(61, 'd'));
  const Row rows[] = {
      {"no question", header(1, 0, 0), Rcode::format_error},
      {"two questions", header(1, 0, 2) + question("a", 1) + question("b", 1), Rcode::format_error},
      {"65,535 questions", header(1, 0, 0xffff) + question("a", 1), Rcode::format_error},
      {"an answer within", header(1, 0, 1, 1) + question("a", 1) + record(to_name, 1, 1, "abcd"), Rcode::format_error},
      {"an authority within", header(1, 0, 1, 0, 1) + question("a", 1) + record(to_name, 6, 1, ""),
       Rcode::format_error},
      {"bytes behind", query(1, "a", 1) + "x", Rcode::format_error},
      {"a name without end", header(1, 0, 1) + "\3abc", Rcode::format_error},
      {"no type", header(1, 0, 1) + std::string("\1a\0", 3), Rcode::format_error},
      {"half a class", header(1, 0, 1) + std::string("\1a\0\0\1\0", 6), Rcode::format_error},
      {"a label of 64", header(1, 0, 1) + "\x40" + name + std::string(1, '\0') + u16(1) + u16(1), Rcode::format_error},
      {"a label of an old extension", header(1, 0, 1) + "\x81" + name + std::string(1, '\0') + u16(1) + u16(1),
       Rcode::format_error},
      {"a name of 255", header(1, 0, 1) + longest.substr(0, 254) + std::string(1, '\0') + u16(1) + u16(1),
       Rcode::no_error},
      {"a name of 256",
       header(1, 0, 1) + longest.substr(0, 192) + "\076" + std::string(62, 'd') + std::string(1, '\0') + u16(1) +
           u16(1),
       Rcode::format_error},
      {"a pointer to itself", header(1, 0, 1) + "\xc0\x0c" + u16(1) + u16(1), Rcode::format_error},
      {"a pointer into the header", header(1, 0, 1) + std::string("\xc0\x00", 2) + u16(1) + u16(1),
       Rcode::format_error},
      {"a pointer forwards", header(1, 0, 1) + "\xc0\x12" + u16(1) + u16(1), Rcode::format_error},
      {"half a pointer", header(1, 0, 1) + "\xc0", Rcode::format_error},
      {"pointers in a ring",
       header(1, 0, 1, 0, 0, 1) + question("a", 1) + "\xc0\x13" + u16(1) + u16(1) + u32(0) + u16(0),
       Rcode::format_error},
      {"two OPT records", header(1, 0, 1, 0, 0, 2) + question("a", 1) + opt(512) + opt(512), Rcode::format_error},
      {"an OPT record with a name", header(1, 0, 1, 0, 0, 1) + question("a", 1) + record(to_name, 41, 0, ""),
       Rcode::format_error},
      {"an option longer than its record",
       header(1, 0, 1, 0, 0, 1) + question("a", 1) + opt(512, u16(1) + u16(9) + "a"), Rcode::format_error},
      {"half an option", header(1, 0, 1, 0, 0, 1) + question("a", 1) + opt(512, "\1"), Rcode::format_error},
      {"a record that is longer than the packet",
       header(1, 0, 1, 0, 0, 1) + question("a", 1) + opt(512).replace(9, 2, u16(9)), Rcode::format_error},
      {"a record that is not there", header(1, 0, 1, 0, 0, 1) + question("a", 1), Rcode::format_error},
      {"EDNS of version 1", header(1, 0, 1, 0, 0, 1) + question("a", 1) + opt(512, "", 1 << 16), Rcode::bad_version},
      {"OPT as a type", query(1, "a", 41), Rcode::format_error},
      {"type 0", query(1, "a", 0), Rcode::format_error},
      {"a transfer", query(1, "a", 252), Rcode::not_implemented},
      {"a status request", header(1, 2 << 11, 1) + question("a", 1), Rcode::not_implemented},
      {"a dynamic update", header(1, 5 << 11, 1, 0, 1) + question("a", 6) + record(to_name, 1, 1, "abcd"),
       Rcode::not_implemented},
      {"a signed question",
       header(1, 0, 1, 0, 0, 1) + question("a", 1) + record(std::string("\1k\0", 3), 250, 0, "xxxx"), Rcode::no_error},
      {"the root", query(1, "", 2), Rcode::no_error},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto query = read_query(row.packet);
    REQUIRE(query);
    CHECK(query->verdict == row.verdict);
    const Read answer = read(written(*query, {.rcode = query->verdict}));
    CHECK(answer.id == query->id);
    CHECK(answer.rcode == static_cast<unsigned>(row.verdict));
  }
}

TEST_CASE("what is itself an answer, or has no header, gets none") {
  CHECK_FALSE(read_query(""));
  CHECK_FALSE(read_query(std::string(11, '\0')));
  CHECK_FALSE(read_query(header(1, 0x8000, 1) + question("a", 1)));
  CHECK_FALSE(read_query(header(1, 0x8000, 9, 9, 9, 9)));
}

TEST_CASE("an answer has the question as it was asked, addresses in the order given, and owners that are pointers") {
  const Query query = asked("wEb");
  const std::string packet =
      written(query, {.authoritative = true, .ttl = 1, .addresses = {{0x0a000002}, {0x0a000001}}});
  const Read answer = read(packet);
  CHECK(answer.id == 7);
  CHECK(answer.rcode == 0);
  CHECK(answer.authoritative);
  CHECK(answer.name == "wEb");
  CHECK(answer.addresses == std::vector<std::string>{"10.0.0.2", "10.0.0.1"});
  CHECK(answer.ttls == std::vector<std::uint32_t>{1, 1});
  CHECK(packet.size() == header_size + 9 + 2 * 16);
}

TEST_CASE("more addresses than there is room for: as many as fit, and the truncation bit; by TCP all") {
  const Reply reply{.addresses = many(200)};
  for (const unsigned payload : {0u, 600u, 1232u, 4096u}) {
    CAPTURE(payload);
    const Query query = asked("web", type::a, payload);
    const std::string packet = written(query, reply);
    CHECK(packet.size() <= room_for(query, false));
    CHECK(packet.size() + 16 > room_for(query, false));
    const Read answer = read(packet);
    CHECK(answer.truncated);
    CHECK(answer.edns == (payload > 0));
    const Read whole = read(written(query, reply, true));
    CHECK_FALSE(whole.truncated);
    CHECK(whole.addresses.size() == 200);
  }
  const std::string huge = written(asked("web"), {.addresses = many(10'000)}, true);
  CHECK(huge.size() <= 65535);
  CHECK_FALSE(read(huge).truncated);
}

TEST_CASE("a negative answer has its zone's SOA, a PTR its name, and both fit or are truncated") {
  const Read none = read(
      written(asked("x.g1.kontena.local"), {.rcode = Rcode::no_such_name, .ttl = 1, .authority = "g1.kontena.local"}));
  CHECK(none.rcode == 3);
  CHECK(none.authorities == 1);
  CHECK(none.answers == 0);
  const Read pointer =
      read(written(asked("1.0.0.10.in-addr.arpa", type::ptr), {.ttl = 1, .pointer = "web-1.shop.g1.kontena.local"}));
  CHECK(pointer.pointer == "web-1.shop.g1.kontena.local");
  const Read own = read(written(asked("g1.kontena.local", type::soa),
                                {.ttl = 1, .authority = "g1.kontena.local", .asks_authority = true}));
  CHECK(own.answers == 1);
  CHECK(own.authorities == 0);
  // "web" is the end of "x\3web" as bytes, but not as labels.
  const Query tricky = *read_query(header(1, 0, 1) + std::string("\5x\3web\0", 7) + u16(1) + u16(1));
  const std::string packet = written(tricky, {.ttl = 1, .authority = "web"});
  CHECK(read(packet).authorities == 1);
  CHECK(packet.find(std::string("\3web\0\0\6", 7)) != packet.npos);
}

struct Seen {
  std::optional<Answer> answer;
  Query query;
};
Seen seen(const std::string& packet, std::string_view name = "a.test", unsigned kind = type::a) {
  Query query = asked(name, kind);
  return {read_answer(packet, 9, query.question), query};
}

TEST_CASE("an answer of another server counts only when id, question and form are right") {
  const std::string good = header(9, 0x8180, 1, 1) + question("A.test", 1) + record(to_name, 1, 60, "abcd");
  CHECK(seen(good).answer);
  CHECK_FALSE(read_answer(good, 8, asked("a.test").question));
  CHECK_FALSE(seen(good, "b.test").answer);
  CHECK_FALSE(seen(good, "a.test", type::aaaa).answer);
  CHECK_FALSE(seen(good, "a.test.longer").answer);
  CHECK_FALSE(seen(good + "x").answer);
  CHECK_FALSE(seen(good.substr(0, good.size() - 1)).answer);
  CHECK_FALSE(seen(header(9, 0x0100, 1) + question("a.test", 1)).answer);
  CHECK_FALSE(seen(header(9, 0x8180, 0)).answer);
  CHECK(seen(header(9, 0x8181, 0)).answer);  // "what is EDNS?"
  CHECK(seen(header(9, 0x8181, 0)).answer->rcode == Rcode::format_error);
  CHECK_FALSE(seen(header(9, 0x8180, 1, 0, 0, 2) + question("a.test", 1) + opt(512) + opt(512)).answer);
}

TEST_CASE("an answer of another server is passed on with the asker's id, case, time left and EDNS") {
  const std::string packet =
      header(9, 0x8580, 1, 1, 0, 1) + question("a.test", 1) + record(to_name, 1, 60, "\1\2\3\4") + opt(4096);
  const auto answer = seen(packet).answer;
  REQUIRE(answer);
  CHECK(answer->lifetime == 60);
  CHECK(answer->edns);
  std::string out;
  write_answer(asked("A.tesT"), *answer, 25, 512, out);
  Read got = read(out);
  CHECK(got.id == 7);
  CHECK(got.name == "A.tesT");
  CHECK_FALSE(got.edns);
  CHECK_FALSE(got.authoritative);
  CHECK(got.addresses == std::vector<std::string>{"1.2.3.4"});
  CHECK(got.ttls == std::vector<std::uint32_t>{35});
  write_answer(asked("a.test", 1, 1232), *answer, 0, 1232, out);
  CHECK(read(out).edns);
}

TEST_CASE("an OPT record between others takes them with it, as they may point past it") {
  const std::string extra = record(to_name, 1, 5, "abcd");
  const auto before = seen(header(9, 0x8180, 1, 0, 0, 2) + question("a.test", 1) + opt(512) + extra).answer;
  REQUIRE(before);
  CHECK(before->records.empty());
  const auto after = seen(header(9, 0x8180, 1, 0, 0, 2) + question("a.test", 1) + extra + opt(512)).answer;
  REQUIRE(after);
  CHECK(after->records.size() == 1);
  std::string out;
  write_answer(asked("a.test"), *before, 0, 512, out);
  read(out);
  write_answer(asked("a.test", 1, 900), *after, 0, 900, out);
  read(out);
}

TEST_CASE("a long answer of another server is cut between records") {
  std::string records;
  for (unsigned i = 0; i < 50; ++i) records += record(to_name, 1, 60, u32(i));
  const auto answer = seen(header(9, 0x8180, 1, 50) + question("a.test", 1) + records).answer;
  REQUIRE(answer);
  std::string out;
  write_answer(asked("a.test"), *answer, 0, 512, out);
  CHECK(out.size() <= 512);
  CHECK(read(out).truncated);
  CHECK(read(out).addresses.size() == 30);
  write_answer(asked("a.test"), *answer, 0, 65535, out);
  CHECK_FALSE(read(out).truncated);
  CHECK(read(out).addresses.size() == 50);
}

TEST_CASE("how long an answer may be kept: the least TTL; a 'no' as RFC 2308 has it") {
  const std::string asked_a = question("a.test", 1);
  const std::string cname = record(to_name, 5, 10, wire_name("b.test").value());
  const std::string soa = record(wire_name("test").value(), 6, 100, soa_data(30));
  CHECK(seen(header(9, 0x8180, 1, 2) + asked_a + cname + record(to_name, 1, 60, "abcd")).answer->lifetime == 10);
  CHECK(seen(header(9, 0x8180, 1, 1) + asked_a + record(to_name, 1, 0x80000000, "abcd")).answer->lifetime == 0);
  CHECK(seen(header(9, 0x8183, 1, 0, 1) + asked_a + soa).answer->lifetime == 30);
  CHECK(seen(header(9, 0x8180, 1, 0, 1) + asked_a + soa).answer->lifetime == 30);
  CHECK(seen(header(9, 0x8183, 1, 1, 1) + asked_a + cname + soa).answer->lifetime == 10);
  CHECK(seen(header(9, 0x8183, 1) + asked_a).answer->lifetime == 0);
  CHECK(seen(header(9, 0x8180, 1, 1) + asked_a + cname).answer->lifetime == 0);
  CHECK(seen(header(9, 0x8182, 1, 0, 1) + asked_a + soa).answer->lifetime == 0);
  CHECK(seen(header(9, 0x8380, 1, 1) + asked_a + record(to_name, 1, 60, "abcd")).answer->lifetime == 0);
}

}  // namespace
}  // namespace kontena::dns
