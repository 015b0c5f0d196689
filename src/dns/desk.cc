#include "desk.h"

#include <algorithm>

#include "wire.h"

namespace kontena::dns {
namespace {

// The same question, as far as the answer of another server may depend on it.
std::string key_of(const Query& query, std::span<const Endpoint> servers) {
  std::string key;
  key.reserve(query.question.wire.size() + 8 + servers.size() * 6);
  std::ranges::transform(query.question.wire, std::back_inserter(key), lower);
  put16(key, query.question.type);
  put16(key, query.question.klass);
  key +=
      static_cast<char>((query.dnssec_ok ? 1 : 0) | (query.checking_disabled ? 2 : 0) | (query.authentic_data ? 4 : 0));
  for (const Endpoint& server : servers) {
    put32(key, server.address.value);
    put16(key, server.port);
  }
  return key;
}

}  // namespace

Desk::Desk(Poller& poller, const Clock& clock, IdSource& ids, const Options& options, Counts& counts, Send later)
    : clock_(clock),
      counts_(counts),
      send_(std::move(later)),
      cache_(options.cache),
      forwarder_(poller, clock, ids, options,
                 [this](const std::string& key, std::shared_ptr<const Answer> answer, std::vector<Waiting> waiting) {
                   deliver(key, answer, waiting);
                 }) {
  // Askers begin at different addresses, or all would go to the first one first.
  for (std::size_t i = 0; i < turns_.size(); ++i) turns_[i] = static_cast<std::uint32_t>(i * 0x9e3779b1u >> 7);
}

Desk::Outcome Desk::answer(std::string_view packet, const Peer& peer, std::string& out) {
  count(counts_.queries);
  auto query = read_query(packet);
  if (!query) {
    count(counts_.malformed);
    return Outcome::none;
  }
  const std::size_t room = room_for(*query, peer.tcp);
  const auto say = [&](Rcode rcode, std::atomic<std::uint64_t>& counter) {
    count(counter);
    write_reply(*query, {.rcode = rcode}, room, out);
    return Outcome::written;
  };
  const Asker* asker = zone().asker(peer.from.address);
  if (!asker) return say(Rcode::refused, counts_.refused);
  if (query->verdict != Rcode::no_error) return say(query->verdict, counts_.malformed);
  if (query->question.klass != class_in) return say(Rcode::refused, counts_.refused);
  std::uint32_t& turn = this->turn(query->question, peer.from.address);
  if (const auto reply = lookup(zone(), *asker, query->question, turn)) {
    if (!reply->addresses.empty() || !reply->addresses6.empty()) ++turn;
    count(counts_.answered);
    write_reply(*query, *reply, room, out);
    return Outcome::written;
  }
  // "Only what you know already" would show what others have asked for.
  if (!query->recursion_desired) return say(Rcode::refused, counts_.refused);
  return outside(*std::move(query), *asker, peer, out);
}

Desk::Outcome Desk::outside(Query query, const Asker& asker, const Peer& peer, std::string& out) {
  const auto servers = servers_of(asker);
  const std::string key = key_of(query, servers);
  const std::size_t room = room_for(query, peer.tcp);
  if (const auto hit = cache_.get(key, clock_.steady()); hit.answer) {
    count(counts_.cached);
    write_answer(query, *hit.answer, hit.age, room, out);
    return Outcome::written;
  }
  if (forwarder_.ask(key, servers, {query, peer})) return Outcome::later;
  count(counts_.failed);
  write_reply(query, {.rcode = Rcode::server_failure}, room, out);
  return Outcome::written;
}

std::vector<Endpoint> Desk::servers_of(const Asker& asker) const {
  std::vector<Endpoint> servers = asker.upstreams.empty() ? *present_.upstreams : asker.upstreams;
  std::erase_if(servers, [this](const Endpoint& server) { return std::ranges::binary_search(*present_.own, server); });
  return servers;
}

std::uint32_t& Desk::turn(const Question& question, Ipv4 asker) {
  return turns_[(std::hash<std::string>{}(question.name) ^ AddressHash{}(asker)) % turns_.size()];
}

void Desk::deliver(const std::string& key, const std::shared_ptr<const Answer>& answer,
                   const std::vector<Waiting>& waiting) {
  if (answer) cache_.put(key, answer, clock_.steady());
  std::string out;
  for (const auto& [query, peer] : waiting) {
    const std::size_t room = room_for(query, peer.tcp);
    if (answer && !(answer->truncated && peer.tcp)) {
      count(counts_.forwarded);
      write_answer(query, *answer, 0, room, out);
    } else {
      count(counts_.failed);
      write_reply(query, {.rcode = Rcode::server_failure}, room, out);
    }
    send_(peer, out);
  }
}

}  // namespace kontena::dns
