// What a container's own network says: tried from inside of it.
#include <algorithm>

#include "kontena/base/files.h"
#include "kontena/netlink/inside.h"
#include "names.h"
#include "probe.h"

namespace kontena::agent {
namespace {

constexpr int dns_port = 53;
constexpr Duration to_resolve{4'000}, to_echo{1'000}, to_connect{3'000};
constexpr int small_packet = 64, echoes = 3, large_echoes = 2;
constexpr std::int64_t most_text = 1 << 20;  // of a list of sockets

// A question for IPv4 addresses, as resolvers put it.
struct Asked {
  std::string packet;
  dns::Question question;
  std::uint16_t id = 0;
};
std::optional<Asked> question_of(const std::string& name, std::uint16_t id) {
  const auto wire = dns::wire_name(name);
  if (!wire) return std::nullopt;
  Asked asked{.question = {*wire, name, dns::type::a, dns::class_in}, .id = id};
  const auto number = [&](std::uint16_t value) {
    asked.packet += static_cast<char>(value >> 8);
    asked.packet += static_cast<char>(value & 0xff);
  };
  number(id);
  number(0x0100);  // recursion is desired
  for (const std::uint16_t count : {1, 0, 0, 0}) number(count);
  asked.packet += *wire;
  number(dns::type::a);
  number(dns::class_in);
  return asked;
}

model::Strings addresses_in(const dns::Answer& answer) {
  model::Strings addresses;
  for (std::size_t i = 0; i < answer.answers && i < answer.records.size(); ++i) {
    const auto& record = answer.records[i];
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(answer.bytes[at]); };
    // Type, class, TTL, length, and what is in it.
    if (record.ttl_at < 4 || record.end != record.ttl_at + 10 || record.end > answer.bytes.size()) continue;
    if (byte(record.ttl_at - 4) != 0 || byte(record.ttl_at - 3) != dns::type::a) continue;
    const std::size_t at = record.ttl_at + 6u;
    addresses.push_back(to_text(Ipv4{std::uint32_t{byte(at)} << 24 | std::uint32_t{byte(at + 1)} << 16 |
                                     std::uint32_t{byte(at + 2)} << 8 | byte(at + 3)}));
  }
  return addresses;
}

std::string failure_of(dns::Rcode code) {
  switch (code) {
    case dns::Rcode::no_error:
      return "";
    case dns::Rcode::no_such_name:
      return "there is no such name";
    case dns::Rcode::server_failure:
      return "it says that it cannot find out";
    case dns::Rcode::refused:
      return "it refuses to say";
    default:
      return "it answers with error " + std::to_string(static_cast<int>(code));
  }
}

}  // namespace

Result<std::int64_t> Probe::pid_of(const std::string& instance) const {
  const std::string container = context_.state.with([&](const State& s) {
    const auto* seen = s.kept->instances.contains(instance) ? s.seen.of_instance(instance) : nullptr;
    return seen ? seen->id : "";
  });
  if (container.empty()) return Error{Code::failed_precondition, "the instance has no container on this node"};
  KTN_TRY(const engine::Container is, context_.engine.inspect(container));
  if (is.state != engine::ContainerState::running || is.pid <= 0)
    return Error{Code::failed_precondition, "its container does not run"};
  return is.pid;
}

Status Probe::inside_of(const std::string& instance, const std::function<void()>& act) const {
  KTN_TRY(const std::int64_t pid, pid_of(instance));
  return netlink::inside(netlink::network_of(pid), act, [&] {
    const auto again = pid_of(instance);
    return again && *again == pid;
  });
}

Result<api::Resolved> Probe::resolve(const api::ResolveAsk& ask) const {
  const auto asked = question_of(ask.name, static_cast<std::uint16_t>(context_.ids.number()));
  if (!asked) return Error{Code::invalid_argument, "'" + ask.name + "' cannot be a name"};
  const auto snapshot = mesh_.with([](const MeshState& s) { return s.wanted; });
  const NodeId self(context_.node);
  const auto zone = zone_of(*snapshot, self);
  const dns::Asker* asker = nullptr;
  for (const auto& [id, member] : snapshot->members)
    if (*member.instance == ask.instance && member.node == self)
      if (const auto address = parse_ipv4(member.address)) asker = zone->asker(*address);
  api::Resolved resolved;
  if (asker) {
    const auto reply = dns::lookup(*zone, *asker, asked->question, 0);
    resolved.is_ours = reply.has_value();
    if (reply)
      for (const Ipv4 address : reply->addresses) resolved.known.push_back(to_text(address));
  }
  const auto told = context_.state.with([&](const State& s) {
    const auto found = s.kept->instances.find(ask.instance);
    return found == s.kept->instances.end() ? std::string() : resolver_text(found->second, {});
  });
  const auto servers = dns::parse_resolv(told, {}).nameservers;
  if (servers.empty()) return Error{Code::failed_precondition, "the instance is on no network of this node"};
  resolved.server = to_text(servers.front().address);
  Result<std::optional<std::string>> got = std::optional<std::string>();
  KTN_OK(inside_of(ask.instance, [&] {
    got = netlink::exchange(servers.front().address, dns_port, asked->packet, to_resolve, [&](std::string_view packet) {
      return dns::read_answer(packet, asked->id, asked->question).has_value();
    });
  }));
  if (!got || !*got) {
    resolved.failure = got ? "no answer" : got.error().message;
    return resolved;
  }
  const auto answer = dns::read_answer(**got, asked->id, asked->question);
  resolved.answered = true;
  resolved.failure = failure_of(answer->rcode);
  resolved.answers = addresses_in(*answer);
  return resolved;
}

void Probe::look_for_listeners(const api::LookAsk& ask, api::Looked& looked) const {
  const auto pid = pid_of(ask.listens);
  if (!pid) return;
  for (const char* list : {"tcp", "tcp6"}) {
    const auto text = files::read("/proc/" + std::to_string(*pid) + "/net/" + list, most_text);
    if (!text) continue;
    looked.looked_inside = true;
    for (std::string& address : netlink::listeners(*text, static_cast<int>(ask.port)))
      looked.listening.push_back(std::move(address));
  }
}

Result<api::Reached> Probe::reach(const api::ReachAsk& ask) const {
  const auto to = parse_ipv4(ask.to);
  if (!to || ask.port < 0 || ask.port > 65535)
    return Error{Code::invalid_argument, "`to` is an address, `port` 0 to 65535"};
  api::Reached reached;
  Status outcome = Done{};
  const auto act = [&]() -> Status {
    KTN_TRY(const netlink::Echoes small, netlink::echo(*to, small_packet, echoes, to_echo));
    reached.tried = small.tried;
    reached.echoes = small.answered;
    reached.best_us = small.best_us;
    reached.echo_failure = small.unreachable;
    if (ask.full_size && small.answered > 0) {
      KTN_TRY(const int mtu, netlink::mtu_towards(*to));
      reached.mtu = mtu;
      KTN_TRY(const netlink::Echoes full, netlink::echo(*to, mtu, large_echoes, to_echo));
      reached.path_mtu = full.path_mtu;
      if (full.answered > 0) {
        reached.passes = mtu;
      } else if (full.path_mtu > small_packet && full.path_mtu < mtu) {
        KTN_TRY(const netlink::Echoes less, netlink::echo(*to, full.path_mtu, large_echoes, to_echo));
        if (less.answered > 0) reached.passes = full.path_mtu;
      }
    }
    if (ask.port == 0) return Done{};
    using enum netlink::Knock::Door;
    const netlink::Knock door = netlink::knock(*to, static_cast<int>(ask.port), to_connect);
    reached.port = door.door == open      ? "open"
                   : door.door == refused ? "refused"
                   : door.door == silent  ? "silent"
                                          : "unreachable";
    reached.port_failure = door.words;
    return Done{};
  };
  KTN_OK(inside_of(ask.instance, [&] { outcome = act(); }));
  if (!outcome) return std::move(outcome).error();
  return reached;
}

}  // namespace kontena::agent
