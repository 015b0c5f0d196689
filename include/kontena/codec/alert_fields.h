#pragma once

#include "kontena/codec/json.h"
#include "kontena/model/alert.h"

namespace kontena::codec {

template <>
struct Fields<model::AlertRule> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("name", s.name);
    v("kind", s.kind);
    v("stack", s.stack);
    v("service", s.service);
    v("for_ms", s.for_ms);
    v("webhooks", s.webhooks);
    v("silent_until_ms", s.silent_until_ms);
    v("silent_why", s.silent_why);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
    v("limit", s.limit);
    v("pattern", s.pattern);
    v("of_stack", s.of_stack);
  }
};
template <>
struct Fields<model::Webhook> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("name", s.name);
    v("host", s.host);
    v("ca_pem", s.ca_pem);
    v("digest", s.digest);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
  }
};
template <>
struct Fields<model::Told> {
  static void visit(auto& v, auto& s) {
    v("firing", s.firing);
    v("at_ms", s.at_ms);
  }
};
template <>
struct Fields<model::AlertState> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("rule", s.rule);
    v("subject", s.subject);
    v("summary", s.summary);
    v("since_ms", s.since_ms);
    v("fired_ms", s.fired_ms);
    v("resolved_ms", s.resolved_ms);
    v("acked_ms", s.acked_ms);
    v("acked_by", s.acked_by);
    v("told", s.told);
  }
};

}  // namespace kontena::codec
