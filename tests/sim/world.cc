#include "world.h"

#include <cstdio>

#include "kontena/access/token.h"
#include "kontena/api/endpoints.h"
#include "kontena/crypto/digest.h"
#include "kontena/store/open.h"
#include "kontena/store/tables.h"
#include "tables.h"

namespace kontena::sim {
namespace {

// Its keys are of no matter to the simulation, and take long to make.
const server::Vault& the_vault() {
  static CountedIds ids;
  static const server::Vault vault = *server::Vault::open("", ids);
  return vault;
}

pki::Authority& the_authority() {
  static pki::Authority authority = *pki::Authority::create("sim", Time{}, std::chrono::hours(24 * 3650));
  return authority;
}

constexpr std::size_t events_shown = 80;

}  // namespace

World::World(Options given)
    : options(std::move(given)),
      chance(options.seed),
      luck(chance.fork()),
      fibers(chance.fork()),
      store(store::open_memory()),
      authority(the_authority()),
      vault(the_vault()),
      ids(chance.next()),
      server(*this, 1, "server") {
  const auto advance = [this](Duration by) {
    server_clock.advance(by);
    for (const auto& machine : machines) machine->clock.advance(by);
  };
  fibers.on_time(advance);
  for (int number = 1; number <= options.nodes; ++number) machines.push_back(std::make_unique<Machine>(*this, number));
  advance(std::chrono::hours(24));

  const Redacted admin = access::make_secret(std::string(32, 'a')), joiner = access::make_secret(std::string(32, 'j'));
  admin_ = access::format({authority.fingerprint(), TokenId("aaaaaaaaaaaa"), admin});
  join_token_ = access::format({authority.fingerprint(), TokenId("bbbbbbbbbbbb"), joiner});
  const auto token = [](const std::string& id, model::TokenKind kind, const Redacted& secret) {
    model::Token made{.id = TokenId(id), .kind = kind, .secret_digest = crypto::sha256_hex(secret.reveal())};
    if (kind == model::TokenKind::join)
      made.grid = "default";
    else
      made.owner = "admin";
    return store::tokens.put(id, made);
  };
  const model::Binding all{.subject = "admin", .role = "server-admin"};
  const store::Commit first{.puts = {store::users.put("admin", {.name = "admin"}),
                                     store::bindings.put(model::binding_key(all), all),
                                     store::grids.put("default", {"default", 1}),
                                     store::projects.put("default/default", {"default", "default", 1}),
                                     token("aaaaaaaaaaaa", model::TokenKind::access, admin),
                                     token("bbbbbbbbbbbb", model::TokenKind::join, joiner)}};
  invariants.committed(*this, first, *store->commit(first));

  start(server);
  for (const auto& machine : machines) {
    furnish(*machine);
    user("join " + machine->name, [this, &machine = *machine] { join(machine); });
  }
}

World::~World() {
  calm = true;
  for (const auto& machine : machines) fibers.kill(machine->process.owner);
  fibers.kill(server.owner);
  fibers.kill(0);
  for (int owner = 0; owner <= options.nodes + 1; ++owner)
    while (fibers.any(owner)) fibers.step(fibers.now());
}

// ---- time

std::string World::run() {
  storm();
  run_for(options.stormy);
  return settle(Duration(300'000));
}

// Acts and faults, one after the other, until it is calm.
void World::storm() {
  if (calm || fibers.now() >= options.stormy) return;
  const auto table = options.faults && chance.once_in(2) ? faults() : acts();
  std::uint64_t sum = 0;
  for (const Row& row : table) sum += row.weight;
  std::uint64_t drawn = chance.below(sum);
  for (const Row& row : table) {
    if (drawn < row.weight) {
      event("world", std::string(row.name));
      row.happen(*this);
      break;
    }
    drawn -= row.weight;
  }
  later(chance.once_in(8) ? chance.time(2'000, 10'000) : chance.time(10, 1'500), [this] { storm(); });
}

std::string World::run(std::function<void()> acts) {
  bool done = false;
  user("acts", [&] {
    acts();
    done = true;
  });
  while (!done && !failed() && fibers.now() < Duration(600'000)) run_for(Duration(1'000));
  if (!done) fail("the user's acts do not end");
  return settle(Duration(300'000));
}

void World::run_for(Duration time) {
  const Duration end = fibers.now() + time;
  while (fibers.now() < end && !failed()) {
    Duration next = end;
    if (!later_.empty()) next = std::min(next, later_.begin()->first);
    for (const auto& machine : machines)
      if (machine->process.start_at) next = std::min(next, *machine->process.start_at);
    if (server.start_at) next = std::min(next, *server.start_at);
    turn(next);
  }
}

void World::turn(Duration until) {
  try {
    fibers.step(std::max(until, fibers.now()));
  } catch (const std::exception& error) {
    fail(error.what());
  }
  while (!later_.empty() && later_.begin()->first <= fibers.now()) {
    const auto next = later_.extract(later_.begin());
    next.mapped()();
  }
  reap();
  bring_up();
  invariants.check(*this);
}

std::string World::settle(Duration within) {
  calm = true;
  event("world", "the storm is over");
  for (const auto& machine : machines) soothe(*machine);
  if (options.faults) user("activate", [this] { activate(*this); });
  const Duration end = fibers.now() + within;
  int good = 0;
  std::vector<std::string> amiss;
  while (!failed() && good < 3 && fibers.now() < end) {
    run_for(Duration(1'000));
    amiss = invariants.not_as_wanted(*this);
    good = amiss.empty() ? good + 1 : 0;
  }
  if (!failed() && good < 3) {
    std::string text = "not as wanted after " + std::to_string(within.count() / 1000) + " s without faults:";
    for (const std::string& one : amiss) text += "\n    " + one;
    fail(text);
  }
  return failure_;
}

// ---- processes

void World::call(Process& process, const std::string& what, When when) {
  ++process.calls;
  if (options.trace && when == When::before) event(process.name, what);
  const bool told = options.kill == process.name && options.kill_at_call == process.calls;
  const bool chosen = options.faults && !calm && luck.once_in(options.kill_once_in);
  if (!told && !chosen) return;
  event(process.name, std::string("dies ") + (when == When::before ? "before '" : "after '") + what + "'");
  kill(process);
  throw Killed{};
}

void World::kill(Process& process) {
  if (!process.up || process.dying) return;
  event(process.name, "is killed");
  process.dying = true;
  ++process.deaths;
  if (&process == &server) serving = false;
  fibers.kill(process.owner);
}

void World::reap() {
  const auto reap_one = [&](Process& process, auto&& bury) {
    if (!process.dying || fibers.any(process.owner)) return;
    bury();
    process.up = process.dying = false;
    process.start_at = fibers.now() + (luck.once_in(3) ? luck.time(1'000, 15'000) : luck.time(50, 1'000));
  };
  reap_one(server, [&] { life.reset(); });
  for (const auto& machine : machines) {
    reap_one(machine->process, [&] {
      const auto status = machine->agent->state.with([](const agent::State& s) { return s.exit; });
      machine->agent.reset();
      if (status) leave(*machine, *status);
    });
  }
}

void World::start(Process& process) { process.start_at = fibers.now(); }

void World::bring_up() {
  const auto is_due = [&](Process& process) {
    const bool due = process.start_at && *process.start_at <= fibers.now();
    if (!due) return false;
    process.start_at.reset();
    process.up = true;
    event(process.name, "starts");
    return true;
  };
  if (is_due(server)) {
    fibers.spawn(server.owner, "start", [this] {
      life = std::make_unique<ServerLife>(server, *store, server::Work::Needs{server_clock, ids, *store, authority, vault});
      const Status started = life->work.start();
      if (!started) return fail("the server does not start: " + started.error().message);
      serving = true;
      event("server", "serves");
    });
  }
  for (const auto& machine : machines) {
    if (machine->id.empty()) {
      machine->process.start_at.reset();
      continue;
    }
    if (is_due(machine->process))
      fibers.spawn(machine->process.owner, "start", [&machine = *machine] { machine.start(); });
  }
}

// ---- joins and the like

void World::join(Machine& machine) {
  const auto request = pki::make_request(machine.name);
  const std::string name = machine.name + (machine.ids.empty() ? "" : "-" + std::to_string(machine.ids.size() + 1));
  http::Request sent{
      .method = http::Method::post,
      .path = std::string(api::paths::agent_join),
      .headers = {{"authorization", "Bearer " + join_token_}},
      .body = codec::to_json(api::JoinRequest{.name = name, .csr_pem = request->csr_pem, .version = "0"})};
  sent.peer.address = "10.0.0.9";
  for (int tries = 0; !failed(); ++tries) {
    auto response = exchange("user", sent, Duration(20'000), nullptr);
    if (response && (response->status == 201 || response->status == 200)) {  // 200: asked once more
      const auto answer = codec::from_json<api::JoinAnswer>(response->body);
      const auto facts = pki::read_certificate(answer->certificate_pem);
      machine.id = answer->node;
      machine.ids.insert(machine.id);
      machine.fingerprint = facts->fingerprint;
      machine.common_name = facts->common_name;
      event(machine.name, "joined as " + machine.id);
      return start(machine.process);
    }
    // An answer that was lost: the name is taken by a node that nobody is.
    if (response && response->status == 409) {
      ask(http::Method::del, "/v1/grids/default/nodes/" + name + "?force=true", "");
    } else if (response) {
      fail("a join was refused: " + response->body);
    }
    fibers.sleep(Duration(500));
  }
}

Machine* World::machine_of(const std::string& node) {
  for (const auto& machine : machines)
    if (machine->ids.contains(node) || machine->name == node) return machine.get();
  return nullptr;
}

void World::later(Duration in, std::function<void()> what) { later_.emplace(fibers.now() + in, std::move(what)); }

void World::user(std::string name, std::function<void()> what) { fibers.spawn(0, std::move(name), std::move(what)); }

// ---- what is told

void World::event(const std::string& who, const std::string& what) {
  char time[32];
  std::snprintf(time, sizeof time, "%9.3f ", static_cast<double>(fibers.now().count()) / 1000.0);
  std::string line = time + who + ": " + what;
  for (const char c : line) digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  if (options.trace) std::fprintf(stderr, "%s\n", line.c_str());
  events_.push_back(std::move(line));
  if (events_.size() > events_shown) events_.pop_front();
}

void World::fail(const std::string& what) {
  if (failed()) return;
  failure_ = "seed " + std::to_string(options.seed) + ": " + what + "\n  the last events:";
  for (const std::string& event : events_) failure_ += "\n    " + event;
  event("world", "FAILED: " + what);
}

}  // namespace kontena::sim
