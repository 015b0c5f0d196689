#include "sched_durable.h"

#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <random>

#include "controllers/deployments.h"
#include "kontena/base/log.h"
#include "kontena/base/synced.h"
#include "kontena/store/open.h"
#include "kontena/store/tables.h"

namespace kontena::bench {
namespace {

using Moment = std::chrono::steady_clock::time_point;
constexpr Duration patience{120'000};

double ms_between(Moment from, Moment to) { return std::chrono::duration<double, std::milli>(to - from).count(); }

[[noreturn]] void fail(const std::string& what) {
  std::printf("failed: %s\n", what.c_str());
  std::exit(1);
}

// Notes when the last service and the last instance were seen to be written, and
// looks each instance up as its node would.
class Follower {
 public:
  void look(const server::View& view, const std::vector<std::string>& keys) {
    seen_.change([&](Seen& seen) {
      seen.view = view;
      for (const std::string& key : keys) {
        const std::string_view tail = std::string_view(key).substr(key.find('/') + 1);
        if (key.starts_with("services/")) seen.service = std::chrono::steady_clock::now();
        if (!key.starts_with("instances/")) continue;
        const auto* instance = view->instances.get(tail);
        if (!instance || instance->node.empty()) continue;
        if (!view->by_node.get(model::by_node_key(*instance))) fail("an instance is not listed by its node");
        ++seen.instances;
        seen.instance = std::chrono::steady_clock::now();
      }
    });
  }
  bool wait(std::int64_t instances) {
    return seen_.wait(patience, [&](const Seen& seen) { return seen.instances >= instances; });
  }
  std::int64_t instances() {
    return seen_.with([](const Seen& seen) { return seen.instances; });
  }
  Moment instance() {
    return seen_.with([](const Seen& seen) { return seen.instance; });
  }
  server::View view() {
    return seen_.with([](const Seen& seen) { return seen.view; });
  }
  Moment service() {
    return seen_.with([](const Seen& seen) { return seen.service; });
  }

 private:
  struct Seen {
    std::int64_t instances = 0;
    Moment instance, service;
    server::View view;
  };
  Synced<Seen> seen_;
};

struct Server {
  explicit Server(const std::string& folder) {
    auto opened = store::open_rocksdb(folder);
    if (!opened) fail(opened.error().message);
    store = *std::move(opened);
    authority = std::make_unique<pki::Authority>(*pki::Authority::create("bench", clock.now(), std::chrono::hours(24)));
    views = std::make_unique<server::Views>(*store);
  }
  void start(const Size& size) {
    if (const auto loaded = views->load(); !loaded) fail(loaded.error().message);
    for (int i = 0; i < size.nodes; ++i) liveness.heard(node(i).id);
    context = std::make_unique<server::Context>(
        server::Context{clock, ids, *store, *views, liveness, logs, asks, builds, channels, *authority, reports, blobs, vault, refusals, logins, uses, sso, webhooks});
    deployments = std::make_unique<server::Deployments>(*context);
    views->subscribe([this](const server::View& view, const auto& keys) { follower.look(view, keys); });
    views->start();
    deployments->tick();  // reads all there is
    deployments->start();
  }
  void stop() {
    store->close();
    views->stop();
    deployments->stop();
  }
  std::int64_t commit(const store::Commit& commit) {
    const auto done = store->commit(commit);
    if (!done) fail(done.error().message);
    return *done;
  }

  SystemClock clock;
  SystemIds ids;
  server::LogHub logs;
  server::AskHub asks;
  server::Reports reports;
  blobs::Blobs blobs{"", clock};
  server::Vault vault = *server::Vault::open("", ids);
  server::Refusals refusals;
  server::BuildHub builds;
  server::ChannelHub channels;
  server::Logins logins;
  server::TokenUse uses;
  server::Sso sso{clock};
  server::Webhooks webhooks{clock};
  server::Liveness liveness{clock, std::chrono::hours(24)};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<pki::Authority> authority;
  std::unique_ptr<server::Views> views;
  std::unique_ptr<server::Context> context;
  std::unique_ptr<server::Deployments> deployments;
  Follower follower;
};

void write_nodes(Server& server, const Size& size) {
  store::Commit commit;
  commit.puts = {store::grids.put(grid, {grid, 1}), store::projects.put(grid + "/default", {grid, "default", 1})};
  for (int i = 0; i < size.nodes; ++i) {
    const auto one = node(i);
    commit.puts.push_back(store::nodes.put(grid + '/' + *one.id, one));
    commit.puts.push_back(store::facts.put(grid + '/' + *one.id, facts()));
  }
  server.commit(commit);
}

store::Commit stacks(const Size& size) {
  store::Commit commit;
  for (int s = 0; s < size.services; ++s) {
    const auto at = path(size, s);
    const auto stack = at.stack_path();
    if (s % size.per_stack == 0) {
      commit.puts.push_back(store::stacks.put(
          stack.text(), {.grid = grid, .project = "default", .name = stack.stack, .revision = 1, .created_ms = 1}));
      commit.puts.push_back(store::deployments.put(stack.text() + "/000000000001", {.id = DeploymentId("000000000001"),
                                                                                    .grid = grid,
                                                                                    .project = "default",
                                                                                    .stack = stack.stack,
                                                                                    .to = 1,
                                                                                    .by = "bench",
                                                                                    .created_ms = 1}));
    }
    const auto wanted = spec(size, s);
    commit.puts.push_back(store::services.put(at.text(), {.grid = grid,
                                                          .project = "default",
                                                          .stack = stack.stack,
                                                          .spec = wanted,
                                                          .revision = 1,
                                                          .instance_revision = 1,
                                                          .created_ms = 1,
                                                          .updated_ms = 1}));
    commit.puts.push_back(store::revisions.put(model::revision_key(at, 1), {wanted}));
  }
  return commit;
}

// Each agent says that what it has runs.
void write_statuses(Server& server) {
  store::Commit commit;
  const auto view = server.views->now();
  view->instances.each(grid + '/', [&](const auto& item) {
    commit.puts.push_back(store::statuses.put(
        item.key,
        {.state = model::InstanceState::running, .container = std::string(64, 'd'), .started_ms = 1'763'800'000'000}));
    if (commit.puts.size() == 1'000) server.commit(std::exchange(commit, {}));
  });
  if (!commit.puts.empty()) server.commit(commit);
  server.views->await(server.store->list("grids/")->revision);
}

void say_memory(const char* when) {
  const auto before = resident_kb();
  malloc_trim(0);
  std::printf("%s: RSS %.1f MB, %.1f MB without what malloc holds free; peak %.1f MB\n", when,
              static_cast<double>(before) / 1024, static_cast<double>(resident_kb()) / 1024,
              static_cast<double>(peak_kb()) / 1024);
}

std::string complaint(Server& server, const Size& size) {
  Tally tally(size);
  std::int64_t placed = 0;
  server.follower.view()->instances.each(grid + '/', [&](const auto& item) {
    tally.add(item.value.service_path().text(), item.value.node);
    placed += !item.value.node.empty();
  });
  if (placed < size.instances()) return "only " + std::to_string(placed) + " instances have a node";
  return tally.complaint();
}

// How long one small record takes to be on the disk, with nothing else to do.
double floor_ms(Server& server, int times) {
  std::vector<double> took;
  for (int i = 0; i < times; ++i) {
    const Moment from = std::chrono::steady_clock::now();
    server.commit({.unchanged = {}, .puts = {store::grids.put("floor", {"floor", i})}, .deletes = {}});
    took.push_back(ms_between(from, std::chrono::steady_clock::now()));
  }
  return quantile(took, 0.5);
}

void one_more(Server& server, const Size& size, int times) {
  std::int64_t instances = server.follower.instances();
  std::mt19937 random(1);
  std::vector<double> decided, whole;
  const double cpu = cpu_seconds();
  for (int i = 0; i < times; ++i) {
    const auto at = path(size, static_cast<int>(random() % static_cast<unsigned>(size.services)));
    const auto view = server.views->now();
    const auto* item = view->services.find(at.text());
    model::Service service = item->value;
    ++service.revision;
    ++service.spec.replicas;
    const Moment from = std::chrono::steady_clock::now();
    server.commit({.unchanged = {{store::services.key(at.text()), item->revision}},
                   .puts = {store::services.put(at.text(), service)},
                   .deletes = {}});
    if (!server.follower.wait(++instances)) fail("one replica more was not placed");
    decided.push_back(ms_between(server.follower.service(), server.follower.instance()));
    whole.push_back(ms_between(from, server.follower.instance()));
    server.views->await(view->revision + 2);
  }
  std::printf(
      "one more: p50 %.3f ms, p99 %.3f ms from the wish seen to the instance seen by its node; with the wish's "
      "own commit p50 %.3f ms, p99 %.3f ms; %.0f us CPU\n",
      quantile(decided, 0.5), quantile(decided, 0.99), quantile(whole, 0.5), quantile(whole, 0.99),
      (cpu_seconds() - cpu) * 1e6 / times);
  std::printf("floor: one synced commit of one record, p50 %.3f ms\n", floor_ms(server, times));
}

int reopen(const Size& size, const Durable& how) {
  const Moment from = std::chrono::steady_clock::now();
  Server server(how.folder);
  server.start(size);
  const auto view = server.views->now();
  std::printf("loaded: %zu nodes, %zu instances in %.0f ms\n", view->nodes.size(), view->instances.size(),
              ms_between(from, std::chrono::steady_clock::now()));
  say_memory("loaded");
  if (how.one_more > 0) one_more(server, size, how.one_more);
  server.stop();
  return 0;
}

}  // namespace

int run_durable(const Size& size, const Durable& how) {
  mallopt(M_ARENA_MAX, 4);  // as the server
  if (how.reopen) return reopen(size, how);
  Server server(how.folder);
  write_nodes(server, size);
  server.start(size);
  auto wanted = std::make_unique<const store::Commit>(stacks(size));

  const double cpu = cpu_seconds();
  server.commit(*wanted);
  const Moment from = std::chrono::steady_clock::now();
  wanted.reset();  // not the server's memory
  if (!server.follower.wait(size.instances())) fail("not all instances were placed");
  const double took = ms_between(from, server.follower.instance()) / 1'000;
  const double used = cpu_seconds() - cpu;
  const auto count = static_cast<double>(size.instances());
  std::printf("durable: %.0f placements/s, %.2f us CPU/placement; %.3f s\n", count / took, used * 1e6 / count, took);
  if (const auto wrong = complaint(server, size); !wrong.empty()) fail(wrong);

  if (how.one_more > 0) {
    write_statuses(server);
    say_memory("all running");
    one_more(server, size, how.one_more);
  }
  server.stop();
  return 0;
}

}  // namespace kontena::bench
