#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "exchange.h"
#include "kontena/dns/server.h"

namespace kontena::dns {

// Where an answer goes to.
struct Peer {
  Endpoint from;
  std::uint64_t way = 0;  // the socket or connection that the question came by
  bool tcp = false;
};

struct Waiting {
  Query query;
  Peer peer;
};

// Asks other servers, many questions at a time; the same question of several askers once. For
// one thread, which must never wait: everything goes on through the poller, and by tick().
class Forwarder {
 public:
  // With none where no server answered. It may ask again.
  using Done = std::function<void(const std::string& key, std::shared_ptr<const Answer>, std::vector<Waiting>)>;

  Forwarder(Poller&, const Clock&, IdSource&, const Options&, Done);

  // False, and it never comes, where too many wait. Questions of one key are taken to be the same.
  bool ask(const std::string& key, std::span<const Endpoint> servers, Waiting);

  void tick();                           // asks the next server where one does not answer
  Duration due() const { return due_; }  // when tick() has something to do, by the steady clock
  std::size_t waiting() const { return waiting_; }

 private:
  struct Job {
    std::string key;
    Query query;
    std::vector<std::unique_ptr<Exchange>> exchanges;
    std::size_t next = 0;       // counts on through the exchanges, again and again
    Exchange* asked = nullptr;  // the last
    Duration again_at{};
    Duration give_up_at{};
    std::vector<Waiting> waiting;
  };

  void start(Job&, std::span<const Endpoint> servers);
  void advance(Job&);
  void heard(Job&, const Endpoint& server, std::optional<Answer>);
  void finish(Job&, std::shared_ptr<const Answer>);
  void give_up(Job&);
  void shun(const Endpoint&);

  Poller& poller_;
  const Clock& clock_;
  IdSource& ids_;
  const Options options_;
  const Done done_;
  std::unordered_map<std::string, std::unique_ptr<Job>> jobs_;
  std::size_t waiting_ = 0;
  std::unordered_map<Ipv4, std::size_t, AddressHash> waiting_of_;
  std::map<Endpoint, Duration> shunned_;  // until when
  Duration due_ = Duration::max();
};

}  // namespace kontena::dns
