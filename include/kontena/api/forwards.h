#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/codec/fields.h"

// Where the agents send lines of logs on to, besides the server.
namespace kontena::api {

struct ForwardRequest {  // PUT grid_forward, project_forward
  std::string to;        // as kontena/forward/target.h reads it
  std::string ca_pem;    // the authorities trusted; "" = those of the node's host
};
struct ForwardEntry {
  std::string name;
  std::string to;
  bool own_authorities = false;
  std::int64_t created_ms = 0;
  std::string created_by;
};
struct ForwardList {  // GET grid_forwards, project_forwards
  std::vector<ForwardEntry> forwards;
};

// GET agent_forwards: all of the node's grid, as lines of a project may be on their way when its last instance has gone.
struct AgentForward {
  std::string project;  // "" = lines of all projects
  std::string name;
  std::string to;
  std::string ca_pem;
  friend bool operator==(const AgentForward&, const AgentForward&) = default;
};
struct AgentForwards {
  std::string digest;  // of the list
  std::vector<AgentForward> forwards;
};

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::ForwardRequest> {
  static void visit(auto& v, auto& s) {
    v("to", s.to);
    v("ca_pem", s.ca_pem);
  }
};
template <>
struct Fields<api::ForwardEntry> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("to", s.to);
    v("own_authorities", s.own_authorities);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
  }
};
template <>
struct Fields<api::ForwardList> {
  static void visit(auto& v, auto& s) { v("forwards", s.forwards); }
};
template <>
struct Fields<api::AgentForward> {
  static void visit(auto& v, auto& s) {
    v("project", s.project);
    v("name", s.name);
    v("to", s.to);
    v("ca_pem", s.ca_pem);
  }
};
template <>
struct Fields<api::AgentForwards> {
  static void visit(auto& v, auto& s) {
    v("digest", s.digest);
    v("forwards", s.forwards);
  }
};

}  // namespace kontena::codec
