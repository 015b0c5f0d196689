#include "assignments.h"

#include <doctest/doctest.h>

#include "identity.h"
#include "kontena/base/files.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using agent::test::assignment;

namespace {

Kept kept_with(std::vector<model::Assignment> instances) {
  Kept kept{.revision = 5};
  for (auto& one : instances) {
    const std::string id = *one.id;
    kept.instances[id] = std::move(one);
  }
  return kept;
}

std::set<std::string> ids(const Kept& kept) {
  std::set<std::string> all;
  for (const auto& [id, one] : kept.instances) all.insert(id);
  return all;
}

}  // namespace

TEST_CASE("changes are merged, and what is forgotten is dropped") {
  auto changed = assignment("b");
  changed.desired = model::Desired::stopped;
  const Merged merged =
      merge(kept_with({assignment("a"), assignment("b"), assignment("c")}),
            {.revision = 9, .instances = {changed, assignment("d"), assignment("a")}, .forgotten = {"c", "x"}});
  CHECK(ids(merged.kept) == std::set<std::string>{"a", "b", "d"});
  CHECK(merged.kept.revision == 9);
  CHECK(merged.changed == std::vector<std::string>{"b", "d"});
  CHECK(merged.dropped == std::vector<std::string>{"c"});
  CHECK(merged.differs);
}

TEST_CASE("a complete list replaces all, and what is not in it is dropped, not removed") {
  const Merged merged = merge(kept_with({assignment("a"), assignment("b")}),
                              {.revision = 1, .complete = true, .instances = {assignment("b")}});
  CHECK(ids(merged.kept) == std::set<std::string>{"b"});
  CHECK(merged.dropped == std::vector<std::string>{"a"});
  CHECK(merged.kept.instances.at("b").desired == model::Desired::running);
}

TEST_CASE("an answer with nothing new changes the revision alone") {
  const Merged merged = merge(kept_with({assignment("a")}), {.revision = 8, .instances = {assignment("a")}});
  CHECK_FALSE(merged.differs);
  CHECK(merged.kept.revision == 8);
}

TEST_CASE("what is unused is remembered once") {
  Kept kept = kept_with({});
  kept.networks_unused = {"n"};
  const Merged merged = merge(kept, {.revision = 6, .networks_unused = {"n", "m"}, .volumes_unused = {"v"}});
  CHECK(merged.kept.networks_unused == model::Strings{"n", "m"});
  CHECK(merged.kept.volumes_unused == model::Strings{"v"});
  CHECK(merged.differs);
}

TEST_CASE("what is kept is read back as it was") {
  const TempFolder folder;
  CHECK(load_kept(folder.path())->revision == 0);
  Kept kept = kept_with({assignment("a"), assignment("b", "db", 2)});
  kept.volumes_unused = {"v"};
  REQUIRE(save_kept(folder.path(), kept));
  const auto read = load_kept(folder.path());
  REQUIRE(read);
  CHECK(read->revision == 5);
  CHECK(read->instances == kept.instances);
  CHECK(read->volumes_unused == kept.volumes_unused);
}

TEST_CASE("a broken file is moved aside, and all is asked for anew") {
  const TempFolder folder;
  const std::string path = folder.path() + "/assignments.json";
  for (const char* broken : {"", "{", "[]", R"({"format":99,"revision":1,"instances":{}})",
                             R"({"format":1,"revision":4,"instances":{"a":{"id":"b"}}})"}) {
    CAPTURE(broken);
    REQUIRE(files::write(path, broken, 0600));
    const auto read = load_kept(folder.path());
    REQUIRE(read);
    CHECK(read->revision == 0);
    CHECK(read->instances.empty());
    CHECK_FALSE(files::exists(path));
    CHECK(*files::read(path + ".broken") == broken);
  }
}

TEST_CASE("a state folder is one agent's at a time") {
  const TempFolder folder;
  {
    const auto first = StateLock::take(folder.path() + "/new");
    REQUIRE(first);
    const auto second = StateLock::take(folder.path() + "/new");
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::conflict);
  }
  CHECK(StateLock::take(folder.path() + "/new"));
}
