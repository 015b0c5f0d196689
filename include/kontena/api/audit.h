#pragma once

#include <cstdint>
#include <vector>

#include "kontena/codec/fields.h"
#include "kontena/model/grid.h"

namespace kontena::api {

struct AuditEntry : model::AuditRecord {
  std::int64_t number = 0;  // in the chain
};
// GET audit ?user ?verb ?resource ?since_ms ?until_ms ?limit ?before: what the caller may read,
// newest first.
struct AuditList {
  std::vector<AuditEntry> records;
  std::int64_t next = 0;  // for ?before=, where there may be more; 0 = no more
};

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::AuditEntry> {
  static void visit(auto& v, auto& s) {
    v("number", s.number);
    Fields<model::AuditRecord>::visit(v, s);
  }
};

template <>
struct Fields<api::AuditList> {
  static void visit(auto& v, auto& s) {
    v("records", s.records);
    v("next", s.next);
  }
};

}  // namespace kontena::codec
