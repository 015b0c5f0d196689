#pragma once

#include <httplib.h>

#include <atomic>
#include <optional>
#include <string>

#include "gate.h"
#include "kontena/base/clock.h"
#include "tls.h"

namespace kontena::http {

// Says to all threads of a server at once that it stops, those asleep in poll()
// too. What has begun to be answered may end within `grace`.
class StopSign {
 public:
  static constexpr Duration grace{5'000};

  StopSign();
  ~StopSign();
  StopSign(const StopSign&) = delete;

  void raise();
  bool raised() const { return at_ms_ >= 0; }
  Duration end_of_grace() const { return Duration(at_ms_) + grace; }  // REQUIRES: raised()
  int readable() const { return event_; }                             // a descriptor that is readable once raised

 private:
  int event_;
  std::atomic<std::int64_t> at_ms_{-1};
};

// An accepted connection under TLS, with all its time limits; httplib reads
// requests from it and writes answers to it. Used by one thread.
class Connection final : public httplib::Stream {
 public:
  Connection(int socket, TlsSession, const StopSign&);  // owns the socket
  ~Connection() override;
  Connection(const Connection&) = delete;

  bool handshake(Duration limit, Gate&, const std::string& address);  // tells whom it can that they speak plain HTTP
  SSL* session() const { return session_.get(); }

  // Waits for a request to begin, and then for the end of its head, which is taken
  // off. None where the peer has gone, was too slow, or the server stops. A head of
  // more than `most` bytes comes as its first most + 1.
  std::optional<std::string> read_head(Duration idle, Duration limit, std::size_t most);

  // What httplib reads before it reads on from the peer.
  void give(std::string front) { front_ = std::move(front), front_at_ = 0; }

  // How a body is read: it fails after `quiet` without a byte and, where it has to
  // keep moving, when it comes slower than 1 KB/s beyond that.
  void pace_reads(Duration quiet, bool keep_moving);
  enum class Failure { none, gone, slow, stopping };
  Failure failure() const { return failure_; }  // of reading

  void pace_writes(Duration quiet, bool streaming);  // a stream is cut off when the server stops
  bool flush();
  bool peer_has_left() const;  // for good or for sending: either way nobody waits for more
  bool stopping() const { return stop_.raised(); }

  // Ends TLS and the connection. With `linger`, first reads on for a moment: closing
  // on unread bytes would make the kernel throw away the answer.
  void close(bool linger);

  // httplib::Stream
  bool is_readable() const override { return failure_ == Failure::none; }
  bool is_writable() const override { return !write_failed_; }
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* from, size_t size) override;  // collects; flush() sends
  void get_remote_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  socket_t socket() const override { return socket_; }

 private:
  enum class Wait { ready, late, stopping };
  Wait wait(short events, Duration until, bool heed_stop) const;
  void send_plain_refusal();
  void drain(Duration limit);  // reads what comes and drops it
  bool pull(Duration until);   // some bytes into in_; false, and failure_ says why
  Duration now() const { return clock_.steady(); }

  const int socket_;
  const TlsSession session_;
  const StopSign& stop_;
  const SystemClock clock_;
  std::string front_;  // see give()
  std::size_t front_at_ = 0;
  std::string in_;  // from the peer, not yet read
  std::size_t in_at_ = 0;
  std::string out_;  // not yet sent
  Failure failure_ = Failure::none;
  bool write_failed_ = false;
  Duration read_quiet_{};
  bool keep_moving_ = false;
  Duration read_begin_{};
  std::uint64_t read_bytes_ = 0;
  Duration write_quiet_{};
  bool streaming_ = false;
};

}  // namespace kontena::http
