#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kontena/api/probe.h"
#include "kontena/model/view.h"

// `network test`: who is meant, and what is to be said of what was found on the way
// from one to the other. Pure; who asks the nodes is routes/probe.cc.
namespace kontena::server {

using model::ClusterView;

// An instance, as people name it.
struct End {
  const model::Instance* instance = nullptr;
  std::string name;  // "shop/web-1"
  std::string node;  // name
};
End end_of(const ClusterView&, const model::Instance&);

// "STACK/SERVICE-N", or of "STACK/SERVICE" one that is up, else the first. Code::not_found.
Result<End> find_end(const ClusterView&, const model::ProjectPath&, const std::string& word);

// Where TO leads.
struct Target {
  std::optional<End> end;  // none: it is nobody's of the project
  std::string network;     // key of the network that both are on: GRID/PROJECT/NAME
  std::string address;
};

// Networks that both are on, by name, and the address of the second there; none where they share none.
model::StringMap shared(const model::Instance& from, const model::Instance& to);
// Whose of the project's the address is. Of what is not the project's nothing is told.
Target holder(const ClusterView&, const model::ProjectPath&, const std::string& address);

// Each step is about what the steps before have found to be right.
api::TestStep judge_from(const ClusterView&, const model::Liveness&, const End& from);
api::TestStep judge_name(const End& from, const std::string& name, const api::Resolved&, const Target& meant);
api::TestStep judge_network(const ClusterView&, const End& from, const Target&);
api::TestStep judge_member(const ClusterView&, const model::Liveness&, const Target&);
// Both sides: `back` is what the target's node has found; the same where it is the same node.
struct Sides {
  End from;
  Target to;
  std::string from_address;  // in the network that both are on
  api::Looked there, back;
};
api::TestStep judge_rules(const Sides&);
api::TestStep judge_route(const Sides&);
api::TestStep judge_handshake(const Sides&);
api::TestStep judge_path(const End& from, const std::string& to, bool outside, const api::Reached&);
// `looked`: by the target's node; null where it is nobody's.
api::TestStep judge_port(const std::string& to, std::int64_t port, const api::Reached&, const api::Looked* looked);

}  // namespace kontena::server
