#include "kontena/api/probe.h"

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr Duration to_test{90'000};

std::string way_text(const std::string& way) {
  return way == "kernel" ? "WireGuard of the kernel" : way == "userspace" ? "wireguard-go" : way.empty() ? "none" : way;
}

Cell handshake_cell(std::int64_t age_ms) {
  constexpr std::int64_t old_ms = 200'000;  // one is made every two minutes
  if (age_ms < 0) return {"never", Tone::bad};
  return {text::human_duration(Duration(age_ms)) + " ago", age_ms > old_ms ? Tone::bad : Tone::plain};
}

std::string network_text(Session& session, const api::NodeNetworkState& state) {
  Look plain = session.look;
  plain.headers = false;
  Table facts({});
  facts.add({"address", state.address.empty() ? "none yet" : state.address});
  facts.add({"key", state.key.empty() ? "none" : plain_text(state.key)});
  facts.add({"carried by",
             way_text(state.way) + ", port " + std::to_string(state.port) + ", MTU " + std::to_string(state.mtu)});
  if (!state.problem.empty()) facts.add({"trouble", {plain_text(state.problem), Tone::bad}});
  const bool as_wanted = state.current && state.problem.empty() && state.differences.empty();
  if (as_wanted) facts.add({"now", {"as wanted", Tone::good}});
  if (!state.current) facts.add({"now", {"not yet as it was told last", Tone::busy}});
  for (const std::string& difference : state.differences) facts.add({"differs", {plain_text(difference), Tone::bad}});
  std::string text = paint(state.node, Tone::strong, session.look.colour_out) + '\n' + facts.text(plain);
  if (!state.peers.empty()) {
    Table peers({"PEER", "STATE", "ENDPOINT", "HANDSHAKE", "MTU", "RECEIVED", "SENT", "MEMBERS"});
    for (const api::MeshPeer& peer : state.peers)
      peers.add({plain_text(peer.name),
                 {peer.state, tone_of(peer.state)},
                 peer.endpoint.empty() ? "-" : peer.endpoint,
                 handshake_cell(peer.handshake_age_ms),
                 peer.mtu,
                 text::human_bytes(peer.received),
                 text::human_bytes(peer.sent),
                 peer.addresses});
    text += '\n' + peers.text(session.look);
  }
  if (!state.networks.empty()) {
    Table networks({"NETWORK", "BRIDGE", "SUBNET", "HERE", "ELSEWHERE"});
    for (const api::NetworkHere& network : state.networks)
      networks.add({network.path + (network.internal ? " (internal)" : ""), network.bridge, network.subnet,
                    network.here, network.elsewhere});
    text += '\n' + networks.text(session.look);
  }
  if (!state.drifts.empty()) {
    Table drifts({"MENDED", "TIMES", "WHAT"});
    for (const model::Event& drift : state.drifts)
      drifts.add({session.age(drift.last_ms) + " ago", drift.count, plain_text(drift.text)});
    text += '\n' + drifts.text(session.look);
  }
  return text;
}

std::string test_text(Session& session, const api::NetworkTest& test) {
  const bool colour = session.look.colour_out;
  std::string text;
  for (const api::TestStep& step : test.steps) {
    text += pad(step.what, 9) + "  " +
            (step.ok ? paint("ok", Tone::good, colour) + "      " : paint("FAILED", Tone::bad, colour) + "  ") +
            plain_text(step.text) + '\n';
    if (!step.hint.empty()) text += std::string(19, ' ') + plain_text(step.hint) + '\n';
  }
  return text;
}

// "shop/db:5432" → "shop/db" and 5432.
Result<api::NetworkTestRequest> request_of(const std::string& from, std::string to) {
  api::NetworkTestRequest request{.from = from};
  if (const auto colon = to.rfind(':'); colon != std::string::npos) {
    const auto port = text::integer(to.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535)
      return Error{Code::invalid_argument, "'" + to + "': a port is 1 to 65535",
                   "network test FROM TO:PORT, as shop/web-1 shop/db:5432"};
    request.port = *port;
    to.resize(colon);
  }
  request.to = std::move(to);
  return request;
}

}  // namespace

Result<int> node_network(Session& session) {
  KTN_TRY(const std::string path, session.link.path(paths::node_network, {session.arguments.words[0]}));
  KTN_TRY(const api::NodeNetworkState state, session.link.get<api::NodeNetworkState>(path, {}, to_test));
  return session.show(state, state.node, [&] { return network_text(session, state); });
}

Result<int> network_test(Session& session) {
  KTN_TRY(const api::NetworkTestRequest request, request_of(session.arguments.words[0], session.arguments.words[1]));
  KTN_TRY(const std::string path, session.link.path(paths::network_test));
  KTN_TRY(const api::NetworkTest test,
          session.link.send<api::NetworkTest>(http::Method::post, path, request, {}, to_test));
  session.show(test, test.ok ? "ok" : "failed", [&] { return test_text(session, test); });
  return test.ok ? 0 : 1;
}

}  // namespace kontena::client
