#include "packets.h"

#include <sys/epoll.h>

#include <algorithm>

namespace kontena::dns {

Packets::Packets(Poller& poller, Desk& desk, std::function<void()> refresh)
    : poller_(poller), desk_(desk), refresh_(std::move(refresh)) {
  Buffers& b = *buffers_;
  for (std::size_t i = 0; i < batch; ++i) {
    b.in_parts[i] = {b.packets[i].data(), longest};
    b.in[i].msg_hdr = {.msg_name = &b.from[i], .msg_iov = &b.in_parts[i], .msg_iovlen = 1};
    b.out[i].msg_hdr = {.msg_iov = &b.out_parts[i], .msg_iovlen = 1};
  }
}

Packets::~Packets() {
  for (auto& [at, socket] : sockets_) poller_.forget(socket.watch, socket.fd);
}

bool Packets::add(const Endpoint& at, Fd fd) {
  Socket& socket = sockets_[at];
  socket.fd = std::move(fd);
  socket.watch = poller_.watch(socket.fd, EPOLLIN, [this, at](std::uint32_t) { read(at); });
  if (socket.watch == 0) return sockets_.erase(at), false;
  by_watch_[socket.watch] = &socket.fd;
  return true;
}

void Packets::drop(const Endpoint& at) {
  const auto found = sockets_.find(at);
  if (found == sockets_.end()) return;
  by_watch_.erase(found->second.watch);
  poller_.forget(found->second.watch, found->second.fd);
  sockets_.erase(found);
}

void Packets::read(const Endpoint& at) {
  Buffers& b = *buffers_;
  const Socket& socket = sockets_.at(at);
  for (mmsghdr& message : b.in) message.msg_hdr.msg_namelen = sizeof(sockaddr_in);
  const int got = ::recvmmsg(socket.fd.get(), b.in.data(), batch, 0, nullptr);
  if (got <= 0) return;
  refresh_();
  std::size_t replies = 0;
  for (int i = 0; i < got; ++i) {
    const sockaddr_in& from = b.from[i];
    if (b.in[i].msg_hdr.msg_namelen < sizeof from || from.sin_port == 0) continue;
    const Peer peer{.from = from_sockaddr(from), .way = socket.watch};
    std::string& reply = b.replies[replies];
    if (desk_.answer({b.packets[i].data(), b.in[i].msg_len}, peer, reply) != Desk::Outcome::written) continue;
    b.out_parts[replies] = {reply.data(), reply.size()};
    b.out[replies].msg_hdr.msg_name = &b.from[i];
    b.out[replies].msg_hdr.msg_namelen = sizeof from;
    ++replies;
  }
  send_batch(socket.fd, replies);
}

// What cannot be sent is lost, as packets are: its asker asks again.
void Packets::send_batch(const Fd& fd, std::size_t count) {
  for (std::size_t done = 0; done < count;) {
    const int sent =
        ::sendmmsg(fd.get(), buffers_->out.data() + done, static_cast<unsigned>(count - done), MSG_NOSIGNAL);
    done += static_cast<std::size_t>(std::max(sent, 1));
  }
}

void Packets::send(const Peer& peer, const std::string& packet) {
  const auto found = by_watch_.find(peer.way);
  if (found == by_watch_.end()) return;  // we do not listen there any more
  const sockaddr_in to = to_sockaddr(peer.from);
  ::sendto(found->second->get(), packet.data(), packet.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
           sizeof to);
}

}  // namespace kontena::dns
