#include <doctest/doctest.h>

#include <random>

#include "read.h"

namespace kontena::dns {
namespace {

std::vector<std::string> seeds() {
  const std::string soa = record(wire_name("test").value(), 6, 100, soa_data(30));
  return {
      query(1, "web.shop.default.g1.kontena.local", 1, 1232),
      query(2, "1.0.0.10.in-addr.arpa", 12),
      header(3, 0x0110, 1, 0, 0, 2) + question("a.test", 255) + opt(4096, u16(10) + u16(8) + "12345678", 0x8000) +
          record(to_name, 250, 0, "signature"),
      header(9, 0x8180, 1, 2, 0, 1) + question("a.test", 1) + record(to_name, 5, 10, wire_name("b.test").value()) +
          record("\xc0\x24", 1, 60, "abcd") + opt(1232),
      header(9, 0x8583, 1, 0, 1, 2) + question("a.test", 1) + soa + record(to_name, 1, 1, "abcd") + opt(512),
      header(9, 0x8180, 1, 3) + question("a.test", 1) + record(to_name, 1, 60, "abcd") +
          record(to_name, 1, 60, "abce") + record(to_name, 46, 60, std::string(500, 's')),
  };
}

std::string mutated(std::string packet, const std::vector<std::string>& all, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (std::size_t left = 1 + below(6); left > 0; --left) {
    const std::size_t at = below(packet.size());
    switch (below(8)) {
      case 0:
        packet.resize(at);
        break;
      case 1:
        packet.insert(at, 1 + below(40), static_cast<char>(random()));
        break;
      case 2:
        packet.erase(at, 1 + below(12));
        break;
      case 3:
        packet.insert(at, "\xc0" + std::string(1, static_cast<char>(below(packet.size() + 4))));
        break;
      case 4:
        packet += all[below(all.size())].substr(below(30));
        break;
      case 5:
        if (packet.size() > 12) packet[4 + below(8)] = static_cast<char>(below(4));
        break;
      default:
        if (!packet.empty()) packet[at] = static_cast<char>(random());
    }
  }
  return packet;
}

TEST_CASE("no packet, however mangled, does harm, and what is answered is well-formed and fits") {
  const auto all = seeds();
  const Question question = read_query(query(9, "a.test", 1))->question;
  const Reply reply{.ttl = 1, .addresses = std::vector<Ipv4>(100), .authority = "g1.kontena.local"};
  int questions = 0, answers = 0;
  std::string out;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::string packet = mutated(all[seed % all.size()], all, random);
    if (const auto query = read_query(packet)) {
      questions += query->verdict == Rcode::no_error;
      const std::size_t room = room_for(*query, false);
      if (query->verdict != Rcode::no_error) {
        write_reply(*query, {.rcode = query->verdict}, room, out);
      } else {
        write_reply(*query, reply, room, out);
        std::string forwarded;
        write_query(5, *query, true, forwarded);
        CHECK(read_query(forwarded)->verdict == Rcode::no_error);
      }
      CHECK(out.size() <= room);
      read(out);
    }
    if (const auto answer = read_answer(packet, 9, question)) {
      ++answers;
      Query asker = *read_query(dns::query(1, "A.TEST", 1, seed % 2 ? 1232 : 0));
      const std::size_t room = room_for(asker, false);
      write_answer(asker, *answer, seed % 100, room, out);
      CHECK(out.size() <= room);
    }
  }
  CHECK(questions > 300);
  CHECK(answers > 300);
}

}  // namespace
}  // namespace kontena::dns
