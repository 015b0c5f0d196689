#pragma once

#include <sys/socket.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "desk.h"
#include "poller.h"

namespace kontena::dns {

// Questions by UDP, many at a time. For one thread.
class Packets {
 public:
  // `refresh` is called when packets have been read, before they are answered: who
  // changed the zone and then asks gets its answer from the new one.
  Packets(Poller&, Desk&, std::function<void()> refresh);
  ~Packets();

  bool add(const Endpoint&, Fd);
  void drop(const Endpoint&);
  void send(const Peer&, const std::string& packet);

 private:
  static constexpr std::size_t batch = 64;
  static constexpr std::size_t longest = 4096;  // nobody's question; more is cut and so malformed

  struct Socket {
    Fd fd;
    Poller::Watch watch = 0;
  };
  struct Buffers {
    std::array<mmsghdr, batch> in{}, out{};
    std::array<iovec, batch> in_parts{}, out_parts{};
    std::array<sockaddr_in, batch> from{};
    std::array<std::array<char, longest>, batch> packets;
    std::array<std::string, batch> replies;
  };

  void read(const Endpoint&);
  void send_batch(const Fd&, std::size_t count);

  Poller& poller_;
  Desk& desk_;
  const std::function<void()> refresh_;
  std::map<Endpoint, Socket> sockets_;
  std::unordered_map<std::uint64_t, const Fd*> by_watch_;
  const std::unique_ptr<Buffers> buffers_ = std::make_unique<Buffers>();
};

}  // namespace kontena::dns
