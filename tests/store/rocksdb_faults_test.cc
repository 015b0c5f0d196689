// What the RocksDB store does when its disk fails under it.
#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "../../src/store/rocksdb_store.h"
#include "backends.h"
#include "fault_files.h"
#include "kontena/base/log.h"

namespace kontena::store {
namespace {

std::unique_ptr<Store> open_in(const std::string& folder, rocksdb::Env* env) {
  auto store = open_rocksdb_in(folder, env);
  if (!store) FAIL(store.error().message);
  return *std::move(store);
}

// The faults are expected: what the store says about them is not for the reader of the test.
struct Quiet {
  Quiet() { log::set_level(static_cast<log::Level>(4)); }
  ~Quiet() { log::set_level(log::Level::info); }
};

// Writes until it works again, for at most ten seconds.
Revision put_at_last(Store& store, const std::string& key, const std::string& value) {
  for (int i = 0; i < 1000; ++i) {
    if (const auto done = store.commit({{}, {{key, value}}, {}})) return *done;
    [[maybe_unused]] const auto waited = store.changes(store.list("")->revision, 1, Duration(10));
  }
  FAIL("the store never wrote again");
  return 0;
}

std::string value_of(Store& store, const std::string& key) {
  const auto got = store.get(key);
  REQUIRE(got);
  return *got ? (*got)->value : "(absent)";
}

}  // namespace

TEST_CASE("what was acknowledged is there after the power went, all that was not synced being lost") {
  const Quiet quiet;
  const TempFolder folder;
  Faults faults;
  const auto env = fault_env(faults);
  faults.lose_unsynced = true;
  Revision last = 0;
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    const auto store = open_in(folder / "db", env.get());
    CHECK(store->list("")->revision == last);
    for (int i = 0; i < 20; ++i) {
      last = put(*store, "key", std::to_string(last + 1));
      put(*store, "own/" + std::to_string(last), "");
      ++last;
    }
    CHECK(faults.syncs > last);
  }
  const auto store = open_in(folder / "db", rocksdb::Env::Default());
  CHECK(store->list("")->revision == last);
  CHECK(store->list("own/")->entries.size() == 60);
  CHECK(value_of(*store, "key") == std::to_string(last - 1));
}

TEST_CASE("a full disk fails the commit, reads go on, and writing goes on when there is space") {
  const Quiet quiet;
  struct Way {
    const char* name;
    std::atomic<bool> Faults::*fault;
    Code code;
    bool torn;
    bool kept;  // the failed commit stands in the log and comes back, whole
  };
  const Way ways[]{{"no space", &Faults::full, Code::exhausted, false, false},
                   {"no space, and a torn record", &Faults::full, Code::exhausted, true, false},
                   {"written but not synced", &Faults::sync_fails, Code::unavailable, false, true}};
  for (const Way& way : ways) {
    for (const bool written_before : {true, false}) {  // false: nothing is in the memtable when the fault comes
      CAPTURE(way.name);
      CAPTURE(written_before);
      const TempFolder folder;
      Faults faults;
      const auto env = fault_env(faults);
      Revision last = 0;
      {
        const auto first = open_in(folder / "db", env.get());
        last = put(*first, "a", "before");
      }
      {
        const auto store = open_in(folder / "db", env.get());
        if (written_before) last = put(*store, "a", "before");
        faults.torn = way.torn;
        faults.*way.fault = true;
        for (int i = 0; i < 3; ++i) {
          const auto refused = store->commit({{}, {{"a", "failed"}, {"b", "failed"}}, {}});
          REQUIRE(!refused);
          CHECK(refused.error().code == way.code);
          CHECK(refused.error().message.find(folder / "db") != std::string::npos);
          CHECK(value_of(*store, "a") == "before");
          CHECK(value_of(*store, "b") == "(absent)");
          CHECK(store->list("")->revision == last);
          CHECK(store->changes(last, 9, Duration(0))->empty());
        }
        faults.*way.fault = false;
        if (way.kept) ++last;
        CHECK(put_at_last(*store, "c", "after") == last + 1);
        CHECK(put(*store, "d", "after") == last + 2);
        CHECK(store->changes(last, 9, Duration(0))->size() == 2);
        CHECK(bool(store->changes(last - 1, 9, Duration(0))) == (written_before && !way.kept));
        faults.lose_unsynced = true;
      }
      const auto store = open_in(folder / "db", rocksdb::Env::Default());
      CHECK(store->list("")->revision == last + 2);
      CHECK(value_of(*store, "a") == (way.kept ? "failed" : "before"));
      CHECK(value_of(*store, "b") == (way.kept ? "failed" : "(absent)"));
      CHECK(value_of(*store, "c") == "after");
      CHECK(value_of(*store, "d") == "after");
    }
  }
}

TEST_CASE("commits of many threads that fail together all say so, and none is half there") {
  const Quiet quiet;
  const TempFolder folder;
  Faults faults;
  const auto env = fault_env(faults);
  const auto store = open_in(folder / "db", env.get());
  constexpr int threads = 8, times = 60;
  std::vector<std::vector<bool>> acknowledged(threads, std::vector<bool>(times));
  {
    std::vector<std::jthread> writing;
    for (int t = 0; t < threads; ++t)
      writing.emplace_back([&, t] {
        for (int i = 0; i < times; ++i) {
          const auto key = std::to_string(t) + "/" + std::to_string(i);
          acknowledged[t][i] = bool(store->commit({{}, {{"x/" + key, ""}, {"y/" + key, ""}}, {}}));
          if (t == 0 && i % 20 == 10) faults.full = !faults.full;
        }
      });
  }
  faults.full = false;
  put_at_last(*store, "after", "");
  for (int t = 0; t < threads; ++t)
    for (int i = 0; i < times; ++i)
      for (const char* half : {"x/", "y/"})
        REQUIRE(store->get(half + std::to_string(t) + "/" + std::to_string(i))->has_value() == acknowledged[t][i]);
}

TEST_CASE("a database cannot be made where there is no space") {
  const Quiet quiet;
  const TempFolder folder;
  Faults faults;
  faults.full = true;
  const auto env = fault_env(faults);
  const auto opened = open_rocksdb_in(folder / "db", env.get());
  REQUIRE(!opened);
  CHECK(opened.error().code == Code::exhausted);
}

TEST_CASE("a snapshot is over once the database had to be opened anew, and holds that up for nobody") {
  const Quiet quiet;
  const TempFolder folder;
  Faults faults;
  const auto env = fault_env(faults);
  const auto store = open_in(folder / "db", env.get());
  put(*store, "a", "1");
  put(*store, "b", "2");
  {
    const auto snapshot = store->snapshot();
    REQUIRE(snapshot);
    REQUIRE((*snapshot)->next(1)->size() == 1);
    faults.full = true;
    CHECK_FALSE(store->commit({{}, {{"c", "3"}}, {}}));
    faults.full = false;
    put_at_last(*store, "c", "3");
    CHECK((*snapshot)->next(1).error().code == Code::unavailable);
  }
  CHECK(value_of(*store, "c") == "3");
}

}  // namespace kontena::store
