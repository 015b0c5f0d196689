#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::netlink {

// One netlink message that is being written: its header, the fixed part of its
// family, attributes. Numbers are in the machine's order unless said otherwise.
class Message {
 public:
  Message(std::uint16_t type, std::uint16_t flags);

  template <class Struct>
  Message& fixed(const Struct& part) {
    return append(std::string_view(reinterpret_cast<const char*>(&part), sizeof part));
  }
  Message& put(std::uint16_t type, std::string_view value);
  Message& put_text(std::uint16_t type, std::string_view text);  // with a 0 at its end
  Message& put_u8(std::uint16_t type, std::uint8_t value);
  Message& put_u16(std::uint16_t type, std::uint16_t value);
  Message& put_u32(std::uint16_t type, std::uint32_t value);
  // Of host order, to the order of the wire.
  Message& put_ipv4(std::uint16_t type, std::uint32_t address);

  // What is put between the two is inside the attribute. A nest is at most 64 KB.
  std::size_t open(std::uint16_t type);
  void close(std::size_t opened);

  std::size_t size() const { return bytes_.size(); }
  void add_flags(std::uint16_t);
  // The whole, to be sent.
  std::string bytes(std::uint32_t sequence) const;

 private:
  Message& append(std::string_view);
  std::string bytes_;
};

struct Attribute {
  std::uint16_t type = 0;
  std::string_view value;

  // None where it is too short.
  template <class Number>
  std::optional<Number> number() const {
    if (value.size() < sizeof(Number)) return std::nullopt;
    Number number;
    std::memcpy(&number, value.data(), sizeof number);
    return number;
  }
  std::string_view text() const { return value.substr(0, value.find('\0')); }
  std::optional<std::uint32_t> ipv4() const;  // to host order
};

// The attributes in a row; what is malformed ends it.
std::vector<Attribute> attributes(std::string_view bytes);

// The fixed part at the head of `bytes`, which it takes off; all 0 where they are too few.
template <class Struct>
Struct take_fixed(std::string_view& bytes) {
  Struct part{};
  if (bytes.size() >= sizeof part) std::memcpy(&part, bytes.data(), sizeof part);
  const std::size_t aligned = (sizeof part + 3) & ~std::size_t{3};
  bytes.remove_prefix(aligned < bytes.size() ? aligned : bytes.size());
  return part;
}

}  // namespace kontena::netlink
