#include "exchange.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "wire.h"

namespace kontena::dns {
namespace {

constexpr int most_reads = 8;  // packets at a time; others wait too

bool is_transient(int reason) { return reason == EAGAIN || reason == EINTR || reason == ENOBUFS; }

}  // namespace

Exchange::Exchange(Poller& poller, IdSource& ids, const Endpoint& server, const Query& query, Heard heard)
    : poller_(poller), ids_(ids), server_(server), query_(query), heard_(std::move(heard)) {}

Exchange::~Exchange() {
  poller_.forget(udp_watch_, udp_);
  close_tcp();
}

bool Exchange::send() {
  if (tcp_) return true;
  if (!udp_) {
    udp_ = open_udp_to(server_);
    if (udp_) udp_watch_ = poller_.watch(udp_, EPOLLIN, [this](std::uint32_t) { read_udp(); });
    if (udp_watch_ == 0) return over_ = true, false;
    id_ = static_cast<std::uint16_t>(ids_.number());
  }
  std::string packet;
  write_query(id_, query_, edns_, packet);
  if (::send(udp_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0 && !is_transient(errno)) over_ = true;
  return !over_;
}

void Exchange::read_udp() {
  for (int left = most_reads; left > 0; --left) {
    std::array<char, most_tcp> packet;
    const auto got = ::recv(udp_.get(), packet.data(), packet.size(), 0);
    if (got < 0) {
      if (!is_transient(errno)) end(std::nullopt);
      return;
    }
    // Anything else than the answer is somebody's guess, and we go on waiting.
    auto answer = read_answer({packet.data(), static_cast<std::size_t>(got)}, id_, query_.question);
    if (!answer || tcp_) continue;
    return consider(*std::move(answer));
  }
}

void Exchange::consider(Answer answer) {
  const bool unknown_edns = answer.rcode == Rcode::format_error || answer.rcode == Rcode::not_implemented;
  if (unknown_edns && edns_ && !answer.edns) {
    edns_ = false;
    id_ = static_cast<std::uint16_t>(ids_.number());
    if (!send()) end(std::nullopt);
    return;
  }
  if (!answer.truncated) return end(std::move(answer));
  shortened_ = std::move(answer);
  if (!open_tcp()) end(std::move(shortened_));
}

bool Exchange::open_tcp() {
  tcp_ = open_tcp_to(server_);
  if (!tcp_) return false;
  tcp_watch_ = poller_.watch(tcp_, EPOLLOUT, [this](std::uint32_t events) { go_on_tcp(events); });
  if (tcp_watch_ == 0) return false;
  std::string packet;
  id_ = static_cast<std::uint16_t>(ids_.number());
  write_query(id_, query_, edns_, packet);
  put16(out_, static_cast<std::uint32_t>(packet.size()));
  out_ += packet;
  return true;
}

void Exchange::go_on_tcp(std::uint32_t events) {
  if (!out_.empty()) {
    const auto sent = ::send(tcp_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && !is_transient(errno)) return end(std::move(shortened_));
    if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
    if (out_.empty()) poller_.change(tcp_watch_, tcp_, EPOLLIN);
    return;
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && !read_tcp()) end(std::move(shortened_));
}

// False where nothing more will come.
bool Exchange::read_tcp() {
  std::array<char, 16 * 1024> chunk;
  const auto got = ::recv(tcp_.get(), chunk.data(), chunk.size(), 0);
  if (got <= 0) return got < 0 && is_transient(errno);
  in_.append(chunk.data(), static_cast<std::size_t>(got));
  if (in_.size() < 2) return true;
  const std::size_t size = Reader(in_).u16();
  if (in_.size() < size + 2) return true;
  auto answer = read_answer(std::string_view(in_).substr(2, size), id_, query_.question);
  if (!answer || answer->truncated) return false;
  end(std::move(answer));
  return true;
}

void Exchange::close_tcp() {
  poller_.forget(tcp_watch_, tcp_);
  tcp_.close();
}

void Exchange::end(std::optional<Answer> answer) {
  over_ = true;
  poller_.forget(udp_watch_, udp_);
  udp_.close();
  close_tcp();
  const Heard heard = heard_;
  heard(std::move(answer));
}

}  // namespace kontena::dns
