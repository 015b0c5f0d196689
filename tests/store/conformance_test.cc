// What every backend of the store does alike: one suite, run on each row of backends.h.
#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "backends.h"

namespace kontena::store {
namespace {

std::vector<std::string> keys(const std::vector<Entry>& entries) {
  std::vector<std::string> keys;
  for (const Entry& entry : entries) keys.push_back(entry.key);
  return keys;
}

using Keys = std::vector<std::string>;

std::optional<Entry> get(Store& store, std::string_view key) {
  auto got = store.get(key);
  REQUIRE(got);
  return *got;
}

std::vector<Entry> page(Store& store, std::string_view prefix, std::string_view after, std::size_t limit, bool back) {
  auto got = store.page(prefix, after, limit, back);
  REQUIRE(got);
  return *got;
}

Listing list(Store& store, std::string_view prefix) {
  auto got = store.list(prefix);
  REQUIRE(got);
  return *got;
}

}  // namespace

TEST_CASE("a fresh store is empty and at revision 0") {
  on_each([](Store& store) {
    CHECK(!get(store, "a"));
    CHECK(list(store, "").revision == 0);
    CHECK(list(store, "").entries.empty());
    CHECK(page(store, "", "", 10, false).empty());
    CHECK(page(store, "", "", 10, true).empty());
    const auto none = store.changes(0, 10, Duration(0));
    REQUIRE(none);
    CHECK(none->empty());
  });
}

TEST_CASE("what is put is read back, byte for byte, with the revision that wrote it") {
  on_each([](Store& store) {
    const std::string odd("a\0b\xff\n", 5);
    CHECK(put(store, "a", "1") == 1);
    CHECK(put(store, odd, odd) == 2);
    CHECK(put(store, "empty", "") == 3);
    CHECK(put(store, "a", "2") == 4);
    CHECK(get(store, "a")->value == "2");
    CHECK(get(store, "a")->revision == 4);
    CHECK(get(store, odd)->value == odd);
    CHECK(get(store, odd)->key == odd);
    CHECK(get(store, "empty")->value.empty());
    CHECK(!get(store, "b"));
    CHECK(!get(store, ""));
  });
}

TEST_CASE("a large value is kept whole") {
  on_each([](Store& store) {
    const std::string large(9u << 20, 'x');
    put(store, "large", large);
    CHECK(get(store, "large")->value == large);
  });
}

TEST_CASE("what is deleted is gone, and deleting what is absent is no error") {
  on_each([](Store& store) {
    put(store, "a", "1");
    CHECK(must(store.commit({{}, {}, {"a", "never"}})) == 2);
    CHECK(!get(store, "a"));
    CHECK(list(store, "").entries.empty());
    CHECK(must(store.commit({{{"a", 0}}, {{"a", "3"}}, {}})) == 3);
    CHECK(get(store, "a")->revision == 3);
  });
}

TEST_CASE("a commit whose expectations hold is written whole") {
  on_each([](Store& store) {
    put(store, "a", "1");
    put(store, "b", "1");
    CHECK(must(store.commit({{{"a", 1}, {"c", 0}}, {{"c", "3"}, {"d", "3"}}, {"b"}})) == 3);
    CHECK(keys(list(store, "").entries) == Keys{"a", "c", "d"});
    CHECK(get(store, "c")->revision == 3);
    CHECK(get(store, "d")->revision == 3);
    CHECK(get(store, "a")->revision == 1);
  });
}

TEST_CASE("a commit whose expectation does not hold is a conflict and writes nothing") {
  on_each([](Store& store) {
    put(store, "a", "1");
    put(store, "a", "2");
    for (const Commit::Expect& wrong :
         {Commit::Expect{"a", 1}, Commit::Expect{"a", 0}, Commit::Expect{"a", 3}, Commit::Expect{"absent", 1}}) {
      const auto refused = store.commit({{{"a", 2}, wrong}, {{"new", "x"}}, {"a"}});
      REQUIRE(!refused);
      CHECK(refused.error().code == Code::conflict);
      CHECK(refused.error().message.find("'" + wrong.key + "' is ") == 0);
    }
    CHECK(keys(list(store, "").entries) == Keys{"a"});
    CHECK(list(store, "").revision == 2);
    CHECK(put(store, "b", "1") == 3);
    const auto changes = store.changes(0, 10, Duration(0));
    REQUIRE(changes);
    CHECK(changes->size() == 3);
  });
}

TEST_CASE("a commit that writes nothing only checks, and takes no revision") {
  on_each([](Store& store) {
    put(store, "a", "1");
    CHECK(must(store.commit({{{"a", 1}}, {}, {}})) == 1);
    CHECK(must(store.commit({})) == 1);
    CHECK(store.commit({{{"a", 0}}, {}, {}}).error().code == Code::conflict);
    CHECK(put(store, "a", "2") == 2);
  });
}

TEST_CASE("a key that is written twice, or is no key, is refused") {
  on_each([](Store& store) {
    const std::string own("\0meta/format", 12);
    const std::vector<Commit> wrong{
        {{}, {{"a", "1"}, {"a", "2"}}, {}},
        {{}, {{"a", "1"}, {"b", "1"}}, {"a"}},
        {{}, {}, {"a", "b", "a"}},
        {{}, {{"", "1"}}, {}},
        {{}, {}, {""}},
        {{}, {{own, "1"}}, {}},
        {{}, {}, {own}},
    };
    for (const Commit& commit : wrong) {
      const auto refused = store.commit(commit);
      REQUIRE(!refused);
      CHECK(refused.error().code == Code::invalid_argument);
    }
    CHECK(list(store, "").revision == 0);
    CHECK(!get(store, own));
    CHECK(list(store, own).entries.empty());
    CHECK(page(store, own, "", 9, false).empty());
  });
}

TEST_CASE("a listing has the keys under its prefix, in order of bytes") {
  on_each([](Store& store) {
    Commit commit;
    for (const char* key :
         {"b/2", "b/1", "b/10", "a/1", "b", "b/", "b0", "c/1", "b/\xff", "b/\xff\xff", "\xff", "\xff\xff/1"})
      commit.puts.push_back({key, "v"});
    must(store.commit(commit));
    CHECK(keys(list(store, "b/").entries) == Keys{"b/", "b/1", "b/10", "b/2", "b/\xff", "b/\xff\xff"});
    CHECK(keys(list(store, "b/1").entries) == Keys{"b/1", "b/10"});
    CHECK(keys(list(store, "b/\xff").entries) == Keys{"b/\xff", "b/\xff\xff"});
    CHECK(keys(list(store, "\xff").entries) == Keys{"\xff", "\xff\xff/1"});
    CHECK(list(store, "").entries.size() == 12);
    CHECK(list(store, "d").entries.empty());
    CHECK(list(store, "d").revision == 1);
  });
}

TEST_CASE("pages go forward and back, and stay under their prefix") {
  on_each([](Store& store) {
    for (const char* key : {"a", "t/1", "t/2", "t/3", "t/4", "t0"}) put(store, key, key);
    CHECK(keys(page(store, "t/", "", 2, false)) == Keys{"t/1", "t/2"});
    CHECK(keys(page(store, "t/", "t/2", 2, false)) == Keys{"t/3", "t/4"});
    CHECK(keys(page(store, "t/", "t/4", 2, false)).empty());
    CHECK(keys(page(store, "t/", "", 3, true)) == Keys{"t/4", "t/3", "t/2"});
    CHECK(keys(page(store, "t/", "t/2", 3, true)) == Keys{"t/1"});
    CHECK(keys(page(store, "t/", "t/1", 3, true)).empty());
    CHECK(keys(page(store, "t/", "t/25", 9, false)) == Keys{"t/3", "t/4"});
    CHECK(keys(page(store, "t/", "t/25", 9, true)) == Keys{"t/2", "t/1"});
    CHECK(keys(page(store, "t/", "a", 9, false)) == Keys{"t/1", "t/2", "t/3", "t/4"});
    CHECK(keys(page(store, "t/", "z", 9, true)) == Keys{"t/4", "t/3", "t/2", "t/1"});
    CHECK(keys(page(store, "t/", "z", 9, false)).empty());
    CHECK(keys(page(store, "t/", "a", 9, true)).empty());
    CHECK(page(store, "t/", "", 0, false).empty());
    CHECK(keys(page(store, "", "", 9, true)) == Keys{"t0", "t/4", "t/3", "t/2", "t/1", "a"});
    CHECK(page(store, "t/", "", 1, false).front().revision == 2);
    CHECK(page(store, "t/", "", 1, false).front().value == "t/1");
  });
}

TEST_CASE("many threads that count by compare and commit lose no count") {
  on_each([](Store& store) {
    constexpr int threads = 8, times = 25;
    std::vector<std::jthread> counting;
    for (int t = 0; t < threads; ++t)
      counting.emplace_back([&store, t] {
        for (int done = 0; done < times;) {
          const auto got = store.get("count");
          if (!got) return;
          const int now = *got ? std::stoi((*got)->value) : 0;
          const Revision seen = *got ? (*got)->revision : 0;
          const auto own = "own/" + std::to_string(t) + "/" + std::to_string(done);
          if (store.commit({{{"count", seen}}, {{"count", std::to_string(now + 1)}, {own, ""}}, {}})) ++done;
        }
      });
    counting.clear();
    CHECK(get(store, "count")->value == std::to_string(threads * times));
    CHECK(list(store, "own/").entries.size() == threads * times);
    CHECK(list(store, "").revision == threads * times);
  });
}

TEST_CASE("a listing taken while others write is of one revision") {
  on_each([](Store& store) {
    // Each commit writes both, so a listing must show the same in both.
    std::jthread writing([&store](std::stop_token stop) {
      for (int i = 1; !stop.stop_requested(); ++i)
        if (!store.commit({{}, {{"x/a", std::to_string(i)}, {"x/b", std::to_string(i)}}, {}})) return;
    });
    for (Revision seen = 0; seen < 100;) {
      const Listing listing = list(store, "x/");
      if (listing.entries.empty()) continue;
      seen = listing.revision;
      REQUIRE(listing.entries.size() == 2);
      REQUIRE(listing.entries[0].value == listing.entries[1].value);
      REQUIRE(listing.entries[0].revision == listing.revision);
      REQUIRE(std::to_string(listing.revision) == listing.entries[0].value);
    }
  });
}

TEST_CASE("a snapshot is read piece by piece, and shows nothing of what is written meanwhile") {
  on_each([](Store& store) {
    for (int i = 0; i < 100; ++i) put(store, "k/" + std::to_string(1000 + i), std::string(100, 'v'));
    REQUIRE(store.commit({{}, {}, {"k/1050"}}));
    auto snapshot = store.snapshot();
    REQUIRE(snapshot);
    CHECK((*snapshot)->revision() == 101);
    std::vector<Entry> all;
    int pieces = 0;
    while (true) {
      const auto piece = (*snapshot)->next(1000);
      REQUIRE(piece);
      if (piece->empty()) break;
      ++pieces;
      CHECK(piece->size() <= 10);
      all.insert(all.end(), piece->begin(), piece->end());
      put(store, "k/1099", "changed");
      put(store, "l/" + std::to_string(pieces), "new");
      REQUIRE(store.commit({{}, {}, {"k/10" + std::to_string(98 - pieces)}}));
    }
    CHECK(pieces >= 10);
    REQUIRE(all.size() == 99);
    CHECK(std::ranges::is_sorted(keys(all)));
    for (const Entry& entry : all) CHECK(entry.value == std::string(100, 'v'));
    CHECK(all.back().revision == 100);
    CHECK((*snapshot)->next(1)->empty());
    CHECK((*store.snapshot())->next(1)->size() == 1);
  });
}

}  // namespace kontena::store
