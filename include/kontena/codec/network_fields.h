#pragma once

#include "kontena/codec/json.h"
#include "kontena/model/network.h"

// The fields of networks and of who is on them. See codec/fields.h.
namespace kontena::codec {

template <>
struct Fields<model::Network> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("name", s.name);
    v("stack", s.stack);
    v("subnet", s.subnet);
    v("gateway", s.gateway);
    v("ip_range", s.ip_range);
    v("reserved", s.reserved);
    v("declared", s.declared);
    v("internal", s.internal);
    v("labels", s.labels);
    v("created_ms", s.created_ms);
    v("subnet6", s.subnet6);
    v("gateway6", s.gateway6);
    v("ip_range6", s.ip_range6);
    v("declared6", s.declared6);
  }
};

template <>
struct Fields<model::AssignedNetwork> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("path", s.path);
    v("bridge", s.bridge);
    v("subnet", s.subnet);
    v("gateway", s.gateway);
    v("address", s.address);
    v("internal", s.internal);
    v("labels", s.labels);
    v("subnet6", s.subnet6);
    v("gateway6", s.gateway6);
    v("address6", s.address6);
  }
};

template <>
struct Fields<model::NodeNetwork> {
  static void visit(auto& v, auto& s) {
    v("path", s.path);
    v("bridge", s.bridge);
    v("subnet", s.subnet);
    v("gateway", s.gateway);
    v("internal", s.internal);
    v("subnet6", s.subnet6);
  }
};

template <>
struct Fields<model::Member> {
  static void visit(auto& v, auto& s) {
    v("network", s.network);
    v("address", s.address);
    v("node", s.node);
    v("instance", s.instance);
    v("names", s.names);
    v("full", s.full);
    v("up", s.up);
    v("links", s.links);
    v("address6", s.address6);
  }
};

template <>
struct Fields<model::Peer> {
  static void visit(auto& v, auto& s) {
    v("node", s.node);
    v("name", s.name);
    v("address", s.address);
    v("public_key", s.public_key);
    v("endpoints", s.endpoints);
    v("mtu", s.mtu);
  }
};

}  // namespace kontena::codec
