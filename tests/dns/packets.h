#pragma once

#include <string>
#include <string_view>

#include "kontena/dns/message.h"

// Messages as the other end writes them.
namespace kontena::dns {

inline std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

inline std::string u32(std::uint32_t value) { return u16(value >> 16) + u16(value & 0xffff); }

inline std::string header(unsigned id, unsigned flags, unsigned questions, unsigned answers = 0,
                          unsigned authorities = 0, unsigned extras = 0) {
  return u16(id) + u16(flags) + u16(questions) + u16(answers) + u16(authorities) + u16(extras);
}

inline std::string question(std::string_view name, unsigned kind, unsigned klass = class_in) {
  return wire_name(name).value() + u16(kind) + u16(klass);
}

inline std::string opt(unsigned payload, std::string options = {}, std::uint32_t ttl = 0) {
  return std::string(1, '\0') + u16(type::opt) + u16(payload) + u32(ttl) + u16(static_cast<unsigned>(options.size())) +
         options;
}

inline std::string query(unsigned id, std::string_view name, unsigned kind, unsigned payload = 0) {
  return header(id, 0x0100, 1, 0, 0, payload ? 1 : 0) + question(name, kind) + (payload ? opt(payload) : "");
}

inline const std::string to_name = "\xc0\x0c";

inline std::string record(std::string_view owner, unsigned kind, std::uint32_t ttl, std::string_view rdata) {
  return std::string(owner) + u16(kind) + u16(class_in) + u32(ttl) + u16(static_cast<unsigned>(rdata.size())) +
         std::string(rdata);
}

inline std::string soa_data(std::uint32_t minimum) {
  return wire_name("ns.test").value() + wire_name("admin.test").value() + u32(1) + u32(2) + u32(3) + u32(4) +
         u32(minimum);
}

// What was answered, for comparing.
struct Read {
  unsigned id = 0, rcode = 0;
  bool truncated = false, authoritative = false, edns = false;
  std::string name;                    // of the question, case kept
  std::vector<std::string> addresses;  // of the answer section
  std::vector<std::uint32_t> ttls;
  std::string pointer;
  unsigned answers = 0, authorities = 0;
};

}  // namespace kontena::dns
