#include "kontena/store/trail.h"

#include <cstdio>
#include <set>
#include <thread>

#include "../../src/store/rocksdb_store.h"
#include "backends.h"
#include "fault_files.h"
#include "kontena/base/log.h"
#include "kontena/crypto/digest.h"
#include "kontena/store/tables.h"
#include "support/samples.h"

namespace kontena::store {
namespace {

// All of it, in order, each held against the one before.
std::vector<std::string> chained(Store& store, crypto::Link at = {}) {
  std::vector<std::string> texts;
  const auto all = store.list(trail_prefix);
  REQUIRE(all);
  for (const Entry& entry : all->entries) {
    const auto read = read_trail(entry);
    REQUIRE(read);
    at = crypto::link(at, read->text);
    CHECK(read->link == at);
    texts.emplace_back(read->text);
  }
  const auto end = store.trail();
  REQUIRE(end);
  CHECK(*end == at);
  return texts;
}

Commit trail(std::vector<std::string> texts) { return {.trail = std::move(texts)}; }

}  // namespace

TEST_CASE("records of the trail are numbered and chained in the order of the commits") {
  on_each([](Store& store) {
    CHECK(store.trail()->number == 0);
    Commit first{.puts = {{"a", "1"}}, .trail = {"one", "two"}};
    CHECK(must(store.commit(first)) == 1);
    CHECK(must(store.commit(trail({"three"}))) == 2);
    CHECK(chained(store) == std::vector<std::string>{"one", "two", "three"});
    CHECK(store.get(trail_key(3))->value().revision == 2);
    const auto changes = store.changes(0, 10, Duration(0));
    REQUIRE(changes);
    REQUIRE(changes->size() == 2);
    CHECK((*changes)[0].put.size() == 3);
    CHECK((*changes)[1].put[0].key == trail_key(3));
  });
}

TEST_CASE("what a chain's hash is over is said in one line, for those who look at it by other means") {
  CHECK(crypto::link({}, "text").hash == crypto::sha256_hex(std::string(64, '0') + "\n1\ntext"));
}

TEST_CASE("a commit that is in conflict leaves nothing in the trail, and no gap") {
  on_each([](Store& store) {
    must(store.commit({.puts = {{"a", "1"}}, .trail = {"one"}}));
    const auto late = store.commit({.unchanged = {{"a", 0}}, .puts = {{"a", "2"}}, .trail = {"lost"}});
    REQUIRE(!late);
    must(store.commit({.unchanged = {{"a", 1}}, .puts = {{"a", "2"}}, .trail = {"two"}}));
    CHECK(chained(store) == std::vector<std::string>{"one", "two"});
  });
}

TEST_CASE("writers at once make one chain, in which each has its own in order") {
  on_each([](Store& store) {
    constexpr int writers = 8, each = 50;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < writers; ++t)
        threads.emplace_back([&store, t] {
          for (int i = 0; i < each; ++i)
            must(store.commit(
                {.puts = {{"k/" + std::to_string(t), "v"}}, .trail = {std::to_string(t) + ' ' + std::to_string(i)}}));
        });
    }
    const auto texts = chained(store);
    CHECK(texts.size() == writers * each);
    std::vector<int> next(writers);
    for (const std::string& text : texts) {
      const int t = text[0] - '0';
      CHECK(text == std::to_string(t) + ' ' + std::to_string(next[static_cast<std::size_t>(t)]++));
    }
  });
}

TEST_CASE("the chain goes on where it was after the database was opened again") {
  const TempFolder folder;
  for (int round = 0; round < 3; ++round) {
    const auto store = *open_rocksdb(folder / "db");
    CHECK(store->trail()->number == round * 2);
    must(store->commit(trail({"a" + std::to_string(round)})));
    must(store->commit(trail({"b" + std::to_string(round)})));
    CHECK(chained(*store).size() == static_cast<std::size_t>(round) * 2 + 2);
  }
}

TEST_CASE("a trail whose last records were taken away is known by its end, and goes on from there") {
  const TempFolder folder;
  log::set_level(static_cast<log::Level>(4));  // it is said as the database is opened
  {
    const auto store = *open_rocksdb(folder / "db");
    must(store->commit(trail({"one", "two", "three"})));
    must(store->commit({.deletes = {trail_key(3)}}));
  }
  const auto store = *open_rocksdb(folder / "db");
  log::set_level(log::Level::info);
  CHECK(store->trail()->number == 3);
  must(store->commit(trail({"four"})));
  CHECK(store->get(trail_key(4))->has_value());
}

TEST_CASE("a database that was put back from a copy goes on from its newest record") {
  const TempFolder folder;
  const auto store = open_memory();
  must(store->commit(trail({"one", "two"})));
  Commit all;
  const auto listed = store->list("");
  for (const Entry& entry : listed->entries) all.puts.push_back({entry.key, entry.value});
  {
    const auto copy = *make_rocksdb(folder / "db", 100);
    must(copy->commit(all));
  }
  const auto copy = *open_rocksdb(folder / "db");
  must(copy->commit(trail({"three"})));
  CHECK(chained(*copy) == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("records of before there was a chain are brought into it once, in their order") {
  on_each([](Store& store) {
    const auto record = [](std::int64_t at) {
      return model::AuditRecord{.at_ms = at, .who = "administrator", .verb = "stack.deploy", .outcome = "ok"};
    };
    CHECK(chain_old_records(store));
    Commit old;
    for (int i = 0; i < 1'200; ++i)
      old.puts.push_back(audit.put("00179534160" + std::to_string(1000 + i) + "/r", record(i)));
    must(store.commit(old));
    CHECK(chain_old_records(store));
    const Revision done = store.list("")->revision;
    CHECK(chain_old_records(store));
    CHECK(store.list("")->revision == done);
    must(store.commit(trail({audit_text(record(1'200))})));
    CHECK(chained(store).size() == 1'201);
    std::int64_t at = 0;
    const auto all = store.list(trail_prefix);
    for (const Entry& entry : all->entries) CHECK(read_audit(entry)->at_ms == at++);
  });
}

TEST_CASE("an old record lacks what newer ones have, and is read") {
  const auto old =
      read_audit({"audit/001795341600123/9f86d081884c",
                  R"(1 {"at_ms":5,"from":"","outcome":"ok","request":"r","resource":"x","verb":"v","who":"w"})", 1});
  REQUIRE(old);
  CHECK(old->count == 1);
  CHECK(old->user.empty());
  CHECK(!read_audit({trail_key(1), "1 {}", 1}));
}

TEST_CASE("the chain is whole after writes that failed") {
  log::set_level(static_cast<log::Level>(4));
  const TempFolder folder;
  Faults faults;
  const auto env = fault_env(faults);
  const auto store = *open_rocksdb_in(folder / "db", env.get());
  for (int round = 0; round < 3; ++round) {
    must(store->commit(trail({"before"})));
    faults.full = true;
    CHECK(!store->commit(trail({"refused"})));
    faults.full = false;
    bool again = false;
    for (int i = 0; i < 1000 && !again; ++i) {
      again = store->commit(trail({"after"})).has_value();
      if (!again) [[maybe_unused]]
        const auto waited = store->changes(store->list("")->revision, 1, Duration(10));
    }
    CHECK(again);
  }
  log::set_level(log::Level::info);
  CHECK(chained(*store).size() >= 6);
}

TEST_CASE("the rate of audited commits, chained and not, in turns" * doctest::skip()) {
  const std::string value(400, 'v');
  model::AuditRecord record = samples::audit_record();
  for (const int threads : {1, 8, 32}) {
    double took[2] = {};
    constexpr int turns = 6, all = 4'000;
    for (int turn = 0; turn < turns * 2; ++turn) {
      const bool chain = turn % 2 == 1;
      const TempFolder folder;
      const auto store = *open_rocksdb(folder / "db");
      const auto start = std::chrono::steady_clock::now();
      {
        std::vector<std::jthread> writing;
        for (int t = 0; t < threads; ++t)
          writing.emplace_back([&, t] {
            for (int i = 0; i < all / threads; ++i) {
              const std::string name = std::to_string(t) + '/' + std::to_string(i);
              Commit commit{.unchanged = {{"fresh/" + name, 0}}, .puts = {{"fresh/" + name, value}}};
              if (chain)
                commit.trail = {audit_text(record)};
              else
                commit.puts.push_back(audit.put("001795341600123/" + name, record));
              must(store->commit(commit));
            }
          });
      }
      took[chain] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    std::printf("%2d threads: %8.0f commits/s with a plain record, %8.0f with a chained one\n", threads,
                turns * all / took[0], turns * all / took[1]);
  }
}

}  // namespace kontena::store
