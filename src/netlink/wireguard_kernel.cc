// The WireGuard of the kernel, over generic netlink.
#include <linux/genetlink.h>
#include <linux/wireguard.h>

#include "fault.h"
#include "kontena/netlink/links.h"
#include "kontena/netlink/wireguard.h"
#include "setting.h"
#include "socket.h"
#include "wireguard_message.h"

namespace kontena::netlink {
namespace {

// The number under which this kernel has the family; asking for it loads the module.
Result<std::uint16_t> family_of(Socket& socket) {
  genlmsghdr fixed{};
  fixed.cmd = CTRL_CMD_GETFAMILY;
  fixed.version = 1;
  Message message(GENL_ID_CTRL, 0);
  message.fixed(fixed).put_text(CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
  auto answer = socket.ask(std::move(message));
  if (!answer && answer.error().code == Code::not_found)
    return Error{Code::unsupported, "this kernel has no WireGuard", "load its module (modprobe wireguard)"};
  if (!answer) return std::move(answer).error().in("looking for WireGuard in the kernel");
  std::string_view payload = *answer;
  take_fixed<genlmsghdr>(payload);
  for (const Attribute& attribute : attributes(payload))
    if (attribute.type == CTRL_ATTR_FAMILY_ID) return attribute.number<std::uint16_t>().value_or(0);
  return Error{Code::internal, "the kernel does not say the number of WireGuard's family"};
}

class KernelWireGuard final : public WireGuard {
 public:
  KernelWireGuard(IdSource& ids, Socket socket, std::uint16_t family)
      : ids_(ids), socket_(std::move(socket)), family_(family) {}

  Result<Device> read(const std::string& name) override {
    if (!is_link_name(name)) return Error{Code::invalid_argument, "'" + name + "' is not a name of a link"};
    auto payloads = socket_.dump(device_question(family_, name));
    if (!payloads) return std::move(payloads).error().in("reading the WireGuard device '" + name + "'");
    return device_in(*payloads);
  }

  Status apply(const std::string& name, const Change& change) override {
    KTN_OK(check(change));
    std::optional<Device> now;
    if (needs_present_state(change)) {
      KTN_TRY(now, read(name));
    }
    if (!is_link_name(name)) return Error{Code::invalid_argument, "'" + name + "' is not a name of a link"};
    const Setting setting = setting_for(change, now ? &*now : nullptr, ids_.bytes(32));
    KTN_TRY(auto errors, socket_.change_all(setting_messages(family_, name, setting)));
    for (auto& error : errors)
      if (error) return (*std::move(error)).in("setting the WireGuard device '" + name + "'");
    return Done{};
  }

 private:
  IdSource& ids_;
  Socket socket_;
  std::uint16_t family_;
};

}  // namespace

Result<std::unique_ptr<WireGuard>> open_kernel_wireguard(IdSource& ids) {
  KTN_TRY(auto socket, Socket::open(NETLINK_GENERIC));
  KTN_TRY(const auto family, family_of(socket));
  return std::unique_ptr<WireGuard>(std::make_unique<KernelWireGuard>(ids, std::move(socket), family));
}

}  // namespace kontena::netlink
