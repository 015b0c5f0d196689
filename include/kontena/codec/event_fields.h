#pragma once

#include "kontena/codec/fields.h"
#include "kontena/model/event.h"

namespace kontena::codec {

template <>
struct Fields<model::Event> {
  static void visit(auto& v, auto& s) {
    v("at_ms", s.at_ms);
    v("last_ms", s.last_ms);
    v("count", s.count);
    v("kind", s.kind);
    v("node", s.node);
    v("node_name", s.node_name);
    v("text", s.text);
    v("project", s.project);
    v("stack", s.stack);
    v("service", s.service);
    v("slot", s.slot);
    v("instance", s.instance);
    v("by", s.by);
  }
};

template <>
struct Fields<model::EventKeeping> {
  static void visit(auto& v, auto& s) {
    v("kept_ms", s.kept_ms);
    v("most", s.most);
  }
};

template <>
struct Fields<model::LostNode> {
  static void visit(auto& v, auto& s) { v("since_ms", s.since_ms); }
};

}  // namespace kontena::codec
