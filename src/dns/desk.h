#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "forward.h"
#include "kontena/dns/cache.h"
#include "kontena/dns/server.h"
#include "kontena/dns/zone.h"

namespace kontena::dns {

// What the thread of the server counts and others read.
struct Counts {
  std::atomic<std::uint64_t> queries, answered, cached, forwarded, failed, refused, malformed;
};
inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);  // one writer
}

// What answers are made from, as of one moment.
struct Present {
  std::shared_ptr<const Zone> zone = std::make_shared<const Zone>();
  std::shared_ptr<const std::vector<Endpoint>> upstreams = std::make_shared<const std::vector<Endpoint>>();
  std::shared_ptr<const std::vector<Endpoint>> own = std::make_shared<const std::vector<Endpoint>>();  // never asked
};

// Says what the answer to a packet is: at once, or later. For one thread.
class Desk {
 public:
  using Send = std::function<void(const Peer&, std::string& packet)>;

  Desk(Poller&, const Clock&, IdSource&, const Options&, Counts&, Send later);

  void use(Present present) { present_ = std::move(present); }
  const Zone& zone() const { return *present_.zone; }

  enum class Outcome { written, later, none };
  // `later`: Send is called with it, if the question was well-formed within seconds, maybe
  // before this returns.
  Outcome answer(std::string_view packet, const Peer&, std::string& out);

  void tick() { forwarder_.tick(); }
  Duration due() const { return forwarder_.due(); }

 private:
  Outcome outside(Query, const Asker&, const Peer&, std::string& out);
  std::vector<Endpoint> servers_of(const Asker&) const;
  std::uint32_t& turn(const Question&, Ipv4 asker);
  void deliver(const std::string& key, const std::shared_ptr<const Answer>&, const std::vector<Waiting>&);

  const Clock& clock_;
  Counts& counts_;
  const Send send_;
  Present present_;
  Cache cache_;
  Forwarder forwarder_;
  // Whose turn it is, for each asker and name: one counter for all would give two who ask by
  // turns the same address for ever. Some share one, by chance.
  std::array<std::uint32_t, 4096> turns_;
};

}  // namespace kontena::dns
