#include "connections.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "wire.h"

namespace kontena::dns {
namespace {

constexpr std::size_t most_out = 256u << 10;  // then we read no more questions
constexpr std::size_t most_waiting = 32;
constexpr int most_accepts = 32;  // at a time
constexpr Duration check_period{500};

Fd open_spare() { return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool is_transient(int reason) { return reason == EAGAIN || reason == EINTR; }

}  // namespace

Connections::Connections(Poller& poller, Desk& desk, const Clock& clock, const Options& options,
                         std::function<void()> refresh)
    : poller_(poller),
      desk_(desk),
      clock_(clock),
      options_(options),
      refresh_(std::move(refresh)),
      spare_(open_spare()) {}

Connections::~Connections() {
  for (auto& [at, listener] : listeners_) poller_.forget(listener.watch, listener.fd);
  for (auto& [id, connection] : connections_) poller_.forget(connection->watch, connection->fd);
}

bool Connections::add(const Endpoint& at, Fd fd) {
  Listener& listener = listeners_[at];
  listener.fd = std::move(fd);
  listener.watch = poller_.watch(listener.fd, EPOLLIN, [this, at](std::uint32_t) { accept(at); });
  if (listener.watch == 0) listeners_.erase(at);
  return listeners_.contains(at);
}

void Connections::drop(const Endpoint& at) {
  const auto found = listeners_.find(at);
  if (found == listeners_.end()) return;
  poller_.forget(found->second.watch, found->second.fd);
  listeners_.erase(found);
}

void Connections::accept(const Endpoint& at) {
  const Listener& listener = listeners_.at(at);
  refresh_();
  for (int left = most_accepts; left > 0; --left) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    Fd fd(::accept4(listener.fd.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd && (errno == EMFILE || errno == ENFILE) && spare_) {
      spare_.close();
      Fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC)).close();
      spare_ = open_spare();
      continue;
    }
    if (!fd) return;
    add_connection(std::move(fd), from_sockaddr(from));
  }
}

void Connections::add_connection(Fd fd, const Endpoint& from) {
  const Ipv4 counted = desk_.zone().asker(from.address) ? from.address : Ipv4{};
  const auto of_asker = of_asker_.find(counted);
  const std::size_t has = of_asker == of_asker_.end() ? 0 : of_asker->second;
  if (connections_.size() >= options_.connections || has >= options_.connections_each) return;
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const Id id = ++last_;
  auto connection = std::make_unique<Connection>();
  connection->watch = poller_.watch(fd, EPOLLIN, [this, id](std::uint32_t events) { go_on(id, events); });
  if (connection->watch == 0) return;
  connection->fd = std::move(fd);
  connection->from = from;
  connection->counted = counted;
  connection->events = EPOLLIN;
  connection->until = clock_.steady() + options_.idle;
  due_ = std::min(due_, clock_.steady() + check_period);
  ++of_asker_[counted];
  connections_.emplace(id, std::move(connection));
}

void Connections::go_on(Id id, std::uint32_t events) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  bool good = (events & EPOLLERR) == 0;
  if (good && (events & (EPOLLIN | EPOLLHUP)) != 0) good = read(connection);
  settle(id, connection, good && serve(id, connection));
}

bool Connections::read(Connection& connection) {
  std::array<char, 16 * 1024> chunk;
  const auto got = ::recv(connection.fd.get(), chunk.data(), chunk.size(), 0);
  if (got < 0) return is_transient(errno);
  if (got == 0) connection.ended = true;
  connection.in.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

// As far as it goes: answers make room for answers. False where the connection is broken.
bool Connections::serve(Id id, Connection& connection) {
  do {
    if (!flush(connection)) return false;
  } while (answer_some(id, connection));
  return true;
}

// Tells whether there was one to answer.
bool Connections::answer_some(Id id, Connection& connection) {
  const Peer peer{.from = connection.from, .way = id, .tcp = true};
  std::string reply;
  std::size_t at = 0;
  refresh_();
  connection.reading = true;
  while (connection.out.size() < most_out && connection.waiting < most_waiting) {
    const std::string_view rest = std::string_view(connection.in).substr(at);
    if (rest.size() < 2) break;
    const std::size_t size = Reader(rest).u16();
    if (rest.size() < size + 2) break;
    at += size + 2;
    connection.until = clock_.steady() + options_.idle;
    ++connection.waiting;
    const auto outcome = desk_.answer(rest.substr(2, size), peer, reply);
    if (outcome == Desk::Outcome::later) continue;
    --connection.waiting;
    // A connection is cheap to close; what has lost its place in the stream cannot be helped.
    if (outcome == Desk::Outcome::none) {
      connection.ended = true;
      at = connection.in.size();
      break;
    }
    put16(connection.out, static_cast<std::uint32_t>(reply.size()));
    connection.out += reply;
  }
  connection.in.erase(0, at);
  connection.reading = false;
  return at > 0;
}

void Connections::send(const Peer& peer, const std::string& packet) {
  const auto found = connections_.find(peer.way);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  --connection.waiting;
  put16(connection.out, static_cast<std::uint32_t>(packet.size()));
  connection.out += packet;
  if (connection.reading) return;
  connection.until = clock_.steady() + options_.idle;
  settle(peer.way, connection, serve(peer.way, connection));  // others had to wait for this one
}

bool Connections::flush(Connection& connection) {
  while (!connection.out.empty()) {
    const auto sent = ::send(connection.fd.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent < 0) return is_transient(errno);
    connection.out.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

void Connections::settle(Id id, Connection& connection, bool good) {
  if (!good || !flush(connection)) return close(id);
  if (connection.ended && connection.waiting == 0 && connection.out.empty()) return close(id);
  const bool wants_more = !connection.ended && connection.out.size() < most_out && connection.waiting < most_waiting;
  const std::uint32_t events = (wants_more ? EPOLLIN : 0u) | (connection.out.empty() ? 0u : EPOLLOUT);
  if (events != connection.events) poller_.change(connection.watch, connection.fd, connection.events = events);
}

void Connections::close(Id id) {
  const auto found = connections_.find(id);
  Connection& connection = *found->second;
  poller_.forget(connection.watch, connection.fd);
  const auto of_asker = of_asker_.find(connection.counted);
  if (--of_asker->second == 0) of_asker_.erase(of_asker);
  connections_.erase(found);
}

void Connections::tick() {
  const Duration now = clock_.steady();
  if (now < due_) return;
  std::vector<Id> idle;
  for (const auto& [id, connection] : connections_) {
    if (connection->until <= now) idle.push_back(id);
  }
  for (const Id id : idle) close(id);
  due_ = connections_.empty() ? Duration::max() : now + check_period;
}

}  // namespace kontena::dns
