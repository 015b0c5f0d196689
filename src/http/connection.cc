#include "connection.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace kontena::http {
namespace {

constexpr std::size_t read_bytes_at_once = 16u << 10;  // a TLS record
constexpr std::size_t most_collected = 16u << 10;
constexpr std::uint64_t least_bytes_a_second = 1024;
constexpr Duration linger_limit{1'000};

}  // namespace

StopSign::StopSign() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
StopSign::~StopSign() {
  if (event_ >= 0) ::close(event_);
}

void StopSign::raise() {
  std::int64_t never = -1;
  at_ms_.compare_exchange_strong(never, SystemClock().steady().count());
  const std::uint64_t one = 1;
  static_cast<void>(!::write(event_, &one, sizeof one));
}

Connection::Connection(int socket, TlsSession session, const StopSign& stop)
    : socket_(socket), session_(std::move(session)), stop_(stop) {
  if (session_) SSL_set_fd(session_.get(), socket_);
}

Connection::~Connection() { ::close(socket_); }

Connection::Wait Connection::wait(short events, Duration until, bool heed_stop) const {
  for (;;) {
    const Duration left = until - now();
    if (left <= Duration::zero()) return Wait::late;
    pollfd fds[2] = {{socket_, events, 0}, {stop_.readable(), POLLIN, 0}};
    const int ready = ::poll(fds, heed_stop ? 2 : 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1 << 30)));
    if (ready < 0 && errno != EINTR) return Wait::late;
    if (heed_stop && ready > 0 && fds[1].revents != 0) return Wait::stopping;
    if (ready > 0 && fds[0].revents != 0) return Wait::ready;
  }
}

bool Connection::handshake(Duration limit, Gate& gate, const std::string& address) {
  const Duration until = now() + limit;
  for (;;) {
    // The peer may be waited for as long as it likes; only the computing is by turns.
    const auto [done, error] = gate.through(address, [&] {
      ERR_clear_error();
      if (peer_has_left()) return std::pair(-1, SSL_ERROR_ZERO_RETURN);  // while we waited, or was cut off
      const int result = SSL_accept(session_.get());
      return std::pair(result, result == 1 ? SSL_ERROR_NONE : SSL_get_error(session_.get(), result));
    });
    if (done == 1) return true;
    if (error == SSL_ERROR_ZERO_RETURN) return false;
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      // Lets the other end read why: closing on what it has sent already would take the alert back.
      if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) send_plain_refusal();
      ::shutdown(socket_, SHUT_WR);
      drain(linger_limit);
      return false;
    }
    if (wait(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until, true) != Wait::ready) return false;
  }
}

void Connection::send_plain_refusal() {
  const std::string body =
      error_response({Code::invalid_argument, "this port speaks HTTPS", "use https:// in the URL"}).body;
  const std::string answer =
      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  static_cast<void>(::send(socket_, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

void Connection::drain(Duration limit) {
  const Duration until = now() + limit;
  char bytes[4096];
  while (wait(POLLIN, until, true) == Wait::ready)
    if (::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT) <= 0) return;
}

bool Connection::pull(Duration until) {
  if (in_at_ == in_.size()) in_.clear(), in_at_ = 0;
  const std::size_t had = in_.size();
  for (;;) {
    ERR_clear_error();
    in_.resize(had + read_bytes_at_once);
    const int size = SSL_read(session_.get(), in_.data() + had, static_cast<int>(read_bytes_at_once));
    in_.resize(had + static_cast<std::size_t>(std::max(size, 0)));
    if (size > 0) return true;
    const int error = SSL_get_error(session_.get(), size);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      failure_ = Failure::gone;
      return false;
    }
    // A connection that only waits needs no buffer of its own.
    if (had == 0) in_.shrink_to_fit();
    switch (wait(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until, true)) {
      case Wait::ready:
        continue;
      case Wait::late:
        failure_ = Failure::slow;
        return false;
      case Wait::stopping:
        failure_ = Failure::stopping;
        return false;
    }
  }
}

std::optional<std::string> Connection::read_head(Duration idle, Duration limit, std::size_t most) {
  if (stopping()) return std::nullopt;
  in_.erase(0, in_at_), in_at_ = 0;
  const auto skip_line_ends = [&] { in_.erase(0, std::min(in_.find_first_not_of("\r\n"), in_.size())); };
  const Duration idle_end = now() + idle;
  for (skip_line_ends(); in_.empty(); skip_line_ends())
    if (!pull(idle_end)) return std::nullopt;

  const Duration end = now() + limit;
  for (std::size_t seen = 0;;) {
    if (const auto at = in_.find("\r\n\r\n", seen > 3 ? seen - 3 : 0); at != std::string::npos && at + 4 <= most) {
      if (at + 4 == in_.size()) return std::exchange(in_, {});  // a long wait needs no empty buffer
      in_at_ = at + 4;
      return in_.substr(0, in_at_);
    }
    if (in_.size() > most) {
      in_at_ = most + 1;
      return in_.substr(0, in_at_);
    }
    seen = in_.size();
    if (!pull(end)) return std::nullopt;
  }
}

void Connection::pace_reads(Duration quiet, bool keep_moving) {
  read_quiet_ = quiet;
  keep_moving_ = keep_moving;
  read_begin_ = now();
  read_bytes_ = 0;
}

ssize_t Connection::read(char* to, size_t size) {
  if (front_at_ < front_.size()) {
    const std::size_t taken = std::min(size, front_.size() - front_at_);
    std::memcpy(to, front_.data() + front_at_, taken);
    front_at_ += taken;
    return static_cast<ssize_t>(taken);
  }
  if (failure_ != Failure::none) return -1;
  if (in_at_ == in_.size()) {
    Duration until = now() + read_quiet_;
    if (keep_moving_)
      until = std::min(until, read_begin_ + read_quiet_ +
                                  Duration(static_cast<std::int64_t>(read_bytes_ * 1000 / least_bytes_a_second)));
    if (!pull(until)) return -1;
  }
  const std::size_t taken = std::min(size, in_.size() - in_at_);
  std::memcpy(to, in_.data() + in_at_, taken);
  in_at_ += taken;
  read_bytes_ += taken;
  return static_cast<ssize_t>(taken);
}

void Connection::pace_writes(Duration quiet, bool streaming) {
  write_quiet_ = quiet;
  streaming_ = streaming;
}

ssize_t Connection::write(const char* from, size_t size) {
  out_.append(from, size);
  if (out_.size() >= most_collected && !flush()) return -1;
  return write_failed_ ? -1 : static_cast<ssize_t>(size);
}

bool Connection::flush() {
  std::size_t sent = 0;
  while (sent < out_.size() && !write_failed_) {
    ERR_clear_error();
    const int size = SSL_write(session_.get(), out_.data() + sent,
                               static_cast<int>(std::min<std::size_t>(out_.size() - sent, 1 << 20)));
    if (size > 0) {
      sent += static_cast<std::size_t>(size);
      continue;
    }
    const int error = SSL_get_error(session_.get(), size);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      write_failed_ = true;
      break;
    }
    // Once the server stops, the peer has the grace to take its answer.
    Wait result;
    do {
      const bool heed = !stopping();
      const Duration until = heed ? now() + write_quiet_ : std::min(now() + write_quiet_, stop_.end_of_grace());
      result = !heed && streaming_ ? Wait::late : wait(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until, heed);
    } while (result == Wait::stopping);
    write_failed_ = result != Wait::ready;
  }
  out_.clear();
  if (out_.capacity() > 2 * most_collected) out_.shrink_to_fit();
  return !write_failed_;
}

bool Connection::peer_has_left() const {
  pollfd socket{socket_, POLLRDHUP, 0};
  return ::poll(&socket, 1, 0) > 0 && (socket.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Connection::close(bool linger) {
  flush();
  if (!write_failed_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }
  ::shutdown(socket_, SHUT_WR);
  if (linger && !write_failed_) drain(linger_limit);
}

}  // namespace kontena::http
