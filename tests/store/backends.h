#pragma once

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "kontena/store/open.h"
#include "support/temp_folder.h"

namespace kontena::store {

// A row a backend: each conformance test runs on all of them.
struct Backend {
  std::string_view name;
  std::unique_ptr<Store> (*open)(const std::string& folder);
};

inline const std::array backends{
    Backend{"memory", [](const std::string&) { return open_memory(); }},
    Backend{"rocksdb",
            [](const std::string& folder) {
              auto store = open_rocksdb(folder);
              REQUIRE(store);
              return *std::move(store);
            }},
};

// Runs `test` on a fresh store of each backend.
inline void on_each(auto&& test) {
  for (const Backend& backend : backends) {
    CAPTURE(backend.name);
    const TempFolder folder;
    const auto store = backend.open(folder / "db");
    test(*store);
  }
}

inline Revision must(Result<Revision> revision) {
  if (!revision) FAIL(revision.error().message);
  return *revision;
}

inline Revision put(Store& store, const std::string& key, const std::string& value) {
  return must(store.commit({{}, {{key, value}}, {}}));
}

}  // namespace kontena::store
