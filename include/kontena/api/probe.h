#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/codec/event_fields.h"
#include "kontena/codec/network_fields.h"
#include "kontena/model/service.h"

// What a node's network is like right now: asked of its agent, which looks at the
// kernel, and not of the store.
namespace kontena::api {

// The kinds of questions (api::Ask).
namespace asks {
inline constexpr std::string_view network = "network";          // Nothing → NodeNetworkState
inline constexpr std::string_view resolve = "network.resolve";  // ResolveAsk → Resolved
inline constexpr std::string_view look = "network.look";        // LookAsk → Looked
inline constexpr std::string_view reach = "network.reach";      // ReachAsk → Reached
}  // namespace asks

struct MeshPeer {
  std::string id;  // node
  std::string name;
  std::string state;  // NodeState; filled in by the server
  std::string address;
  std::string endpoint;                // in use; "" = not known yet
  std::int64_t handshake_age_ms = -1;  // -1 = there was none
  std::int64_t mtu = 0;                // of packets to it
  std::int64_t received = 0;           // bytes
  std::int64_t sent = 0;
  std::int64_t addresses = 0;  // of members that are reached by it
  model::Strings endpoints;    // all that are tried
};

struct NetworkHere {
  std::string path;  // PROJECT/NAME
  std::string bridge;
  std::string subnet;
  std::string gateway;
  bool internal = false;
  std::int64_t here = 0;  // members on this node
  std::int64_t elsewhere = 0;
};

struct NodeNetworkState {  // GET node_network
  std::string node;        // name; filled in by the server
  std::string address;     // in the mesh; "" = it has none yet
  std::string key;         // the public one
  std::string way;         // "kernel", "userspace"
  std::int64_t mtu = 0;
  std::int64_t port = 0;
  std::int64_t revision = 0;   // of the store, that it was told last
  bool current = false;        // the kernel has been made as it was told
  std::string problem;         // why it cannot be made so
  model::Strings differences;  // what is not as wanted, at this moment
  std::vector<MeshPeer> peers;
  std::vector<NetworkHere> networks;
  std::vector<model::Event> drifts;  // the last ones; filled in by the server
};

// ---- network test

struct ResolveAsk {
  std::string instance;  // of the node, that asks
  std::string name;
};
struct Resolved {
  model::Strings known;    // what the node's zone says; none: it is not for the zone to say
  bool is_ours = false;    // the zone answers, if only that there is no such name
  std::string server;      // that the container asks
  model::Strings answers;  // what it got, asked from inside
  bool answered = false;   // by that server, if only that it does not know
  std::string failure;     // why there is no address; "" = the name is good
};

// One side of a path between two members of a network.
struct LookAsk {
  std::string network;  // PROJECT/NAME
  std::string own;      // address of the member on this node
  std::string other;    // … of the one it talks to
  std::string peer;     // the other's node, an id; "" = this one
  std::string listens;  // an instance of this node of which `listening` is to be told; "" = of none
  std::int64_t port = 0;
};
struct Looked {
  bool current = false;
  std::string problem;
  model::Strings missing;  // of the two, whom the node was not told of
  model::Strings barred;   // of the two, whom the kernel's rules do not let through
  bool bridge = false;     // is there, up, and answers for remote members
  bool route = false;      // to the other's address by the mesh
  bool allowed = false;    // the peer may send from the other's address
  std::string peer;        // name; "" = there is no such peer
  std::string endpoint;
  std::int64_t handshake_age_ms = -1;
  model::Strings endpoints;
  bool looked_inside = false;  // `listening` says something
  model::Strings listening;    // local addresses on which something listens at the port
};

struct ReachAsk {
  std::string instance;   // of the node: from inside it
  std::string to;         // address
  std::int64_t port = 0;  // 0 = none
  bool full_size = true;  // also a packet as large as the container sends
};
struct Reached {
  std::int64_t echoes = 0;  // answered, of `tried`
  std::int64_t tried = 0;
  std::int64_t best_us = 0;
  std::string echo_failure;   // "" = answered, or nothing came back
  std::int64_t mtu = 0;       // of the container's interface
  std::int64_t passes = 0;    // the largest packet that was tried and answered; 0 = none
  std::int64_t path_mtu = 0;  // that somebody on the way told of; 0 = nobody
  std::string port;           // "open", "refused", "silent", "unreachable"; "" = not tried
  std::string port_failure;   // the kernel's words
};

struct NetworkTestRequest {  // POST network_test
  std::string from;          // STACK/SERVICE[-N]
  std::string to;            // the same, a name or an address
  std::int64_t port = 0;
};
struct TestStep {
  std::string what;  // "name", "network", "member", "rules", "route", "handshake", "path", "port"
  bool ok = false;
  std::string text;  // what was found
  std::string hint;  // what to do
};
struct NetworkTest {
  std::string from;
  std::string to;
  bool ok = false;              // all steps are
  std::vector<TestStep> steps;  // up to the first that is not
};

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::MeshPeer> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("name", s.name);
    v("state", s.state);
    v("address", s.address);
    v("endpoint", s.endpoint);
    v("handshake_age_ms", s.handshake_age_ms);
    v("mtu", s.mtu);
    v("received", s.received);
    v("sent", s.sent);
    v("addresses", s.addresses);
    v("endpoints", s.endpoints);
  }
};

template <>
struct Fields<api::NetworkHere> {
  static void visit(auto& v, auto& s) {
    v("path", s.path);
    v("bridge", s.bridge);
    v("subnet", s.subnet);
    v("gateway", s.gateway);
    v("internal", s.internal);
    v("here", s.here);
    v("elsewhere", s.elsewhere);
  }
};

template <>
struct Fields<api::NodeNetworkState> {
  static void visit(auto& v, auto& s) {
    v("node", s.node);
    v("address", s.address);
    v("key", s.key);
    v("way", s.way);
    v("mtu", s.mtu);
    v("port", s.port);
    v("revision", s.revision);
    v("current", s.current);
    v("problem", s.problem);
    v("differences", s.differences);
    v("peers", s.peers);
    v("networks", s.networks);
    v("drifts", s.drifts);
  }
};

template <>
struct Fields<api::ResolveAsk> {
  static void visit(auto& v, auto& s) {
    v("instance", s.instance);
    v("name", s.name);
  }
};

template <>
struct Fields<api::Resolved> {
  static void visit(auto& v, auto& s) {
    v("known", s.known);
    v("is_ours", s.is_ours);
    v("server", s.server);
    v("answers", s.answers);
    v("answered", s.answered);
    v("failure", s.failure);
  }
};

template <>
struct Fields<api::LookAsk> {
  static void visit(auto& v, auto& s) {
    v("network", s.network);
    v("own", s.own);
    v("other", s.other);
    v("peer", s.peer);
    v("listens", s.listens);
    v("port", s.port);
  }
};

template <>
struct Fields<api::Looked> {
  static void visit(auto& v, auto& s) {
    v("current", s.current);
    v("problem", s.problem);
    v("missing", s.missing);
    v("barred", s.barred);
    v("bridge", s.bridge);
    v("route", s.route);
    v("allowed", s.allowed);
    v("peer", s.peer);
    v("endpoint", s.endpoint);
    v("handshake_age_ms", s.handshake_age_ms);
    v("endpoints", s.endpoints);
    v("looked_inside", s.looked_inside);
    v("listening", s.listening);
  }
};

template <>
struct Fields<api::ReachAsk> {
  static void visit(auto& v, auto& s) {
    v("instance", s.instance);
    v("to", s.to);
    v("port", s.port);
    v("full_size", s.full_size);
  }
};

template <>
struct Fields<api::Reached> {
  static void visit(auto& v, auto& s) {
    v("echoes", s.echoes);
    v("tried", s.tried);
    v("best_us", s.best_us);
    v("echo_failure", s.echo_failure);
    v("mtu", s.mtu);
    v("passes", s.passes);
    v("path_mtu", s.path_mtu);
    v("port", s.port);
    v("port_failure", s.port_failure);
  }
};

template <>
struct Fields<api::NetworkTestRequest> {
  static void visit(auto& v, auto& s) {
    v("from", s.from);
    v("to", s.to);
    v("port", s.port);
  }
};

template <>
struct Fields<api::TestStep> {
  static void visit(auto& v, auto& s) {
    v("what", s.what);
    v("ok", s.ok);
    v("text", s.text);
    v("hint", s.hint);
  }
};

template <>
struct Fields<api::NetworkTest> {
  static void visit(auto& v, auto& s) {
    v("from", s.from);
    v("to", s.to);
    v("ok", s.ok);
    v("steps", s.steps);
  }
};

}  // namespace kontena::codec
