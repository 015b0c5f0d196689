// The messages between processes: lost before or after they took effect, delayed,
// doubled; and broken off when the server dies.
#include "kontena/api/endpoints.h"
#include "world.h"

namespace kontena::sim {
namespace {

using When = World::When;

struct Exchange {
  std::optional<http::Response> answer;
  bool broken = false;
};

// Hands the request to a thread of the server's, as its listener would.
std::shared_ptr<Exchange> hand_over(World& world, const http::Request& request, const std::string& who) {
  auto exchange = std::make_shared<Exchange>();
  if (!world.serving) {
    exchange->broken = true;
    return exchange;
  }
  world.fibers.spawn(world.server.owner, who + ": " + std::string(name(request.method)) + ' ' + request.path,
                     [&world, exchange, who, sent = http::Request(request)]() mutable {
                       struct End {
                         World& world;
                         Exchange& exchange;
                         ~End() {
                           exchange.broken = !exchange.answer;
                           world.fibers.notify(&exchange);
                         }
                       } end{world, *exchange};
                       exchange->answer = world.life->work.dispatch().handle(sent);
                       Machine* machine = world.machine_of(who);
                       if (sent.path == api::paths::agent_beat && machine) world.invariants.heard(world, *machine);
                     });
  return exchange;
}

// How long a message is on its way.
Duration delay(World& world) {
  if (world.calm || !world.options.faults || !world.luck.once_in(40)) return world.luck.time(0, 3);
  return world.luck.once_in(5) ? world.luck.time(500, 8'000) : world.luck.time(3, 500);
}

bool lost(World& world) { return !world.calm && world.options.faults && world.luck.once_in(80); }

// Nothing comes any more: noticed soon, or not before the time is up.
Error gone(World& world, Duration deadline) {
  const Duration left = std::max(Duration(0), deadline - world.fibers.now());
  if (world.luck.once_in(2)) {
    world.fibers.sleep(std::min(left, world.luck.time(1, 5'000)));
    return {Code::unavailable, "broken off"};
  }
  world.fibers.sleep(left);
  return {Code::deadline_exceeded, "no answer in time"};
}

}  // namespace

Result<http::Response> World::exchange(const std::string& who, const http::Request& request, Duration timeout,
                                       const bool* cut) {
  const Duration deadline = fibers.now() + timeout;
  const auto is_cut = [&] { return cut && *cut; };
  fibers.sleep(std::min(timeout, delay(*this)));
  if (is_cut() || lost(*this)) {
    event(who, "its message is lost: " + request.path);
    return gone(*this, deadline);
  }
  if (fibers.now() >= deadline) return gone(*this, deadline);
  // What is no POST may be sent twice by the client; and a message of one who has
  // given up may still be on its way.
  if (!calm && options.faults && luck.once_in(100)) {
    if (request.method != http::Method::post) {
      event(who, "its message is doubled: " + request.path);
      hand_over(*this, request, who);
    } else if (luck.once_in(3)) {
      event(who, "its message comes when it is not waited for: " + request.path);
      later(luck.time(1, 3'000), [this, who, request] { hand_over(*this, request, who); });
      return gone(*this, deadline);
    }
  }
  const auto exchange = hand_over(*this, request, who);
  fibers.wait(exchange.get(), deadline - fibers.now(), [&] { return exchange->answer || exchange->broken; });
  if (exchange->broken) return Error{Code::unavailable, "connection refused"};
  if (!exchange->answer) return Error{Code::deadline_exceeded, "no answer in time"};
  fibers.sleep(std::min(std::max(Duration(0), deadline - fibers.now()), delay(*this)));
  if (is_cut() || lost(*this)) {
    event(who, "its answer is lost: " + request.path);
    return gone(*this, deadline);
  }
  return std::move(*exchange->answer);
}

Answered World::ask(http::Method method, const std::string& path, const std::string& body) {
  http::Request request{.method = method, .headers = {{"authorization", "Bearer " + admin_}}, .body = body};
  const auto mark = path.find('?');
  request.path = path.substr(0, mark);
  if (mark != std::string::npos) request.query = *http::parse_query(path.substr(mark + 1));
  request.peer.address = "10.0.0.1";
  auto response = exchange("user", request, Duration(20'000), nullptr);
  Answered answered;
  if (response) answered = {response->status, response->body, response->headers["x-request-id"]};
  const std::string said = answered.status == 0     ? "no answer"
                           : answered.status >= 300 ? std::to_string(answered.status) + ' ' + answered.body
                                                    : std::to_string(answered.status);
  event("user", std::string(name(method)) + ' ' + path + " -> " + said);
  if (answered.status != 0) invariants.answered(*this, std::string(name(method)) + ' ' + path, answered);
  return answered;
}

Result<http::Response> SimLink::send(const http::Request& request, Duration timeout) {
  World& world = process_.world;
  const std::string what = std::string(name(request.method)) + ' ' + request.path;
  world.call(process_, what, When::before);
  http::Request sent = request;
  sent.peer = {"10.0.0.9", machine_.fingerprint, machine_.common_name};
  auto response = world.exchange(machine_.name, sent, timeout, &machine_.cut);
  world.call(process_, what, When::after);
  if (response && world.fibers.now() < machine_.blank_until && request.path == api::paths::agent_assignments) {
    world.event(machine_.name, "is told by a blank server that there is nothing");
    response->body = codec::to_json(api::AssignmentsAnswer{.revision = 1, .complete = true});
  }
  return response;
}

Result<http::Response> SimLink::stream(const http::Request&, Duration, const Bytes&) {
  return Error{Code::unsupported, "not by an agent"};
}

Result<http::Response> SimLink::upload(const http::Request&, Duration, const Source&) {
  return Error{Code::unavailable, "nobody reads logs here"};
}

}  // namespace kontena::sim
