// The addresses of links.h.
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "links_state.h"

namespace kontena::netlink {
namespace {

std::string text_of(const Address& address) { return to_text(address.address) + "/" + std::to_string(address.bits); }

Result<Message> about_address(std::uint16_t type, std::uint16_t flags, int link, const Address& address) {
  if (link <= 0 || address.bits < 0 || address.bits > 32)
    return Error{Code::invalid_argument, text_of(address) + " cannot be an address of link " + std::to_string(link)};
  ifaddrmsg fixed{};
  fixed.ifa_family = AF_INET;
  fixed.ifa_prefixlen = static_cast<std::uint8_t>(address.bits);
  fixed.ifa_index = static_cast<std::uint32_t>(link);
  Message message(type, flags);
  message.fixed(fixed).put_ipv4(IFA_LOCAL, address.address.value).put_ipv4(IFA_ADDRESS, address.address.value);
  return message;
}

}  // namespace

Result<std::vector<Address>> Links::addresses(int link) {
  ifaddrmsg fixed{};
  fixed.ifa_family = AF_INET;
  fixed.ifa_index = static_cast<std::uint32_t>(link);
  Message message(RTM_GETADDR, 0);
  message.fixed(fixed);
  auto payloads = state_->socket.dump(std::move(message));
  if (!payloads) return std::move(payloads).error().in("listing the addresses of link " + std::to_string(link));
  std::vector<Address> addresses;
  for (std::string_view payload : *payloads) {
    const auto head = take_fixed<ifaddrmsg>(payload);
    if (head.ifa_family != AF_INET || head.ifa_index != static_cast<std::uint32_t>(link)) continue;
    for (const Attribute& attribute : attributes(payload))
      if (attribute.type == IFA_LOCAL) addresses.push_back({{attribute.ipv4().value_or(0)}, head.ifa_prefixlen});
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

Status Links::add_address(int link, const Address& address) {
  KTN_TRY(auto message, about_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, link, address));
  auto status = state_->socket.change(std::move(message));
  if (!status) return std::move(status).error().in("adding the address " + text_of(address));
  return Done{};
}

Status Links::remove_address(int link, const Address& address) {
  KTN_TRY(auto message, about_address(RTM_DELADDR, 0, link, address));
  auto status = state_->socket.change(std::move(message));
  if (!status) return std::move(status).error().in("removing the address " + text_of(address));
  return Done{};
}

}  // namespace kontena::netlink
