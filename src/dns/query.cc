#include <algorithm>

#include "kontena/dns/message.h"
#include "wire.h"

namespace kontena::dns {
namespace {

// Options are passed over, but must fill the record.
bool well_formed_options(Reader& in, std::size_t end) {
  while (in.ok() && in.at() < end) {
    in.skip(2);
    in.skip(in.u16());
  }
  return in.ok() && in.at() == end;
}

// One record after the question; false where the query is odd.
bool read_extra(Reader& in, Query& query) {
  const auto owner = in.name();
  if (!owner) return false;
  const std::uint16_t kind = in.u16();
  const std::uint16_t klass = in.u16();
  const std::uint32_t ttl = in.u32();
  const std::size_t size = in.u16();
  if (!in.ok()) return false;
  if (kind != type::opt) {
    in.skip(size);
    return in.ok();
  }
  if (query.edns || owner->size() != 1) return false;
  query.edns = true;
  query.payload = std::max<std::uint16_t>(klass, plain_udp);
  query.dnssec_ok = (ttl & dnssec_ok) != 0;
  if ((ttl >> 16 & 0xff) != 0) query.verdict = Rcode::bad_version;
  return well_formed_options(in, in.at() + size);
}

Rcode read_rest(Reader& in, Query& query) {
  const std::uint16_t questions = in.u16();
  const std::uint16_t answers = in.u16();
  const std::uint16_t authorities = in.u16();
  const std::uint16_t extras = in.u16();
  if (query.opcode != 0) return Rcode::not_implemented;
  if (questions != 1 || answers != 0 || authorities != 0) return Rcode::format_error;
  auto name = in.name();
  Question question{.type = in.u16(), .klass = in.u16()};
  if (!name || !in.ok()) return Rcode::format_error;
  question.name = text_of(*name);
  question.wire = std::move(*name);
  query.question = std::move(question);
  for (int i = 0; i < extras; ++i) {
    if (!read_extra(in, query)) return Rcode::format_error;
  }
  if (!in.at_end()) return Rcode::format_error;
  if (query.verdict != Rcode::no_error) return query.verdict;
  if (query.question.type == 0 || query.question.type == type::opt) return Rcode::format_error;
  // Transfers, mailboxes and signatures: questions of other protocols.
  const bool meta = query.question.type >= 249 && query.question.type < type::any;
  return meta ? Rcode::not_implemented : Rcode::no_error;
}

}  // namespace

std::optional<Query> read_query(std::string_view packet) {
  if (packet.size() < header_size) return std::nullopt;
  Reader in(packet);
  Query query{.id = in.u16()};
  const std::uint16_t flags = in.u16();
  if (flags & flag::response) return std::nullopt;
  query.opcode = flags >> 11 & 0xf;
  query.recursion_desired = flags & flag::recursion_desired;
  query.authentic_data = flags & flag::authentic_data;
  query.checking_disabled = flags & flag::checking_disabled;
  query.verdict = read_rest(in, query);
  return query;
}

std::size_t room_for(const Query& query, bool tcp) {
  return tcp ? most_tcp : std::min<std::size_t>(query.payload, most_udp);
}

void write_query(std::uint16_t id, const Query& query, bool edns, std::string& out) {
  out.clear();
  put_header(out, id,
             flag::recursion_desired | (query.authentic_data ? flag::authentic_data : 0u) |
                 (query.checking_disabled ? flag::checking_disabled : 0u),
             true);
  out += query.question.wire;
  put16(out, query.question.type);
  put16(out, query.question.klass);
  if (!edns) return;
  set16(out, 10, 1);
  put_opt(out, 0, query.dnssec_ok);
}

}  // namespace kontena::dns
