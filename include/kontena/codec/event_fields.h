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
  }
};

}  // namespace kontena::codec
