#include "kontena/netlink/userspace.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "fault.h"
#include "kontena/netlink/links.h"
#include "run.h"
#include "uapi.h"

namespace kontena::netlink {
namespace {

std::string path_of(const std::string& device) { return uapi::socket_path(wireguard_sockets, device); }

// Looks ever less often whether it holds; false where it does not within the time.
bool eventually(Duration at_most, const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  for (int pause = 2; !holds(); pause = std::min(pause * 2, 100)) {
    if (std::chrono::steady_clock::now() >= until) return false;
    ::poll(nullptr, 0, pause);
  }
  return true;
}

}  // namespace

Result<std::string> find_wireguard_go() {
  std::string path = find_program("wireguard-go");
  if (!path.empty()) return path;
  return Error{Code::failed_precondition, "this kernel's WireGuard is missing, and wireguard-go is not installed",
               "load the kernel's module (modprobe wireguard) or install wireguard-go"};
}

bool wireguard_alive(const std::string& device) {
  if (!is_link_name(device)) return false;
  const auto answer = uapi::exchange(path_of(device), "get=1\n\n", 1);
  return answer && !answer->empty();
}

Status start_wireguard(const std::string& program, const std::string& device, Duration at_most) {
  if (!is_link_name(device)) return Error{Code::invalid_argument, "'" + device + "' is not a name of a link"};
  if (wireguard_alive(device))
    return Error{Code::already_exists, "a WireGuard process for '" + device + "' runs already"};
  const std::string doing = "starting WireGuard for '" + device + "'";
  // It makes device and socket, goes on in a child without our streams, and ends; so
  // its status says whether that went well, and init collects the child one day.
  auto output = run({program, device}, {}, {at_most, 1u << 20});
  if (!output) return std::move(output).error().in(doing);
  if (output->status != 0) {
    const std::string why(output->complaint());
    return Error{Code::failed_precondition,
                 doing + ": " + (why.empty() ? "it ended with status " + std::to_string(output->status) : why),
                 ::access("/dev/net/tun", F_OK) != 0 ? "load the kernel's module tun (modprobe tun)" : ""};
  }
  if (eventually(at_most, [&] { return wireguard_alive(device); })) return Done{};
  return Error{Code::deadline_exceeded, doing + ": its socket does not answer"};
}

Status stop_wireguard(const std::string& device, Duration at_most) {
  if (!is_link_name(device)) return Error{Code::invalid_argument, "'" + device + "' is not a name of a link"};
  const std::string doing = "stopping WireGuard of '" + device + "'";
  if (::unlink(path_of(device).c_str()) != 0 && errno != ENOENT) return fault(errno).in(doing);
  KTN_TRY(auto links, Links::open());
  const auto gone = [&] {
    const auto link = links.find(device);
    // One of another kind, the kernel's own WireGuard for one, is not a process's.
    return link ? link->kind != "tun" : link.error().code == Code::not_found;
  };
  // It watches its socket. Should it not, the loss of its device ends it all the same.
  if (eventually(at_most / 2, gone)) return Done{};
  auto removed = links.remove(device);
  if (!removed && removed.error().code != Code::not_found) return std::move(removed).error().in(doing);
  if (eventually(at_most / 2, gone)) return Done{};
  return Error{Code::deadline_exceeded, doing + ": the device does not go away"};
}

}  // namespace kontena::netlink
