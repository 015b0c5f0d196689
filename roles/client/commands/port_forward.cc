#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <list>
#include <mutex>

#include "../commands.h"
#include "../session.h"
#include "../terminal.h"
#include "../way_in.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

using channel::Kind;

constexpr Duration look_again{1'000};
constexpr std::size_t most_connections = 100;

struct Descriptor {
  int fd = -1;
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

struct Ports {
  int here = 0;  // 0 = any free one
  int there = 0;
};
Result<Ports> ports_of(const std::string& word) {
  const auto colon = word.find(':');
  const auto there = text::integer(word.substr(colon == std::string::npos ? 0 : colon + 1));
  const auto here = colon == std::string::npos ? there : text::integer(word.substr(0, colon));
  if (!there || !here || *there < 1 || *there > 65'535 || *here < 0 || *here > 65'535)
    return Error{Code::invalid_argument, "'" + word + "' is no port", "8080:80 is port 80 of the container at port 8080 here, 80 the same at both, 0:80 any free port here"};
  return Ports{static_cast<int>(*here), static_cast<int>(*there)};
}

// A listening socket, and at which port.
Result<std::pair<std::shared_ptr<Descriptor>, int>> listen_at(const std::string& address, int port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1) return Error{Code::invalid_argument, "'" + address + "' is no IPv4 address"};
  const auto socket = std::make_shared<Descriptor>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof at;
  if (socket->fd < 0 || ::bind(socket->fd, reinterpret_cast<const sockaddr*>(&at), size) != 0 || ::listen(socket->fd, 64) != 0 ||
      ::getsockname(socket->fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    return Error{Code::failed_precondition, "cannot listen at " + address + ':' + std::to_string(port) + ": " + std::strerror(errno), "0:PORT takes any free port"};
  return std::pair(socket, static_cast<int>(ntohs(at.sin_port)));
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

// One connection both ways, until both are done, or either is broken.
Status carry(WayIn& way, int socket) {
  KTN_TRY(const std::string begun, way.ready());
  std::jthread up([&] {
    std::array<char, 65536> buffer;
    while (!way.end().over()) {
      pollfd wait{.fd = socket, .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, static_cast<int>(look_again.count())) <= 0) continue;
      const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return way.end().broke({Code::unavailable, "the connection here broke off"});
      if (got == 0) return way.end().finish();
      if (!way.end().send(Kind::input, {buffer.data(), static_cast<std::size_t>(got)})) return;
    }
  });
  const auto ended = way.hear([&](bool, std::string_view bytes) {
    if (bytes.empty())
      ::shutdown(socket, SHUT_WR);
    else if (!send_all(socket, bytes))
      way.end().broke({Code::unavailable, "the connection here broke off"});
  });
  way.end().close();
  ::shutdown(socket, SHUT_RDWR);
  up.join();
  if (!ended) return ended.error();
  return Done{};
}

class Forwarding {
 public:
  Forwarding(Session& session, WayIn::Door door, std::string instance) : session_(session), door_(std::move(door)), instance_(std::move(instance)) {}

  // On a thread of its own.
  void serve(int socket, int port) {
    const Descriptor connection(socket);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto way = open(port);
    const Status done = way ? carry(**way, socket) : Status(way.error());
    if (done || ended_.with([](bool is) { return is; })) return;
    const std::lock_guard lock(one_);
    session_.warn("a connection to port " + std::to_string(port) + ": " + plain_text(done.error().message));
  }
  void end() {
    ended_.with([](bool& is) { is = true; });
    const std::lock_guard lock(one_);
    for (WayIn* way : ways_) way->end().broke({Code::unavailable, "ended"});
  }

 private:
  // Of the instance that was found, or where that has gone, of another of the same name.
  Result<std::shared_ptr<WayIn>> open(int port) {
    std::string instance;
    {
      const std::lock_guard lock(one_);
      instance = instance_;
    }
    auto way = WayIn::open(door_, {.instance = instance, .kind = "dial", .port = port});
    if (!way && way.error().code == Code::not_found) {
      const std::lock_guard lock(one_);
      KTN_TRY(const auto found, instances_named(session_, session_.arguments.words[0]));
      instance_ = found[0].id;
      way = WayIn::open(door_, {.instance = instance_, .kind = "dial", .port = port});
    }
    if (!way) return way.error();
    const std::lock_guard lock(one_);
    ways_.push_back(way->get());
    return std::shared_ptr<WayIn>(way->release(), [this](WayIn* gone) {
      {
        const std::lock_guard lock(one_);
        ways_.remove(gone);
      }
      delete gone;
    });
  }

  Session& session_;
  const WayIn::Door door_;
  std::mutex one_;
  std::string instance_;
  std::list<WayIn*> ways_;
  Synced<bool> ended_;
};

}  // namespace

Result<int> port_forward(Session& session) {
  const auto& words = session.arguments.words;
  std::vector<Ports> ports;
  for (std::size_t i = 1; i < words.size(); ++i) {
    KTN_TRY(ports.emplace_back(), ports_of(words[i]));
  }
  KTN_TRY(const auto instances, instances_named(session, words[0]));
  KTN_TRY(const WayIn::Door door, WayIn::door(session));
  const std::string address = session.arguments.value("--address", "127.0.0.1");
  std::vector<std::shared_ptr<Descriptor>> sockets;
  std::vector<std::string> lines;
  for (const Ports& each : ports) {
    KTN_TRY(const auto listening, listen_at(address, each.here));
    sockets.push_back(listening.first);
    const std::string here = address + ':' + std::to_string(listening.second);
    lines.push_back(session.look.quiet ? here : here + " -> " + name_of(instances[0]) + ':' + std::to_string(each.there));
  }
  const auto terminal = session.outside.open_terminal();
  for (const std::string& line : lines) session.out() << line << '\n';
  session.out() << std::flush;

  Forwarding forwarding(session, door, instances[0].id);
  Synced<std::size_t> open;
  Synced<bool> over;
  std::vector<std::jthread> listeners;
  for (std::size_t i = 0; i < sockets.size(); ++i)
    listeners.emplace_back([&, i] {
      std::list<std::pair<std::jthread, std::shared_ptr<Synced<bool>>>> served;
      while (!over.with([](bool is) { return is; })) {
        std::erase_if(served, [](const auto& one) { return one.second->with([](bool is) { return is; }); });
        // More than there may be wait in the kernel.
        if (!open.wait(look_again, [](std::size_t n) { return n < most_connections; })) continue;
        pollfd wait{.fd = sockets[i]->fd, .events = POLLIN, .revents = 0};
        if (::poll(&wait, 1, 200) <= 0) continue;
        const int socket = ::accept4(sockets[i]->fd, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        open.with([](std::size_t& n) { ++n; });
        auto ended = std::make_shared<Synced<bool>>();
        served.emplace_back(std::jthread([&forwarding, &open, ended, socket, port = ports[i].there] {
                              forwarding.serve(socket, port);
                              open.change([](std::size_t& n) { --n; });
                              ended->with([](bool& is) { is = true; });
                            }),
                            ended);
      }
      forwarding.end();
    });
  int number = 0;
  while (number == 0 || number == SIGWINCH) number = terminal->signal(look_again);
  over.with([](bool& is) { is = true; });
  forwarding.end();
  listeners.clear();
  return 128 + number;
}

}  // namespace kontena::client
