#include <algorithm>

#include "kontena/dns/message.h"
#include "wire.h"

namespace kontena::dns {
namespace {

constexpr std::uint16_t to_question = 0xc000 | header_size;  // a pointer to the name that was asked
constexpr std::size_t address_size = 16, address6_size = 28;  // of an A or AAAA record whose owner is a pointer

void put_owner_and_type(std::string& out, std::uint16_t kind, std::uint32_t ttl) {
  put16(out, kind);
  put16(out, class_in);
  put32(out, ttl);
}

// A pointer into the question where the name is its end, otherwise in full.
void put_name(std::string& out, const Question& question, const std::string& wire) {
  const std::size_t skip = question.wire.size() - std::min(question.wire.size(), wire.size());
  // Only where a label begins; "x\3web…" has the bytes of "web…" within a label.
  std::size_t at = 0;
  while (at < skip) at += static_cast<std::uint8_t>(question.wire[at]) + 1u;
  if (wire.size() > 1 && at == skip && same_name(std::string_view(question.wire).substr(at), wire)) {
    put16(out, 0xc000 | static_cast<std::uint32_t>(header_size + at));
  } else {
    out += wire;
  }
}

bool put_pointer(std::string& out, const std::string& target, std::uint32_t ttl) {
  const auto wire = wire_name(target);
  if (!wire) return false;
  put16(out, to_question);
  put_owner_and_type(out, type::ptr, ttl);
  put16(out, static_cast<std::uint32_t>(wire->size()));
  out += *wire;
  return true;
}

// Nobody transfers the zone, so of the numbers only the last counts: how long a "no" may be kept.
bool put_authority(std::string& out, const Question& question, const std::string& zone, std::uint32_t ttl) {
  const auto wire = wire_name(zone);
  if (!wire) return false;
  put_name(out, question, *wire);
  put_owner_and_type(out, type::soa, ttl);
  const std::size_t size_at = out.size();
  put16(out, 0);
  for (const std::string_view label : {"dns", "hostmaster"}) {
    out += static_cast<char>(label.size());
    out += label;
    put_name(out, question, *wire);
  }
  for (const std::uint32_t number : {1u, 3600u, 600u, 86400u, ttl}) put32(out, number);
  set16(out, size_at, static_cast<std::uint32_t>(out.size() - size_at - 2));
  return true;
}

}  // namespace

void write_reply(const Query& query, const Reply& reply, std::size_t room, std::string& out) {
  out.clear();
  const bool asked = !query.question.wire.empty();
  const auto rcode = static_cast<std::uint32_t>(reply.rcode);
  put_header(out, query.id,
             flag::response | flag::recursion_available | static_cast<std::uint32_t>(query.opcode << 11) |
                 (reply.authoritative ? flag::authoritative : 0u) |
                 (query.recursion_desired ? flag::recursion_desired : 0u) |
                 (query.checking_disabled ? flag::checking_disabled : 0u) | (rcode & 0xf),
             asked);
  if (asked) {
    out += query.question.wire;
    put16(out, query.question.type);
    put16(out, query.question.klass);
  }
  const std::size_t own = query.edns ? opt_size : 0;
  const std::size_t free = room - std::min(room, out.size() + own);
  const std::size_t fit = std::min(reply.addresses.size(), free / address_size);
  for (std::size_t i = 0; i < fit; ++i) {
    put16(out, to_question);
    put_owner_and_type(out, type::a, reply.ttl);
    put16(out, 4);
    put32(out, reply.addresses[i].value);
  }
  const std::size_t fit6 = std::min(reply.addresses6.size(), (free - fit * address_size) / address6_size);
  for (std::size_t i = 0; i < fit6; ++i) {
    put16(out, to_question);
    put_owner_and_type(out, type::aaaa, reply.ttl);
    put16(out, 16);
    out += bytes_of(reply.addresses6[i]);
  }
  const std::size_t written = fit + fit6;
  std::size_t answers = written;
  std::size_t authorities = 0;
  const std::size_t before = out.size();
  if (!reply.pointer.empty()) answers += put_pointer(out, reply.pointer, reply.ttl);
  if (!reply.authority.empty())
    (reply.asks_authority ? answers : authorities) += put_authority(out, query.question, reply.authority, reply.ttl);
  bool truncated = written < reply.addresses.size() + reply.addresses6.size() && room < most_tcp;  // by TCP there is no more room to be had
  if (out.size() + own > room) {
    out.resize(before);
    answers = written;
    authorities = 0;
    truncated = true;
  }
  if (truncated) out[2] = static_cast<char>(out[2] | flag::truncated >> 8);
  set16(out, 6, static_cast<std::uint32_t>(answers));
  set16(out, 8, static_cast<std::uint32_t>(authorities));
  if (query.edns) {
    set16(out, 10, 1);
    put_opt(out, rcode, query.dnssec_ok);
  }
}

}  // namespace kontena::dns
