// Files out of containers and into them, and connections: the other ways that a channel goes.
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "channels.h"
#include "kontena/base/files.h"
#include "kontena/netlink/inside.h"

namespace kontena::agent {
namespace {

using channel::Kind;

constexpr Duration look_again{1'000};
constexpr int to_connect_ms = 3'000;
constexpr std::int64_t most_cgroup_text = 64 << 10;

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

// A connected socket, or -1 with errno.
int connect_to(const sockaddr* address, socklen_t size) {
  const int fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int error = 0;
  if (::connect(fd, address, size) != 0) {
    error = errno;
    if (error == EINPROGRESS) {
      pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
      socklen_t length = sizeof error;
      if (::poll(&wait, 1, to_connect_ms) <= 0)
        error = ETIMEDOUT;
      else if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    }
  }
  if (error != 0) {
    ::close(fd);
    errno = error;
    return -1;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

// By the calling thread's network.
int connect_here(int port, int& first_error) {
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_port = htons(static_cast<std::uint16_t>(port));
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = connect_to(reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback);
  if (fd >= 0) return fd;
  first_error = errno;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return -1;
  for (const ifaddrs* one = all; one && fd < 0; one = one->ifa_next) {
    if (!one->ifa_addr) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      sockaddr_in address{};
      std::memcpy(&address, one->ifa_addr, sizeof address);
      if (address.sin_addr.s_addr == loopback.sin_addr.s_addr) continue;
      address.sin_port = loopback.sin_port;
      fd = connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, one->ifa_addr, sizeof address);
      address.sin6_port = loopback.sin_port;
      fd = connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }
  ::freeifaddrs(all);
  return fd;
}

std::string parent_of(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

}  // namespace

Status signal_inside(std::int64_t pid, const std::string& container, int number) {
  const Error elsewhere{Code::failed_precondition, "the command's process cannot be reached from the agent", "does the agent run in a container of its own?"};
  // Held, so that the number cannot become another process's between the look and the signal.
  const Descriptor process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (process.fd < 0) return elsewhere;
  const auto groups = files::read("/proc/" + std::to_string(pid) + "/cgroup", most_cgroup_text);
  if (container.empty() || !groups || groups->find(container) == std::string::npos) return elsewhere;
  if (::syscall(SYS_pidfd_send_signal, process.fd, 0, nullptr, 0) != 0) return Done{};  // it has ended
  // The engine starts each command as the first of a session: all that it began hears of it, as from a terminal.
  if (::getpgid(static_cast<pid_t>(pid)) == pid && ::kill(-static_cast<pid_t>(pid), number) == 0) return Done{};
  if (::syscall(SYS_pidfd_send_signal, process.fd, number, nullptr, 0) == 0 || errno == ESRCH) return Done{};
  return Error{Code::failed_precondition, std::string("the signal cannot be sent: ") + std::strerror(errno)};
}

Result<std::unique_ptr<engine::Conduit>> dial_inside(std::int64_t pid, int port) {
  int fd = -1, error = 0;
  KTN_OK(netlink::inside(netlink::network_of(pid), [&] { fd = connect_here(port, error); }));
  if (fd < 0)
    return Error{Code::failed_precondition, "nothing in the container takes connections at port " + std::to_string(port) + ": " + std::strerror(error)};
  return engine::conduit_on(fd, false);
}

Status Channels::get(Work& work) {
  const std::string& path = work.order.path;
  KTN_TRY(auto is, inside_.stat(work.container, path));
  if (!is.link.empty())
    if (const auto leads = inside_.stat(work.container, is.link)) is.folder = leads->folder;
  work.end.say(Kind::ready, codec::to_json(api::ChannelPath{true, is.folder}));
  bool there = true;
  KTN_OK(inside_.get(work.container, path, [&](std::string_view bytes) {
    there = work.end.send(Kind::output, bytes) && !work.end.over();
    return there;
  }));
  if (there) work.end.say(Kind::exit, channel::number_text(0));
  return Done{};
}

// The folder that the archive goes into is the path itself where it is one, else the one that it is in.
Status Channels::put(Work& work) {
  const std::string& path = work.order.path;
  auto is = inside_.stat(work.container, path);
  if (!is && is.error().code != Code::not_found) return is.error();
  api::ChannelPath told{.exists = is.has_value(), .folder = is && is->folder};
  if (is && !is->link.empty())
    if (const auto leads = inside_.stat(work.container, is->link)) told.folder = leads->folder;
  if (!told.exists && path.ends_with('/')) return Error{Code::not_found, "there is no folder '" + path + "' in the container"};
  const std::string folder = told.folder ? path : parent_of(path);
  if (!told.folder && path.ends_with('/')) return Error{Code::failed_precondition, "'" + path + "' in the container is no folder"};
  if (!told.folder && !told.exists)
    if (const auto parent = inside_.stat(work.container, folder); !parent) return parent.error();
  work.end.say(Kind::ready, codec::to_json(told));
  const Status done = inside_.put(work.container, folder, [&]() -> std::optional<std::string> {
    while (!work.end.over()) {
      auto frame = work.end.receive(look_again);
      if (frame && frame->kind == Kind::input) return std::move(frame->bytes);
      if (frame && frame->kind == Kind::end) return std::string();
    }
    return std::nullopt;
  });
  KTN_OK(done);
  work.end.say(Kind::exit, channel::number_text(0));
  return Done{};
}

Status Channels::dial(Work& work) {
  KTN_TRY(const engine::Container is, context_.engine.inspect(work.container));
  if (is.state != engine::ContainerState::running || is.pid <= 0)
    return Error{Code::failed_precondition, "its container does not run"};
  KTN_TRY(const auto stream, dial_inside(is.pid, static_cast<int>(work.order.port)));
  work.end.say(Kind::ready);
  if (carry(work, *stream)) work.end.say(Kind::exit, channel::number_text(0));
  return Done{};
}

}  // namespace kontena::agent
