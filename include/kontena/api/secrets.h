#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/codec/fields.h"

// Named secrets, and the credentials of registries. No value is in any of these but where it says so.
namespace kontena::api {

struct SecretSummary {
  std::string name;
  std::int64_t version = 0;  // the newest
  std::int64_t bytes = 0;
  std::int64_t users = 0;  // services
  std::int64_t updated_ms = 0;
  std::string updated_by;
};
struct SecretList {  // GET secrets
  std::vector<SecretSummary> secrets;
};

struct SecretUse {
  std::string stack;
  std::string service;
  std::string as;            // "file /run/secrets/db", "variable DB_PASSWORD"
  std::int64_t version = 0;  // 0 = one that is no longer listed
};
struct SecretVersionSummary {
  std::int64_t version = 0;
  std::int64_t bytes = 0;
  bool in_use = false;  // by a spec, or an instance that is still there
  std::int64_t created_ms = 0;
  std::string created_by;
};
struct SecretDetail {  // GET secret
  std::string name;
  std::vector<SecretVersionSummary> versions;  // newest first
  std::vector<SecretUse> users;
};

struct SecretSet {  // PUT secret: the body is the value; ?roll=false leaves the users as they are
  std::string name;
  std::int64_t version = 0;
  bool changed = false;
  std::vector<model::Deployment> deployments;  // that bring it to those who use it
};

// Of the key that all values are sealed under.
struct MasterKey {  // GET master_key
  bool usable = false;
  std::string kind;    // "file", "credential", "passphrase"
  std::string id;      // tells keys apart, and says nothing of them
  std::string why;     // not usable
  std::string hint;
  std::int64_t sealed = 0;  // records
  bool resealing = false;
};
struct ResealRequest {  // POST master_key
  std::string kind;   // "file": the server makes one; "credential", "passphrase": what comes here
  std::string key;    // the secret
  bool lost = false;  // the old one is lost: what it sealed is given up
};
struct ResealAnswer {
  std::string kind;
  std::string id;
  std::int64_t resealed = 0;
  std::int64_t given_up = 0;
};

struct RegistryEntry {
  std::string project;  // "" = of the grid
  std::string registry;
  std::string user;
  bool checked = false;
  std::int64_t created_ms = 0;
  std::string created_by;
};
struct RegistryList {  // GET grid_registries, project_registries: of a project with those of its grid
  std::vector<RegistryEntry> registries;
};
struct RegistryRequest {  // PUT grid_registry, project_registry
  std::string user;
  std::string password;  // the secret
  bool checked = false;
};
struct RegistryCredentials {  // GET agent_registry; no registry = none are needed
  std::string registry;
  std::string user;
  std::string password;  // the secret
};

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::SecretSummary> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("version", s.version);
    v("bytes", s.bytes);
    v("users", s.users);
    v("updated_ms", s.updated_ms);
    v("updated_by", s.updated_by);
  }
};
template <>
struct Fields<api::SecretList> {
  static void visit(auto& v, auto& s) { v("secrets", s.secrets); }
};
template <>
struct Fields<api::SecretUse> {
  static void visit(auto& v, auto& s) {
    v("stack", s.stack);
    v("service", s.service);
    v("as", s.as);
    v("version", s.version);
  }
};
template <>
struct Fields<api::SecretVersionSummary> {
  static void visit(auto& v, auto& s) {
    v("version", s.version);
    v("bytes", s.bytes);
    v("in_use", s.in_use);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
  }
};
template <>
struct Fields<api::SecretDetail> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("versions", s.versions);
    v("users", s.users);
  }
};
template <>
struct Fields<api::SecretSet> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("version", s.version);
    v("changed", s.changed);
    v("deployments", s.deployments);
  }
};
template <>
struct Fields<api::MasterKey> {
  static void visit(auto& v, auto& s) {
    v("usable", s.usable);
    v("kind", s.kind);
    v("id", s.id);
    v("why", s.why);
    v("hint", s.hint);
    v("sealed", s.sealed);
    v("resealing", s.resealing);
  }
};
template <>
struct Fields<api::ResealRequest> {
  static void visit(auto& v, auto& s) {
    v("kind", s.kind);
    v("key", s.key);
    v("lost", s.lost);
  }
};
template <>
struct Fields<api::ResealAnswer> {
  static void visit(auto& v, auto& s) {
    v("kind", s.kind);
    v("id", s.id);
    v("resealed", s.resealed);
    v("given_up", s.given_up);
  }
};
template <>
struct Fields<api::RegistryEntry> {
  static void visit(auto& v, auto& s) {
    v("project", s.project);
    v("registry", s.registry);
    v("user", s.user);
    v("checked", s.checked);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
  }
};
template <>
struct Fields<api::RegistryList> {
  static void visit(auto& v, auto& s) { v("registries", s.registries); }
};
template <>
struct Fields<api::RegistryRequest> {
  static void visit(auto& v, auto& s) {
    v("user", s.user);
    v("password", s.password);
    v("checked", s.checked);
  }
};
template <>
struct Fields<api::RegistryCredentials> {
  static void visit(auto& v, auto& s) {
    v("registry", s.registry);
    v("user", s.user);
    v("password", s.password);
  }
};

}  // namespace kontena::codec
