#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/random.h"
#include "kontena/base/result.h"
#include "kontena/dns/cache.h"
#include "kontena/dns/endpoint.h"
#include "kontena/dns/zone.h"

namespace kontena::dns {

struct Options {
  Cache::Limits cache = {};
  // Of questions that are asked of other servers.
  std::size_t waiting = 1024;      // askers' questions without an answer yet; more get SERVFAIL …
  std::size_t waiting_each = 128;  // … and so many of one asker
  Duration one_try{1000};          // then the next server is asked too
  Duration all_tries{4500};        // then SERVFAIL: before resolvers ask again after their 5 s
  Duration shun{10'000};           // who did not answer is asked after the others for so long
  // Of TCP.
  std::size_t connections = 256;
  std::size_t connections_each = 16;  // of one asker; of all strangers together
  Duration idle{10'000};              // between whole questions
};

// Since the start, each packet in one of the lower six once it is done with.
struct Counters {
  std::uint64_t queries = 0;    // packets that came, by UDP or TCP
  std::uint64_t answered = 0;   // from the zone
  std::uint64_t cached = 0;     // from the cache
  std::uint64_t forwarded = 0;  // by another server
  std::uint64_t failed = 0;     // no other server answered, or too many wait: SERVFAIL
  std::uint64_t refused = 0;    // a stranger, or nothing that we answer
  std::uint64_t malformed = 0;  // answered with an error, or dropped
};

// Answers the containers of one node, by UDP and TCP: from the zone, or what other servers say.
// Who is not in the zone is refused. One thread; nothing that it does waits.
//
// start(), stop() and listen() are called from one thread, all else from any.
class Server {
 public:
  Server(Options, const Clock&, IdSource&);
  ~Server();  // stops

  Status start();
  void stop();  // may be called twice; gives up all addresses

  // Answers at these from now on, and at no others. An address need not be the host's yet. Those
  // that stay go on undisturbed. On failure, which tells the first that could not be had, it answers
  // at all others; calling again tries again. Port 0 is any free one.
  // REQUIRES: started.
  Status listen(std::span<const Endpoint>);
  std::vector<Endpoint> listening() const;  // with their true ports, in the order of addresses

  void set_zone(std::shared_ptr<const Zone>);         // counts for every question that comes after the return
  void set_upstreams(std::vector<Endpoint> servers);  // the host's; those that are addresses of ours are not asked

  Counters counters() const;
  bool is_stuck() const;  // for the service manager's watchdog, as Loop::is_stuck

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

}  // namespace kontena::dns
