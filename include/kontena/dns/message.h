#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/ipv4.h"
#include "kontena/base/ipv6.h"

// DNS messages (RFC 1035, EDNS0 of RFC 6891): bytes to values and back. Pure, and
// safe with any bytes.
namespace kontena::dns {

// Of the many only those that we say something of.
namespace type {
inline constexpr std::uint16_t a = 1, soa = 6, ptr = 12, aaaa = 28, opt = 41, tsig = 250, any = 255;
}
inline constexpr std::uint16_t class_in = 1;

enum class Rcode : std::uint8_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  no_such_name = 3,
  not_implemented = 4,
  refused = 5,
  bad_version = 16,  // of EDNS; its high bits are in the OPT record
};

inline constexpr std::size_t header_size = 12;
inline constexpr std::size_t plain_udp = 512;  // what who says nothing of EDNS takes
inline constexpr std::size_t most_udp = 1232;  // what passes every path in one packet
inline constexpr std::size_t most_tcp = 65535;

struct Question {
  std::string wire;  // the name as it was asked: labels with their lengths, and the root's 0
  std::string name;  // as text: lower case, no dot at the end; what is not [!-~] or is a dot in a label as \DDD
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
};

struct Query {
  std::uint16_t id = 0;
  std::uint8_t opcode = 0;
  bool recursion_desired = false;
  bool authentic_data = false;     // asked for with AD (RFC 6840) …
  bool checking_disabled = false;  // … and CD
  bool edns = false;
  bool dnssec_ok = false;
  std::uint16_t payload = plain_udp;  // what the asker takes by UDP
  Question question;                  // its wire is empty where it could not be read
  Rcode verdict = Rcode::no_error;    // anything else: this is the answer, whatever is asked
};

// None where no answer is due: too short for a header, or itself an answer.
std::optional<Query> read_query(std::string_view packet);

// How long an answer may be.
std::size_t room_for(const Query&, bool tcp);

// An answer of our own.
struct Reply {
  Rcode rcode = Rcode::no_error;
  bool authoritative = false;
  std::uint32_t ttl = 0;
  std::vector<Ipv4> addresses;  // A records
  std::vector<Ipv6> addresses6 = {};  // AAAA records
  std::string pointer;          // a PTR record's name; empty: none
  std::string authority;        // the name of a SOA record, for a negative answer; empty: none
  bool asks_authority = false;  // that SOA is the answer itself
};

// Where the records do not fit, as many as do, and TC: old resolvers without TCP
// take what there is.
void write_reply(const Query&, const Reply&, std::size_t room, std::string& out);

// An answer of another server, to be passed on.
struct Answer {
  struct Record {
    std::uint16_t ttl_at;  // offset in `bytes`
    std::uint16_t end;
    std::uint32_t ttl;
  };
  std::string bytes;  // without the OPT record, which is between two neighbours only
  std::vector<Record> records;
  std::uint16_t answers = 0;   // how many of them are the answer section
  std::uint32_t lifetime = 0;  // seconds that it may be kept: the least TTL, or RFC 2308's; 0: not at all
  Rcode rcode = Rcode::no_error;
  bool truncated = false;
  bool edns = false;
};

// None where it is no well-formed answer to this. An error without a question is one.
std::optional<Answer> read_answer(std::string_view packet, std::uint16_t id, const Question&);

// To another who asks the same, `age` seconds later.
void write_answer(const Query&, const Answer&, std::uint32_t age, std::size_t room, std::string& out);

// The same question asked of another server, with EDNS or without.
void write_query(std::uint16_t id, const Query&, bool edns, std::string& out);

// Labels with lengths, from text as in Question::name. None where that is not a name: a label
// of 0 or more than 63 bytes, more than 255 in all.
std::optional<std::string> wire_name(std::string_view text);

}  // namespace kontena::dns
