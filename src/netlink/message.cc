#include "message.h"

#include <arpa/inet.h>
#include <linux/netlink.h>

#include "kontena/base/panic.h"

namespace kontena::netlink {

Message::Message(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = flags;
  fixed(header);
}

Message& Message::append(std::string_view part) {
  bytes_.append(part);
  bytes_.resize((bytes_.size() + 3) & ~std::size_t{3}, '\0');
  return *this;
}

Message& Message::put(std::uint16_t type, std::string_view value) {
  nlattr header{};
  header.nla_type = type;
  header.nla_len = static_cast<std::uint16_t>(sizeof header + value.size());
  KTN_ASSERT(sizeof header + value.size() <= UINT16_MAX, "an attribute is at most 64 KB");
  return fixed(header).append(value);
}

Message& Message::put_text(std::uint16_t type, std::string_view text) { return put(type, std::string(text) + '\0'); }

Message& Message::put_u8(std::uint16_t type, std::uint8_t value) {
  return put(type, std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

Message& Message::put_u16(std::uint16_t type, std::uint16_t value) {
  return put(type, std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

Message& Message::put_u32(std::uint16_t type, std::uint32_t value) {
  return put(type, std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

Message& Message::put_ipv4(std::uint16_t type, std::uint32_t address) { return put_u32(type, ::htonl(address)); }

std::size_t Message::open(std::uint16_t type) {
  const std::size_t at = bytes_.size();
  put(type | NLA_F_NESTED, {});
  return at;
}

void Message::close(std::size_t opened) {
  const std::size_t size = bytes_.size() - opened;
  KTN_ASSERT(size <= UINT16_MAX, "a nest of attributes is at most 64 KB");
  const auto length = static_cast<std::uint16_t>(size);
  std::memcpy(bytes_.data() + opened + offsetof(nlattr, nla_len), &length, sizeof length);
}

void Message::add_flags(std::uint16_t more) {
  std::uint16_t flags = 0;
  std::memcpy(&flags, bytes_.data() + offsetof(nlmsghdr, nlmsg_flags), sizeof flags);
  flags |= more;
  std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_flags), &flags, sizeof flags);
}

std::string Message::bytes(std::uint32_t sequence) const {
  std::string whole = bytes_;
  const auto length = static_cast<std::uint32_t>(whole.size());
  std::memcpy(whole.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
  std::memcpy(whole.data() + offsetof(nlmsghdr, nlmsg_seq), &sequence, sizeof sequence);
  return whole;
}

std::optional<std::uint32_t> Attribute::ipv4() const {
  const auto wire = number<std::uint32_t>();
  if (!wire) return std::nullopt;
  return ::ntohl(*wire);
}

std::vector<Attribute> attributes(std::string_view bytes) {
  std::vector<Attribute> found;
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size()) break;
    found.push_back({static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK),
                     bytes.substr(sizeof header, header.nla_len - sizeof header)});
    const std::size_t next = (std::size_t{header.nla_len} + 3) & ~std::size_t{3};
    bytes.remove_prefix(next < bytes.size() ? next : bytes.size());
  }
  return found;
}

}  // namespace kontena::netlink
