#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kontena/codec/fields.h"

// Where the agents send lines of logs on to, besides the server.
namespace kontena::api {

struct ForwardRequest {  // PUT grid_forward, project_forward
  std::string to;        // as kontena/forward/target.h reads it
  std::string ca_pem;    // the authorities trusted; "" = those of the node's host
  std::map<std::string, std::string> headers;  // of otlp; the values are secrets. All of them: those of before go
};
struct ForwardTrouble {
  std::string node;  // its name
  std::string error;  // why it cannot send now; "" = it can
  std::int64_t dropped_lines = 0;  // since its agent started
};
struct ForwardEntry {
  std::string name;
  std::string to;
  bool own_authorities = false;
  std::int64_t created_ms = 0;
  std::string created_by;
  std::vector<std::string> headers;       // their names
  std::vector<ForwardTrouble> troubles;   // of nodes that have any, in order of name
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
  std::string secret;  // another one wherever a header's value is another; "" = there are no headers
  std::map<std::string, std::string> headers;  // "" = the value is not known now: nothing is sent without it
  friend bool operator==(const AgentForward&, const AgentForward&) = default;
};
struct AgentForwards {
  std::string digest;  // of the list
  std::vector<AgentForward> forwards;
};

// POST agent_forwards: all that a node has trouble with, at once.
struct AgentForwardTrouble {
  std::string project, name;
  std::string error;
  std::int64_t dropped_lines = 0;
  friend bool operator==(const AgentForwardTrouble&, const AgentForwardTrouble&) = default;
};
struct AgentForwardTroubles {
  std::vector<AgentForwardTrouble> troubles;
};
inline constexpr std::size_t most_forward_troubles = 32, longest_forward_error = 200;

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::ForwardRequest> {
  static void visit(auto& v, auto& s) {
    v("to", s.to);
    v("ca_pem", s.ca_pem);
    v("headers", s.headers);
  }
};
template <>
struct Fields<api::ForwardTrouble> {
  static void visit(auto& v, auto& s) {
    v("node", s.node);
    v("error", s.error);
    v("dropped_lines", s.dropped_lines);
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
    v("headers", s.headers);
    v("troubles", s.troubles);
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
    v("secret", s.secret);
    v("headers", s.headers);
  }
};
template <>
struct Fields<api::AgentForwardTrouble> {
  static void visit(auto& v, auto& s) {
    v("project", s.project);
    v("name", s.name);
    v("error", s.error);
    v("dropped_lines", s.dropped_lines);
  }
};
template <>
struct Fields<api::AgentForwardTroubles> {
  static void visit(auto& v, auto& s) { v("troubles", s.troubles); }
};
template <>
struct Fields<api::AgentForwards> {
  static void visit(auto& v, auto& s) {
    v("digest", s.digest);
    v("forwards", s.forwards);
  }
};

}  // namespace kontena::codec
