#pragma once

#include "kontena/api/messages.h"

// The fields of the messages between agents and the server; see codec/fields.h.
namespace kontena::codec {

template <>
struct Fields<api::JoinRequest> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("labels", s.labels);
    v("csr_pem", s.csr_pem);
    v("version", s.version);
  }
};

template <>
struct Fields<api::JoinAnswer> {
  static void visit(auto& v, auto& s) {
    v("node", s.node);
    v("grid", s.grid);
    v("name", s.name);
    v("certificate_pem", s.certificate_pem);
  }
};

template <>
struct Fields<api::BeatAnswer> {
  static void visit(auto& v, auto& s) {
    v("time_ms", s.time_ms);
    v("lost_after_ms", s.lost_after_ms);
    v("certificate_lifetime_ms", s.certificate_lifetime_ms);
    v("ask", s.ask);
    v("stats_interval_ms", s.stats_interval_ms);
    v("tell_facts", s.tell_facts);
  }
};

template <>
struct Fields<api::RenewRequest> {
  static void visit(auto& v, auto& s) {
    v("csr_pem", s.csr_pem);
  }
};

template <>
struct Fields<api::RenewAnswer> {
  static void visit(auto& v, auto& s) {
    v("certificate_pem", s.certificate_pem);
  }
};

template <>
struct Fields<api::AssignmentsAnswer> {
  static void visit(auto& v, auto& s) {
    v("revision", s.revision);
    v("complete", s.complete);
    v("instances", s.instances);
    v("forgotten", s.forgotten);
    v("networks_unused", s.networks_unused);
    v("volumes_unused", s.volumes_unused);
    v("unreadable", s.unreadable);
  }
};

template <>
struct Fields<api::StatusReport> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("status", s.status);
  }
};

template <>
struct Fields<api::StatusRequest> {
  static void visit(auto& v, auto& s) {
    v("instances", s.instances);
    v("run", s.run);
    v("number", s.number);
  }
};

template <>
struct Fields<api::StatusAnswer> {
  static void visit(auto& v, auto& s) {
    v("unknown", s.unknown);
  }
};

template <>
struct Fields<api::StreamWanted> {
  static void visit(auto& v, auto& s) {
    v("stream", s.stream);
    v("kind", s.kind);
    v("order", s.order);
    v("instance", s.instance);
    v("follow", s.follow);
    v("tail", s.tail);
    v("since_ms", s.since_ms);
  }
};

template <>
struct Fields<api::Ask> {
  static void visit(auto& v, auto& s) {
    v("ask", s.ask);
    v("kind", s.kind);
    v("body", s.body);
    v("patience_ms", s.patience_ms);
  }
};

template <>
struct Fields<api::StreamList> {
  static void visit(auto& v, auto& s) {
    v("streams", s.streams);
    v("asks", s.asks);
  }
};

template <>
struct Fields<api::LogRecord> {
  static void visit(auto& v, auto& s) {
    v("instance", s.instance);
    v("stack", s.stack);
    v("service", s.service);
    v("slot", s.slot);
    v("node", s.node);
    v("time", s.time);
    v("stream", s.stream);
    v("text", s.text);
    v("error", s.error);
  }
};

}  // namespace kontena::codec
