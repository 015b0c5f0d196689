#include <algorithm>

#include "kontena/dns/message.h"
#include "wire.h"

namespace kontena::dns {
namespace {

struct Counts {
  std::uint16_t questions, answers, authorities, extras;
};

// What is known of the records while they are read.
struct Walk {
  Answer& answer;
  std::optional<std::uint32_t> least;     // TTL of the answer and authority sections
  std::optional<std::uint32_t> negative;  // how long a "no" may be kept, by the SOA
  bool has_answer = false;                // to the question itself, not only a CNAME on the way
};

// RFC 2181: with the top bit set it is 0.
std::uint32_t sane(std::uint32_t ttl) { return ttl > 0x7fffffff ? 0 : ttl; }

// The last number of a SOA's data, behind two names.
std::optional<std::uint32_t> soa_minimum(Reader in, std::size_t end) {
  if (!in.name() || !in.name()) return std::nullopt;
  in.skip(16);
  const std::uint32_t minimum = in.u32();
  return in.ok() && in.at() == end ? std::optional(sane(minimum)) : std::nullopt;
}

enum class Section { answer, authority, extra };

// False where the message is malformed.
bool read_record(Reader& in, Section section, const Question& question, Walk& walk, std::uint16_t& kind) {
  if (!in.name()) return false;
  kind = in.u16();
  in.skip(2);
  const std::size_t ttl_at = in.at();
  const std::uint32_t ttl = sane(in.u32());
  const std::size_t size = in.u16();
  const std::size_t end = in.at() + size;
  const Reader data = in;
  in.skip(size);
  if (!in.ok() || end > most_tcp) return false;
  if (kind == type::opt) return section == Section::extra;
  walk.answer.records.push_back(
      {static_cast<std::uint16_t>(ttl_at), static_cast<std::uint16_t>(end), static_cast<std::uint32_t>(ttl)});
  walk.least = std::min(ttl, walk.least.value_or(ttl));
  if (section == Section::answer && (kind == question.type || question.type == type::any)) walk.has_answer = true;
  if (section == Section::authority && kind == type::soa) {
    if (const auto minimum = soa_minimum(data, end)) walk.negative = std::min(ttl, *minimum);
  }
  return true;
}

bool read_records(Reader& in, const Counts& counts, const Question& question, Walk& walk) {
  std::uint16_t kind = 0;
  for (int i = 0; i < counts.answers; ++i) {
    if (!read_record(in, Section::answer, question, walk, kind)) return false;
  }
  for (int i = 0; i < counts.authorities; ++i) {
    if (!read_record(in, Section::authority, question, walk, kind)) return false;
  }
  const std::size_t extras_at = in.at();
  const std::size_t before = walk.answer.records.size();
  std::size_t keep = extras_at;
  bool dropped = false;
  for (int i = 0; i < counts.extras; ++i) {
    const std::size_t at = in.at();
    if (!read_record(in, Section::extra, question, walk, kind)) return false;
    if (kind == type::opt) {
      if (walk.answer.edns) return false;
      walk.answer.edns = true;
      keep = at;
      dropped = i + 1 < counts.extras;  // others behind it may point past it
    }
  }
  if (!in.at_end()) return false;
  if (!walk.answer.edns) keep = in.at();
  if (dropped) {
    keep = extras_at;
    walk.answer.records.resize(before);
  }
  walk.answer.bytes.resize(keep);
  set16(walk.answer.bytes, 10, static_cast<std::uint32_t>(walk.answer.records.size() - before));
  return true;
}

std::uint32_t lifetime(const Walk& walk) {
  if (walk.answer.truncated) return 0;
  const bool positive = walk.answer.rcode == Rcode::no_error && walk.has_answer;
  if (positive) return walk.least.value_or(0);
  const bool negative = walk.answer.rcode == Rcode::no_error || walk.answer.rcode == Rcode::no_such_name;
  return negative && walk.negative ? std::min(*walk.negative, walk.least.value_or(0)) : 0;
}

}  // namespace

std::optional<Answer> read_answer(std::string_view packet, std::uint16_t id, const Question& question) {
  if (packet.size() < header_size || packet.size() > most_tcp) return std::nullopt;
  Reader in(packet);
  if (in.u16() != id) return std::nullopt;
  const std::uint16_t flags = in.u16();
  if (!(flags & flag::response) || (flags >> 11 & 0xf) != 0) return std::nullopt;
  const Counts counts{.questions = in.u16(), .answers = in.u16(), .authorities = in.u16(), .extras = in.u16()};
  Answer answer{.rcode = static_cast<Rcode>(flags & 0xf), .truncated = (flags & flag::truncated) != 0};
  if (counts.questions == 0) {  // so some say that they do not know EDNS
    if (answer.rcode != Rcode::no_error && packet.size() == header_size) return answer;
    return std::nullopt;
  }
  if (counts.questions != 1) return std::nullopt;
  // In full: the case that the asker wrote is put in its place.
  const std::string_view name = packet.substr(header_size, question.wire.size());
  if (!same_name(name, question.wire)) return std::nullopt;
  in.seek(header_size + name.size());
  if (in.u16() != question.type || in.u16() != question.klass || !in.ok()) return std::nullopt;
  answer.bytes = packet;
  answer.answers = counts.answers;
  Walk walk{.answer = answer};
  if (!read_records(in, counts, question, walk)) {
    // Some servers cut a packet that is too long within a record.
    if (!answer.truncated) return std::nullopt;
    answer.bytes.clear();
    answer.records.clear();
    answer.answers = 0;
    return answer;
  }
  answer.lifetime = lifetime(walk);
  return answer;
}

void write_answer(const Query& query, const Answer& answer, std::uint32_t age, std::size_t room, std::string& out) {
  const std::size_t own = query.edns ? opt_size : 0;
  const std::size_t question_end = header_size + query.question.wire.size() + 4;
  if (answer.bytes.size() < question_end) {
    write_reply(query, {.rcode = answer.rcode}, room, out);
    if (answer.truncated) out[2] = static_cast<char>(out[2] | flag::truncated >> 8);
    return;
  }
  out = answer.bytes;
  set16(out, 0, query.id);
  const auto upstream = static_cast<std::uint32_t>(static_cast<std::uint8_t>(out[3]));
  const bool authentic = (query.dnssec_ok || query.authentic_data) && (upstream & flag::authentic_data);
  std::uint32_t flags = flag::response | flag::recursion_available |
                        (query.recursion_desired ? flag::recursion_desired : 0u) |
                        (authentic ? flag::authentic_data : 0u) |
                        (query.checking_disabled ? flag::checking_disabled : 0u) | (upstream & 0xf);
  out.replace(header_size, query.question.wire.size(), query.question.wire);
  for (const Answer::Record& record : answer.records) set32(out, record.ttl_at, record.ttl - std::min(record.ttl, age));
  bool truncated = answer.truncated;
  if (out.size() + own > room) {
    truncated = true;
    std::size_t end = question_end;
    std::uint16_t fit = 0;
    for (; fit < answer.answers && answer.records[fit].end + own <= room; ++fit) end = answer.records[fit].end;
    out.resize(end);
    set16(out, 6, fit);
    set32(out, 8, 0);
  }
  set16(out, 2, flags | (truncated ? flag::truncated : 0u));
  if (query.edns) {
    set16(
        out, 10,
        (static_cast<std::uint32_t>(static_cast<std::uint8_t>(out[10])) << 8 | static_cast<std::uint8_t>(out[11])) + 1);
    put_opt(out, 0, query.dnssec_ok);
  }
}

}  // namespace kontena::dns
