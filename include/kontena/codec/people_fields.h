#pragma once

#include "kontena/codec/json.h"
#include "kontena/model/people.h"
#include "kontena/model/secret.h"

// The fields of accounts, roles and bindings; see codec/fields.h.
namespace kontena::codec {

template <>
struct Fields<model::User> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("service", s.service);
    v("full_name", s.full_name);
    v("password", s.password);
    v("outside", s.outside);
    v("groups", s.groups);
    v("disabled", s.disabled);
    v("invite_digest", s.invite_digest);
    v("invite_expires_ms", s.invite_expires_ms);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
    v("password_ms", s.password_ms);
  }
};

template <>
struct Fields<model::SecretVersion> {
  static void visit(auto& v, auto& s) {
    v("version", s.version);
    v("digest", s.digest);
    v("bytes", s.bytes);
    v("text", s.text);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
  }
};

template <>
struct Fields<model::Secret> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("name", s.name);
    v("versions", s.versions);
  }
};

template <>
struct Fields<model::RegistryLogin> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("registry", s.registry);
    v("user", s.user);
    v("digest", s.digest);
    v("checked", s.checked);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
  }
};

template <>
struct Fields<model::Provider> {
  static void visit(auto& v, auto& s) {
    v("issuer", s.issuer);
    v("client_id", s.client_id);
    v("secret", s.secret);
    v("user_claim", s.user_claim);
    v("groups_claim", s.groups_claim);
    v("scopes", s.scopes);
    v("authorities", s.authorities);
    v("session_ms", s.session_ms);
    v("updated_ms", s.updated_ms);
    v("updated_by", s.updated_by);
  }
};

template <>
struct Fields<model::Policy> {
  static void visit(auto& v, auto& s) {
    v("allow", s.allow);
    v("registries", s.registries);
    v("quotas", s.quotas);
    v("updated_ms", s.updated_ms);
    v("updated_by", s.updated_by);
  }
};

template <>
struct Fields<model::Role> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("description", s.description);
    v("verbs", s.verbs);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
  }
};

template <>
struct Fields<model::Binding> {
  static void visit(auto& v, auto& s) {
    v("kind", s.kind);
    v("subject", s.subject);
    v("scope", s.scope);
    v("role", s.role);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
  }
};

}  // namespace kontena::codec
