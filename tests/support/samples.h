#pragma once

#include "kontena/model/assignment.h"
#include "kontena/model/deployment.h"
#include "kontena/model/grid.h"
#include "kontena/model/instance.h"
#include "kontena/model/node.h"
#include "kontena/model/stack.h"
#include "kontena/model/view.h"

// One valid thing of each noun, every field filled, and all of one story: the
// stack `shop` of project `demo` in grid `main`, with an instance of its service
// `web` on the node `oak`. Change what a test is about and leave the rest.
namespace kontena::samples {

inline constexpr std::int64_t then_ms = 1'795'341'600'123;  // 2026-11-22T10:00:00.123Z

inline model::ServicePath service_path() { return {"main", "demo", "shop", "web"}; }

inline model::HealthCheck health_check() {
  return {{"CMD", "wget", "-q", "http://localhost:8080/health"}, 5'000, 2'000, 10'000, 1'000, 3};
}

inline model::ServiceSpec service_spec() {
  model::ServiceSpec spec;
  spec.name = "web";
  spec.image = "registry.example:5000/shop/web:1.4";
  spec.pull_policy = model::PullPolicy::always;
  spec.command = model::Strings{"serve", "--port", "8080"};
  spec.entrypoint = model::Strings{"/entrypoint.sh"};
  spec.environment = {{"DATABASE_URL", "postgres://db/shop"}, {"MOTTO", "frühstück = \"good\"\n"}};
  spec.env_secrets = {{"DB_PASSWORD", "db-password", "sha256:" + std::string(64, 'a')}};
  spec.labels = {{"com.example.team", "shop"}};
  spec.user = "1000:1000";
  spec.working_dir = "/srv";
  spec.hostname = "web";
  spec.stop_signal = "SIGINT";
  spec.stop_grace_period_ms = 20'000;
  spec.ports = {{8080, 80, "tcp", "192.0.2.7"}, {9090, 0, "udp", ""}};
  spec.mounts = {{model::MountKind::volume, "uploads", "/srv/uploads", false, true},
                 {model::MountKind::bind, "/etc/ssl/certs", "/etc/ssl/certs", true, false}};
  spec.networks = {{"front", {"www"}}};
  spec.links = {{"database", "db"}};
  spec.health_check = health_check();
  spec.restart = {model::RestartWhen::on_failure, 5, 2'000, 30'000};
  spec.update = {3, 1'000, 5'000, model::Order::start_first, model::OnFailure::go_on, 100'000};
  spec.pinned = true;
  spec.limits = {2'000'000'000, 512 << 20, 200};
  spec.reservations = {500'000'000, 256 << 20, 100};
  spec.depends_on = {{"db", {model::Condition::healthy, false, true}}};
  spec.mode = model::Mode::replicated;
  spec.replicas = 3;
  spec.placing = {{{"node.labels.disk", false, "slow"}}, {"node.labels.zone"}, 2};
  return spec;
}

inline model::NetworkSpec network_spec() {
  return {"shop-front",   true,           false,           {{"com.example.tier", "front"}},
          "172.28.0.0/16", "172.28.0.254", "172.28.128.0/17", {"172.28.128.9"}};
}

inline model::AssignedNetwork assigned_network() {
  return {"shop-front",   "demo/shop-front", "kn0123456789",  "172.28.0.0/16", "172.28.0.254",
          "172.28.128.4", true,              {{"com.example.tier", "front"}}};
}

inline model::Network network() {
  return {"main", "demo", "shop-front", "shop", "172.28.0.0/16", "172.28.0.254", "172.28.128.0/17", {"172.28.128.9"},
          true,   true,   {{"com.example.tier", "front"}}, then_ms};
}

inline model::NodeNetwork node_network() {
  return {"demo/shop-front", "kn0123456789", "172.28.0.0/16", "172.28.0.254", true};
}

inline model::Member member() {
  return {"demo/shop-front", "172.28.128.4", NodeId("a1b2c3d4e5f6"), InstanceId("00112233aabb"), {"web", "web-2", "www"},
          "web-2.shop.demo.main.kontena.local", true, {{"database", "db.shop.demo.main.kontena.local"}}};
}

inline model::Peer peer() {
  return {NodeId("a1b2c3d4e5f7"), "elm", "10.64.0.4", "a2V5", {"192.0.2.8:51820"}, 1'420};
}

inline model::VolumeSpec volume_spec() {
  return {"shop-uploads", "local", {{"type", "tmpfs"}, {"device", "tmpfs"}}, {{"com.example.keep", "yes"}}, false};
}

// `web` as above and the database that it depends on.
inline model::StackSpec stack_spec() {
  model::ServiceSpec db;
  db.name = "db";
  db.image = "postgres:16";
  db.networks = {{"front", {}}};
  db.health_check = health_check();
  return {"shop", {{"db", db}, {"web", service_spec()}}, {{"front", network_spec()}}, {{"uploads", volume_spec()}}, "web"};
}

inline model::Grid grid() { return {"main", then_ms, 7'000, "10.64.0.0/14", 5, 6}; }
inline model::Project project() { return {"main", "demo", then_ms}; }

inline model::Token token() {
  return {TokenId("0c0ffee00001"),
          model::TokenKind::join,
          "the nodes of rack 4",
          "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
          "main",
          {{"rack", "4"}},
          12,
          then_ms + 86'400'000,
          then_ms,
          "administrator",
          "ann",
          "main/demo",
          {"deploy", "view"},
          "192.0.2.3",
          {"staff"},
          then_ms + 60'000,
          "192.0.2.4"};
}

inline model::User user() {
  return {"ann",
          true,
          "Ann Example",
          "scrypt$15$8$1$c2FsdHNhbHQ=$aGFzaGhhc2g=",
          "https://login.example|ann",
          {"ops", "shop"},
          true,
          "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
          then_ms + 86'400'000,
          then_ms,
          "administrator (token 0c0ffee00001)",
          then_ms + 5};
}

inline model::Role role() { return {"logs-only", "reads logs", {"logs", "view"}, then_ms, "ann (token 0c0ffee00001)"}; }

inline model::Policy policy() {
  return {{{"binds", true}, {"privileged", false}}, {{"docker.io/library", "registry.example:5000"}}, {{"memory", 8LL << 30}, {"stacks", 4}}, then_ms,
          "ann (token 0c0ffee00001)"};
}

inline model::Secret secret() {
  return {"main", "demo", "db-password", {{1, "sha256:" + std::string(64, 'a'), 12, true, then_ms, "ann (token 0c0ffee00001)"}}};
}

inline model::RegistryLogin registry_login() {
  return {"main", "demo", "registry.example:5000", "puller", "sha256:" + std::string(64, 'b'), true, then_ms, "ann (token 0c0ffee00001)"};
}

inline model::AlertRule alert_rule() {
  return {"main", "demo", "sick", model::AlertKind::unhealthy, "shop", "web", 30'000, {"ops"}, then_ms + 60'000, "we know", then_ms, "ann (token 0c0ffee00001)",
          80, "ERROR|panic", "shop"};
}
inline model::AlertState alert_state() {
  return {"main", "demo", "sick", "shop/web", "1 of 3 unhealthy", then_ms, then_ms + 1, then_ms + 2, then_ms + 3, "bob", {{"ops", {true, then_ms + 4}}}};
}
inline model::Webhook webhook() {
  return {"main", "demo", "ops", "hooks.example", "-----BEGIN CERTIFICATE-----\n", "sha256:" + std::string(64, 'd'), then_ms, "ann (token 0c0ffee00001)"};
}

inline model::Provider provider() {
  return {"https://login.example/realm", "kontena", "sha256:" + std::string(64, 'c'), "email", "groups", {"openid", "email"},
          "-----BEGIN CERTIFICATE-----\n", 3'600'000, then_ms, "ann (token 0c0ffee00001)"};
}

inline model::Binding binding() {
  return {model::SubjectKind::group, "ops", "main/demo/shop-*", "operator", then_ms, "ann (token 0c0ffee00001)"};
}

inline model::AuditRecord audit_record() {
  return {then_ms,       "administrator (token 0c0ffee00001)", "192.0.2.1", "stack.deploy", "main/demo/shop", "ok",
          "9f86d081884c"};
}

inline model::Node node() {
  return {NodeId("a1b2c3d4e5f6"),
          "main",
          "oak",
          model::Availability::pause,
          {{"zone", "eu-1"}, {"disk", "fast"}},
          "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
          "0d1c2b3a4958678695a4b3c2d1e0f0f1e2d3c4b5a69788796a5b4c3d2e1f0011",
          "11f0e1d2c3b4a5968778695a4b3c2d1e0f00112233445566778899aabbccddee",
          then_ms,
          3};
}

inline model::RemovedNode removed_node() {
  return {NodeId("a1b2c3d4e5f7"), "main", "elm", "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
          then_ms};
}

inline model::NodeFacts node_facts() {
  return {"oak.example", "linux", "amd64", 8'000'000'000, 16ll << 30, "20.10.24",
          "1.41",        "0.1.0", "6.1.0-18", true,        "192.0.2.7",
          "a2V5",        {"192.0.2.7:51820"},  "userspace", "no WireGuard in the kernel",
          1'420,         4,         "203.0.113.5"};
}

inline model::Stack stack() {
  return {"main",
          "demo",
          "shop",
          7,
          model::StackWanted::stopped,
          {{"front", network_spec()}},
          {{"uploads", volume_spec()}},
          then_ms,
          then_ms + 60'000,
          "web"};
}

inline model::Service service() {
  return {"main", "demo", "shop", service_spec(), 4, 3, 1, true, then_ms, then_ms + 60'000};
}

inline model::ServiceRevision service_revision() { return {service_spec()}; }

inline model::StackRevision stack_revision() { return {stack_spec(), "scale web", "administrator", then_ms}; }

inline model::Volume volume() { return {"main", "demo", "shop-uploads", "shop", "a1b2c3d4e5f6", then_ms}; }

inline model::Instance instance() {
  return {InstanceId("00112233aabb"),
          "main",
          "demo",
          "shop",
          "web",
          2,
          NodeId("a1b2c3d4e5f6"),
          3,
          1,
          model::Desired::stopped,
          "1 not ready for new work",
          then_ms,
          true,
          "rebalance",
          NodeId("a1b2c3d4e5f7"),
          2,
          {{NodeId("a1b2c3d4e5f7"), then_ms + 600'000}},
          {{"shop-front", "172.28.128.4"}}};
}

inline model::InstanceStatus instance_status() {
  return {model::InstanceState::failed,
          model::Health::unhealthy,
          "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
          137,
          true,
          2,
          1,
          then_ms,
          then_ms + 30'000,
          "exited with 137: out of memory",
          "12.1 MB / 40.2 MB",
          {"starting", "killed"},
          model::Failure{then_ms, 137, true, 64 << 20, "exited with status 137: out of memory (limit 64 MB)", {"killed"}},
          {{8080, 80, "tcp", "192.0.2.7"}}};
}

inline model::Deployment deployment() {
  return {DeploymentId("d00d00d00d00"),
          "main",
          "demo",
          "shop",
          6,
          7,
          model::DeploymentState::failed,
          "web: 2 of 3 are unhealthy",
          "deploy",
          "administrator",
          then_ms,
          then_ms + 60'000};
}

inline model::Assignment assignment() {
  return {InstanceId("00112233aabb"),
          "demo",
          "shop",
          "web",
          2,
          3,
          model::Desired::stopped,
          "demo.shop.web-2",
          service_spec(),
          {{"front", assigned_network()}},
          {{"uploads", volume_spec()}}};
}

inline model::Assignments assignments() { return {42, {{"00112233aabb", assignment()}}}; }

}  // namespace kontena::samples
