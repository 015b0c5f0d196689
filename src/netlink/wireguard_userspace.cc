// The WireGuard of a process of its own, and the choice between it and the kernel's.
#include "kontena/netlink/links.h"
#include "kontena/netlink/userspace.h"
#include "kontena/netlink/wireguard.h"
#include "uapi.h"

namespace kontena::netlink {
namespace {

class UserspaceWireGuard final : public WireGuard {
 public:
  UserspaceWireGuard(IdSource& ids, std::string sockets) : ids_(ids), sockets_(std::move(sockets)) {}

  Result<Device> read(const std::string& name) override {
    KTN_TRY(const auto answer, exchange(name, "get=1\n\n", "reading"));
    auto device = uapi::device_in(answer);
    if (!device) return std::move(device).error().in("reading the WireGuard device '" + name + "'");
    device->name = name;
    return device;
  }

  Status apply(const std::string& name, const Change& change) override {
    KTN_OK(check(change));
    std::optional<Device> now;
    if (needs_present_state(change)) {
      KTN_TRY(now, read(name));
    }
    const Setting setting = setting_for(change, now ? &*now : nullptr, ids_.bytes(32));
    KTN_TRY(const auto answer, exchange(name, uapi::setting_text(setting), "setting"));
    auto status = uapi::status_in(answer);
    if (!status) return std::move(status).error().in("setting the WireGuard device '" + name + "'");
    return Done{};
  }

 private:
  Result<std::string> exchange(const std::string& name, const std::string& request, const char* doing) {
    if (!is_link_name(name)) return Error{Code::invalid_argument, "'" + name + "' is not a name of a link"};
    auto answer = uapi::exchange(uapi::socket_path(sockets_, name), request);
    if (!answer) return std::move(answer).error().in(std::string(doing) + " the WireGuard device '" + name + "'");
    return answer;
  }

  IdSource& ids_;
  std::string sockets_;
};

// Asks anew for each call, since a device may be made anew in the other way.
class EitherWireGuard final : public WireGuard {
 public:
  explicit EitherWireGuard(IdSource& ids) : ids_(ids), process_(ids, wireguard_sockets) {}

  Result<Device> read(const std::string& name) override {
    KTN_TRY(auto* device, of(name));
    return device->read(name);
  }

  Status apply(const std::string& name, const Change& change) override {
    KTN_TRY(auto* device, of(name));
    return device->apply(name, change);
  }

 private:
  Result<WireGuard*> of(const std::string& name) {
    if (!is_link_name(name)) return Error{Code::invalid_argument, "'" + name + "' is not a name of a link"};
    auto socket = uapi::connect(uapi::socket_path(wireguard_sockets, name));
    if (socket) return static_cast<WireGuard*>(&process_);
    if (!kernel_) {
      auto kernel = open_kernel_wireguard(ids_);
      // Without WireGuard in the kernel there is no such device but that of a process.
      if (!kernel && kernel.error().code == Code::unsupported) return std::move(socket).error();
      if (!kernel) return std::move(kernel).error();
      kernel_ = *std::move(kernel);
    }
    return kernel_.get();
  }

  IdSource& ids_;
  UserspaceWireGuard process_;
  std::unique_ptr<WireGuard> kernel_;
};

}  // namespace

std::unique_ptr<WireGuard> open_userspace_wireguard(IdSource& ids, std::string sockets) {
  return std::make_unique<UserspaceWireGuard>(ids, std::move(sockets));
}

std::unique_ptr<WireGuard> open_wireguard(IdSource& ids) { return std::make_unique<EitherWireGuard>(ids); }

}  // namespace kontena::netlink
