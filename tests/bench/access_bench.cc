// What it costs to tell who asks and whether they may, at so many bindings; and how often a commit
// has the disk sync, with a record of the audit trail and without.
//
// usage: access_bench [BINDINGS]              (10000)
//        access_bench syncs FOLDER COMMITS with|without      (under strace -f -c -e trace=fsync,fdatasync)
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "identity.h"
#include "kontena/access/token.h"
#include "kontena/api/endpoints.h"
#include "kontena/crypto/digest.h"
#include "kontena/store/open.h"
#include "kontena/store/tables.h"
#include "kontena/store/trail.h"
#include "work.h"

namespace kontena::bench {
namespace {

using namespace kontena::server;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "access_bench: %s\n", what.c_str());
  std::exit(1);
}

double cpu_seconds() {
  timespec at{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

// By this thread's own clock: the machine may be busy with others.
void measure(const char* what, auto&& work) {
  constexpr int rounds = 9, each = 5'000;
  std::vector<double> took;
  for (int round = 0; round < rounds; ++round) {
    const double begun = cpu_seconds();
    for (int i = 0; i < each; ++i) work();
    took.push_back((cpu_seconds() - begun) * 1e6 / each);
  }
  std::ranges::sort(took);
  std::printf("%-66s %6.2f us (%.2f to %.2f)\n", what, took[rounds / 2], took.front(), took.back());
}

struct Server {
  Server() : store(store::open_memory()) {}
  Server(const Server&) = delete;
  ~Server() {
    if (work) work->stop([] {});
  }
  void start() {
    work = std::make_unique<Work>(Work::Needs{clock, ids, *store, *authority, vault});
    if (const Status started = work->start(); !started) fail(started.error().message);
  }
  void commit(store::Commit& commit) {
    if (const auto done = store->commit(commit); !done) fail(done.error().message);
    commit = {};
  }
  // Somebody who has a token, and is in these groups.
  std::string make(const std::string& name, const std::vector<std::string>& groups) {
    const access::TokenText text{authority->fingerprint(), TokenId(ids.id()), access::make_secret(ids.bytes(32))};
    store::Commit made;
    made.puts = {store::users.put(name, {.name = name, .groups = groups}),
                 store::tokens.put(*text.id, {.id = text.id, .kind = model::TokenKind::access,
                                              .secret_digest = crypto::sha256_hex(text.secret.reveal()), .owner = name})};
    commit(made);
    return "Bearer " + access::format(text);
  }

  SystemClock clock;
  SystemIds ids;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<pki::Authority> authority =
      std::make_unique<pki::Authority>(*pki::Authority::create("bench", Time{}, std::chrono::hours(24 * 3650)));
  Vault vault = *Vault::open("", ids);
  std::unique_ptr<Work> work;
};

const Route& route_of(std::string_view path, http::Method method) {
  for (const Route& route : routes())
    if (route.path == path && route.method == method) return route;
  fail("there is no such route");
}

void bindings(int count) {
  Server server;
  store::Commit commit;
  const auto give = [&](model::SubjectKind kind, const std::string& subject, const std::string& scope, const std::string& role) {
    const model::Binding binding{.kind = kind, .subject = subject, .scope = scope, .role = role};
    commit.puts.push_back(store::bindings.put(model::binding_key(binding), binding));
  };
  // Of 100 projects: most by users, one in ten by groups, one in ten at a stack or a pattern of stacks.
  for (int i = 0; i < count; ++i) {
    const std::string project = "default/p" + std::to_string((i * 7 + i / 2'000) % 100);  // no two are the same
    const bool group = i % 10 == 3;
    const std::string scope = i % 10 == 7 ? project + "/web-" + std::to_string(i % 20) + "*" : project;
    give(group ? model::SubjectKind::group : model::SubjectKind::user, (group ? "g" : "u") + std::to_string(i % 2'000), scope,
         i % 2 ? "deployer" : "viewer");
    if (commit.puts.size() == 1'000) server.commit(commit);
  }
  server.commit(commit);
  const std::vector<std::string> groups{"g3", "g13", "g23", "g33", "ops"};
  const std::string one = server.make("one", {}), many = server.make("many", groups), wide = server.make("wide", groups);
  give(model::SubjectKind::user, "one", "default/p1", "deployer");
  give(model::SubjectKind::group, "ops", "default/p1/shop*", "deployer");
  for (int i = 0; i < 100; ++i) give(model::SubjectKind::user, "wide", "default/p1/own-" + std::to_string(i) + "*", "deployer");
  give(model::SubjectKind::user, "wide", "default/p1/shop", "deployer");
  server.commit(commit);
  server.start();
  const View view = server.work->context().views.now();
  std::size_t there = 0;
  view->bindings.each("", [&](const auto&) { ++there; });
  std::printf("%zu bindings\n", there);

  const Route& route = route_of(api::paths::stack, http::Method::put);
  const auto ask = [&](const char* what, const std::string& token, const std::string& project, bool wanted) {
    http::Request request{.method = http::Method::put, .path = "", .headers = {{"authorization", token}}};
    measure(what, [&] {
      Call call;
      call.now = server.clock.now();
      call.path = {{"grid", "default"}, {"project", project}, {"stack", "shop"}};
      if (!identify(server.work->context(), request, route, *view, call)) fail("the token is not known");
      if (check_allowed(call, route.permission, place_of(route, call)).has_value() != wanted) fail("it is decided otherwise");
    });
  };
  ask("may deploy, by a role of their own", one, "p1", true);
  ask("may deploy, by the last of 5 groups, at a pattern", many, "p1", true);
  ask("may deploy, by the last of 101 roles in that project", wide, "p1", true);
  ask("may not, and sees nothing of the project", one, "p2", false);
  ask("may not, with 5 groups", many, "p99", false);
  const std::string secret = one.substr(one.rfind('.') + 1);
  const std::string id = *access::parse_token(std::string_view(one).substr(7))->id;
  measure("floor: the token's record by its id, SHA-256 of its secret", [&] {
    const auto* token = view->tokens.get(id);
    if (!token || !crypto::equal_secret(crypto::sha256_hex(secret), token->secret_digest)) fail("it is not the token");
  });
}

void syncs(const std::string& folder, int count, bool with) {
  auto store = store::open_rocksdb(folder);
  if (!store) fail(store.error().message);
  std::printf("opened\n");
  for (int i = 0; i < count; ++i) {
    store::Commit commit;
    const std::string name = "grid" + std::to_string(i);
    commit.puts = {store::grids.put(name, {name, 1})};
    if (with)
      commit.trail = {store::audit_text({.at_ms = i + 1, .who = "ann (token 1)", .verb = "grid.create", .resource = name, .outcome = "ok"})};
    if (const auto done = (*store)->commit(commit); !done) fail(done.error().message);
  }
  (*store)->close();
}

}  // namespace
}  // namespace kontena::bench

int main(int count, char** arguments) {
  using namespace kontena::bench;
  if (count == 5 && std::string(arguments[1]) == "syncs")
    syncs(arguments[2], std::atoi(arguments[3]), std::string(arguments[4]) == "with");
  else
    bindings(count > 1 ? std::atoi(arguments[1]) : 10'000);
}
