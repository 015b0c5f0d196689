#include "kontena/netlink/links.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "fault.h"
#include "links_state.h"

namespace kontena::netlink {
namespace {

Link link_in(std::string_view payload) {
  const auto fixed = take_fixed<ifinfomsg>(payload);
  Link link;
  link.index = fixed.ifi_index;
  link.up = fixed.ifi_flags & IFF_UP;
  for (const Attribute& attribute : attributes(payload)) switch (attribute.type) {
      case IFLA_IFNAME:
        link.name = attribute.text();
        break;
      case IFLA_MTU:
        link.mtu = attribute.number<int>().value_or(0);
        break;
      case IFLA_MASTER:
        link.master = attribute.number<int>().value_or(0);
        break;
      case IFLA_LINKINFO:
        for (const Attribute& about : attributes(attribute.value))
          if (about.type == IFLA_INFO_KIND) link.kind = about.text();
        break;
      default:
        break;
    }
  return link;
}

Result<Message> about_link(std::uint16_t type, std::uint16_t flags, const std::string& name, bool up = false) {
  if (!is_link_name(name)) return Error{Code::invalid_argument, "'" + name + "' is not a name of a link"};
  ifinfomsg fixed{};
  fixed.ifi_family = AF_UNSPEC;
  if (up) fixed.ifi_flags = fixed.ifi_change = IFF_UP;
  Message message(type, flags);
  message.fixed(fixed).put_text(IFLA_IFNAME, name);
  return message;
}

Status in(Status status, const char* doing, const std::string& name) {
  if (status) return status;
  return std::move(status).error().in(std::string(doing) + " '" + name + "'");
}

}  // namespace

bool is_link_name(std::string_view name) {
  if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == "..") return false;
  for (const char c : name)
    if (c == '/' || c == ':' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f') return false;
  return true;
}

Links::Links(std::unique_ptr<State> state) : state_(std::move(state)) {}
Links::Links(Links&&) noexcept = default;
Links& Links::operator=(Links&&) noexcept = default;
Links::~Links() = default;

Result<Links> Links::open() {
  KTN_TRY(auto socket, Socket::open(NETLINK_ROUTE));
  return Links(std::make_unique<State>(State{std::move(socket)}));
}

Result<std::vector<Link>> Links::list() {
  Message message(RTM_GETLINK, 0);
  message.fixed(ifinfomsg{});
  auto payloads = state_->socket.dump(std::move(message));
  if (!payloads) return std::move(payloads).error().in("listing the links");
  std::vector<Link> links;
  for (const std::string& payload : *payloads) links.push_back(link_in(payload));
  return links;
}

Result<Link> Links::find(const std::string& name) {
  KTN_TRY(auto message, about_link(RTM_GETLINK, 0, name));
  auto answer = state_->socket.ask(std::move(message));
  if (!answer) return std::move(answer).error().in("looking for the link '" + name + "'");
  return link_in(*answer);
}

Result<Link> Links::create_wireguard(const std::string& name) {
  KTN_TRY(auto message, about_link(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, name));
  const auto nest = message.open(IFLA_LINKINFO);
  message.put_text(IFLA_INFO_KIND, "wireguard");
  message.close(nest);
  KTN_OK(in(state_->socket.change(std::move(message)), "making the WireGuard link", name));
  return find(name);
}

Status Links::remove(const std::string& name) {
  KTN_TRY(auto message, about_link(RTM_DELLINK, 0, name));
  return in(state_->socket.change(std::move(message)), "removing the link", name);
}

Status Links::set_mtu(const std::string& name, int mtu) {
  if (mtu < 68 || mtu > 65536) return Error{Code::invalid_argument, "an MTU of " + std::to_string(mtu) + " cannot be"};
  KTN_TRY(auto message, about_link(RTM_SETLINK, 0, name));
  message.put_u32(IFLA_MTU, static_cast<std::uint32_t>(mtu));
  return in(state_->socket.change(std::move(message)), "setting the MTU of", name);
}

Status Links::set_up(const std::string& name) {
  KTN_TRY(auto message, about_link(RTM_SETLINK, 0, name, true));
  return in(state_->socket.change(std::move(message)), "setting up the link", name);
}

}  // namespace kontena::netlink
