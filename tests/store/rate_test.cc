// How fast it is: by hand, `test_store --no-skip -tc="*rate*"`.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "backends.h"
#include "kontena/store/tables.h"
#include "support/samples.h"

namespace kontena::store {
namespace {

double seconds(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("the rate of commits by 1, 8 and 32 threads" * doctest::skip()) {
  const std::string value(400, 'v');
  for (const Backend& backend : backends) {
    for (const int threads : {1, 8, 32}) {
      const TempFolder folder;
      const auto store = backend.open(folder / "db");
      constexpr int all = 8'000;
      const double took = seconds([&] {
        std::vector<std::jthread> writing;
        for (int t = 0; t < threads; ++t)
          writing.emplace_back([&, t] {
            // As a handler does it: a fresh key, and one that must be as it was.
            Revision own = 0;
            const auto name = std::to_string(t);
            for (int i = 0; i < all / threads; ++i) {
              const auto fresh = "fresh/" + name + '/' + std::to_string(i);
              own = must(
                  store->commit({{{"own/" + name, own}, {fresh, 0}}, {{"own/" + name, value}, {fresh, value}}, {}}));
            }
          });
      });
      std::printf("%-8.*s %2d threads: %8.0f commits/s\n", static_cast<int>(backend.name.size()), backend.name.data(),
                  threads, all / took);
    }
  }
}

TEST_CASE("the rate of large commits, and of loading and following a view of 100,000 instances" * doctest::skip()) {
  for (const Backend& backend : backends) {
    const TempFolder folder;
    auto store = backend.open(folder / "db");
    constexpr int chunks = 1'000, chunk = 100;
    model::Instance instance = samples::instance();
    const double wrote = seconds([&] {
      for (int c = 0; c < chunks; ++c) {
        Commit commit;
        for (int i = 0; i < chunk; ++i) {
          char id[16];
          std::snprintf(id, sizeof id, "%012x", (c * chunk + i) * 2'654'435);
          instance.id = InstanceId(id);
          const auto put = instances.put(model::instance_key(instance), instance);
          commit.unchanged.push_back({put.key, 0});
          commit.puts.push_back(put);
        }
        must(store->commit(commit));
      }
    });
    model::ClusterView view;
    const double loaded = seconds([&] { view = *load_view(*store); });
    CHECK(view.instances.size() == chunks * chunk);
    constexpr int rounds = 200;
    std::vector<Changed> changes;
    for (int i = 0; i < rounds; ++i)
      must(store->commit({{}, {instances.put(model::instance_key(instance), instance)}, {}}));
    changes = *store->changes(chunks, rounds, Duration(0));
    const double followed = seconds([&] {
      for (const Changed& change : changes) {
        auto next = view;
        apply(next, change);
        view = std::move(next);
      }
    });
    std::printf("%-8.*s: %8.0f puts/s in commits of %d; view loaded in %.2f s; a change of one takes %.0f us\n",
                static_cast<int>(backend.name.size()), backend.name.data(), chunks * chunk / wrote, chunk, loaded,
                followed / rounds * 1e6);
  }
}

}  // namespace kontena::store
