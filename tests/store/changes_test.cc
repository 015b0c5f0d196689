// The feed of changes: of each backend, and of the Feed that both are made with.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "../../src/store/feed.h"
#include "backends.h"

namespace kontena::store {
namespace {

constexpr Duration long_enough = std::chrono::minutes(1);

std::vector<Changed> changes(Store& store, Revision after, std::size_t limit, Duration timeout) {
  auto got = store.changes(after, limit, timeout);
  if (!got) FAIL(got.error().message);
  return *std::move(got);
}

Changed change(Revision revision, std::size_t bytes = 1) {
  return {revision, {{"key", std::string(bytes, 'x'), revision}}, {}};
}

}  // namespace

TEST_CASE("the feed tells what each commit did, oldest first") {
  on_each([](Store& store) {
    put(store, "a", "1");
    must(store.commit({{}, {{"b", "2"}, {"a", "2"}}, {"c"}}));
    must(store.commit({{}, {}, {"a"}}));
    const auto all = changes(store, 0, 10, Duration(0));
    REQUIRE(all.size() == 3);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].revision == static_cast<Revision>(i + 1));
    REQUIRE(all[1].put.size() == 2);
    CHECK(all[1].put[0].key == "b");
    CHECK(all[1].put[0].value == "2");
    CHECK(all[1].put[0].revision == 2);
    CHECK(all[1].deleted == std::vector<std::string>{"c"});
    CHECK(all[2].put.empty());
    CHECK(all[2].deleted == std::vector<std::string>{"a"});

    const auto some = changes(store, 1, 1, Duration(0));
    REQUIRE(some.size() == 1);
    CHECK(some[0].revision == 2);
    CHECK(changes(store, 3, 10, Duration(0)).empty());
    CHECK(changes(store, 3, 10, Duration(5)).empty());
  });
}

TEST_CASE("one who waits for a change gets it as soon as it is there") {
  on_each([](Store& store) {
    put(store, "a", "1");
    std::atomic<bool> asking = false;
    std::vector<Changed> got;
    {
      std::jthread waiting([&] {
        asking = true;
        got = changes(store, 1, 10, long_enough);
      });
      while (!asking) std::this_thread::yield();
      put(store, "a", "2");
    }
    REQUIRE(got.size() == 1);
    CHECK(got[0].revision == 2);
  });
}

TEST_CASE("close ends the waits there are and those to come, and no more than that") {
  on_each([](Store& store) {
    put(store, "a", "1");
    {
      std::vector<std::jthread> waiting;
      for (int i = 0; i < 4; ++i) waiting.emplace_back([&store] { CHECK(changes(store, 1, 10, long_enough).empty()); });
      store.close();
    }
    CHECK(changes(store, 1, 10, long_enough).empty());
    CHECK(put(store, "a", "2") == 2);
    CHECK(changes(store, 1, 10, long_enough).size() == 1);
  });
}

TEST_CASE("a revision that has not been yet is answered with expired") {
  on_each([](Store& store) {
    put(store, "a", "1");
    const auto ahead = store.changes(7, 10, long_enough);
    REQUIRE(!ahead);
    CHECK(ahead.error().code == Code::expired);
    CHECK(ahead.error().message == "revision 7 has not been yet, the newest is 1");
  });
}

TEST_CASE("one who follows the feed from a listing on sees every commit once") {
  on_each([](Store& store) {
    constexpr int writers = 4, times = 50;
    const Revision from = put(store, "start", "");
    std::vector<std::jthread> writing;
    for (int w = 0; w < writers; ++w)
      writing.emplace_back([&store, w] {
        for (int i = 0; i < times; ++i)
          if (!store.commit({{}, {{"w/" + std::to_string(w), std::to_string(i)}}, {}})) return;
      });
    Revision seen = from;
    while (seen < from + writers * times) {
      for (const Changed& changed : changes(store, seen, 7, long_enough)) {
        REQUIRE(changed.revision == seen + 1);
        seen = changed.revision;
        // What the feed tells can be read.
        const auto entry = store.get(changed.put.at(0).key);
        REQUIRE(entry);
        REQUIRE((*entry)->revision >= seen);
      }
    }
  });
}

TEST_CASE("a feed keeps a number of commits and says when older ones are asked for") {
  Feed feed(10, {.commits = 3, .bytes = 1u << 20});
  CHECK(feed.after(10, 9, Duration(0))->empty());
  CHECK(feed.last() == 10);
  std::vector<Changed> five;
  for (Revision r = 11; r <= 15; ++r) five.push_back(change(r));
  feed.push(std::move(five));
  CHECK(feed.last() == 15);
  CHECK(feed.after(12, 9, Duration(0))->size() == 3);
  const auto old = feed.after(11, 9, Duration(0));
  REQUIRE(!old);
  CHECK(old.error().code == Code::expired);
  CHECK(old.error().message == "the changes after revision 11 are no longer kept, only those after 12");
  CHECK(feed.after(0, 9, Duration(0)).error().code == Code::expired);
}

TEST_CASE("a feed that has just been opened has nothing of before") {
  Feed feed(10);
  CHECK(feed.after(10, 9, Duration(0))->empty());
  CHECK(feed.after(9, 9, Duration(0)).error().code == Code::expired);
}

TEST_CASE("a feed keeps a number of bytes, but always the newest commit") {
  Feed feed(0, {.commits = 100, .bytes = 10'000});
  for (Revision r = 1; r <= 10; ++r) feed.push({change(r, 2'000)});
  const auto kept = feed.after(6, 99, Duration(0));
  REQUIRE(kept);
  CHECK(kept->size() == 4);
  CHECK(!feed.after(5, 99, Duration(0)));
  feed.push({change(11, 50'000)});
  CHECK(feed.after(10, 99, Duration(0))->size() == 1);
  CHECK(!feed.after(9, 99, Duration(0)));
}

}  // namespace kontena::store
