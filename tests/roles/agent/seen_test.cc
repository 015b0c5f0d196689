#include "seen.h"

#include <doctest/doctest.h>

using namespace kontena;
using namespace kontena::agent;
using engine::Container;
using engine::ContainerState;

namespace {

Container container(const std::string& id, const std::string& instance,
                    ContainerState state = ContainerState::running) {
  return {.id = id, .name = "name-" + id, .labels = {{std::string(engine::instance_label), instance}}, .state = state};
}

}  // namespace

TEST_CASE("an older look does not overwrite a newer one") {
  Seen seen;
  const auto early = seen.ticket(), late = seen.ticket();
  seen.note(container("c", "i", ContainerState::exited), late);
  seen.note(container("c", "i", ContainerState::running), early);
  CHECK(seen.with_id("c")->state == ContainerState::exited);
}

TEST_CASE("a container that is gone is not brought back by a look that began before") {
  Seen seen;
  seen.note(container("c", "i"), seen.ticket());
  const auto early = seen.ticket();
  seen.note_gone("c", seen.ticket());
  seen.note(container("c", "i"), early);
  CHECK(seen.with_id("c") == nullptr);
  CHECK(seen.of_instance("i") == nullptr);
  CHECK(seen.named("name-c") == nullptr);
}

TEST_CASE("a list takes off what is gone, but not what was made since it was asked for") {
  Seen seen;
  seen.note(container("old", "i1"), seen.ticket());
  seen.note(container("kept", "i2"), seen.ticket());
  const auto listing = seen.ticket();
  seen.note(container("new", "i3"), seen.ticket());
  const auto to_inspect =
      seen.note_list({container("kept", "i2", ContainerState::exited), container("found", "i4")}, listing);
  CHECK(to_inspect == std::vector<std::string>{"kept", "found"});
  CHECK(seen.with_id("old") == nullptr);
  CHECK(seen.with_id("new") != nullptr);
  CHECK(seen.instances() == std::vector<std::string>{"i2", "i3"});
}

TEST_CASE("of two containers of an instance the one that runs counts, else the newer") {
  Seen seen;
  auto older = container("a", "i", ContainerState::exited), newer = container("b", "i", ContainerState::exited);
  older.created_ms = 1;
  newer.created_ms = 2;
  seen.note(older, seen.ticket());
  seen.note(newer, seen.ticket());
  CHECK(seen.of_instance("i")->id == "b");
  older.state = ContainerState::running;
  seen.note(older, seen.ticket());
  CHECK(seen.of_instance("i")->id == "a");
}
