#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Numbers and names in a message.
namespace kontena::dns {

// Reads on, and never past the end: after a failure everything is 0.
class Reader {
 public:
  explicit Reader(std::string_view packet) : packet_(packet) {}

  std::uint8_t u8() { return take(1) ? static_cast<std::uint8_t>(packet_[at_ - 1]) : 0; }
  std::uint16_t u16() {
    if (!take(2)) return 0;
    return static_cast<std::uint16_t>(byte(at_ - 2) << 8 | byte(at_ - 1));
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  void skip(std::size_t count) { take(count); }
  void seek(std::size_t at) { at_ = at; }

  // Labels with lengths, pointers followed. Pointers lead before where the name they are in
  // began, each further, so no name is walked for ever.
  std::optional<std::string> name();

  std::size_t at() const { return at_; }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == packet_.size(); }

 private:
  std::uint8_t byte(std::size_t at) const { return static_cast<std::uint8_t>(packet_[at]); }
  bool take(std::size_t count) {
    if (!ok_ || count > packet_.size() - at_) return ok_ = false;
    at_ += count;
    return true;
  }

  std::string_view packet_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

inline void put16(std::string& out, std::uint32_t value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

inline void put32(std::string& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

inline void set16(std::string& out, std::size_t at, std::uint32_t value) {
  out[at] = static_cast<char>(value >> 8 & 0xff);
  out[at + 1] = static_cast<char>(value & 0xff);
}

inline void set32(std::string& out, std::size_t at, std::uint32_t value) {
  set16(out, at, value >> 16);
  set16(out, at + 2, value & 0xffff);
}

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// A length is at most 63, below every letter, so whole names compare as their labels do.
bool same_name(std::string_view wire, std::string_view other);

std::string text_of(std::string_view wire);

// The flags of the second word of a header.
namespace flag {
inline constexpr std::uint16_t response = 0x8000, authoritative = 0x0400, truncated = 0x0200,
                               recursion_desired = 0x0100, recursion_available = 0x0080, authentic_data = 0x0020,
                               checking_disabled = 0x0010;
}
inline constexpr std::uint32_t dnssec_ok = 0x8000;  // among the flags of an OPT record
inline constexpr std::size_t opt_size = 11;

// ID, flags and four counts; the question where it has one.
void put_header(std::string& out, std::uint16_t id, std::uint32_t flags, bool question);
void put_opt(std::string& out, std::uint32_t rcode, bool dnssec);

}  // namespace kontena::dns
