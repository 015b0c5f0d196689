#pragma once

#include <functional>
#include <optional>
#include <string>

#include "kontena/base/random.h"
#include "kontena/dns/message.h"
#include "poller.h"

namespace kontena::dns {

// One question to one other server: by UDP, by TCP where the answer is too long, without EDNS
// where the server does not know that.
class Exchange {
 public:
  // Called once, with none where the server cannot be asked. It may delete the exchange.
  using Heard = std::function<void(std::optional<Answer>)>;

  Exchange(Poller&, IdSource&, const Endpoint& server, const Query&, Heard);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // First or again. False where the server cannot be asked; Heard is not called then.
  bool send();
  const Endpoint& server() const { return server_; }
  bool over() const { return over_; }
  // Better than nothing: what came by UDP, while the whole of it is waited for.
  std::optional<Answer>& shortened() { return shortened_; }

 private:
  void read_udp();
  void consider(Answer);
  bool open_tcp();
  void go_on_tcp(std::uint32_t events);
  bool read_tcp();
  void close_tcp();
  void end(std::optional<Answer>);

  Poller& poller_;
  IdSource& ids_;
  const Endpoint server_;
  const Query& query_;
  const Heard heard_;
  std::uint16_t id_ = 0;
  bool edns_ = true;
  bool over_ = false;
  std::optional<Answer> shortened_;
  Fd udp_;
  Poller::Watch udp_watch_ = 0;
  Fd tcp_;
  Poller::Watch tcp_watch_ = 0;
  std::string out_;  // by TCP, with its length
  std::string in_;
};

}  // namespace kontena::dns
