#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "desk.h"
#include "poller.h"

namespace kontena::dns {

// Questions by TCP (RFC 7766): several on a connection, answered in any order. For one thread.
class Connections {
 public:
  // `refresh` as with Packets.
  Connections(Poller&, Desk&, const Clock&, const Options&, std::function<void()> refresh);
  ~Connections();

  bool add(const Endpoint&, Fd listener);
  void drop(const Endpoint&);  // the listener; connections go on
  void send(const Peer&, const std::string& packet);

  void tick();  // closes those that are idle for too long
  Duration due() const { return due_; }

 private:
  struct Listener {
    Fd fd;
    Poller::Watch watch = 0;
  };
  struct Connection {
    Fd fd;
    Endpoint from;
    Ipv4 counted;  // the asker; 0.0.0.0 for all strangers
    Poller::Watch watch = 0;
    std::uint32_t events = 0;
    std::string in;
    std::string out;
    std::size_t waiting = 0;  // questions whose answer comes later
    Duration until{};
    bool ended = false;    // the asker will say no more
    bool reading = false;  // an answer that comes at once is not to recurse
  };
  using Id = std::uint64_t;

  void accept(const Endpoint&);
  void add_connection(Fd, const Endpoint& from);
  void go_on(Id, std::uint32_t events);
  bool read(Connection&);
  bool flush(Connection&);
  bool serve(Id, Connection&);
  bool answer_some(Id, Connection&);
  void settle(Id, Connection&, bool good);
  void close(Id);

  Poller& poller_;
  Desk& desk_;
  const Clock& clock_;
  const Options options_;
  const std::function<void()> refresh_;
  std::map<Endpoint, Listener> listeners_;
  std::unordered_map<Id, std::unique_ptr<Connection>> connections_;
  std::unordered_map<Ipv4, std::size_t, AddressHash> of_asker_;
  Id last_ = 0;
  Duration due_ = Duration::max();
  Fd spare_;  // given up for a moment where there are no descriptors left, to turn somebody away
};

}  // namespace kontena::dns
