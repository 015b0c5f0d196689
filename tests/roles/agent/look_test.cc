#include "look.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;

namespace {

struct Asked : World {
  Look look{context};

  model::StringMap answers(model::Strings asked) {
    state.change([&](State& s) {
      s.asked = std::move(asked);
      s.report_facts = false;
    });
    look.round();
    return state.with([](const State& s) { return s.things; });
  }
  bool tells() {
    return state.with([](State& s) { return std::exchange(s.report_facts, false); });
  }
};

}  // namespace

TEST_CASE("what is at a path is told by its kind") {
  TempFolder folder;
  std::ofstream(folder / "file") << "x";
  std::filesystem::create_symlink(folder / "file", folder / "link");
  std::filesystem::create_symlink(folder / "nothing", folder / "dangling");
  const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = folder / "socket";
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  REQUIRE(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(made);
  CHECK(what_is_at(folder.path()) == "directory");
  CHECK(what_is_at(folder / "file") == "file");
  CHECK(what_is_at(folder / "link") == "file");
  CHECK(what_is_at(folder / "dangling") == "");
  CHECK(what_is_at(path) == "socket");
  CHECK(what_is_at("/dev/null") == "device");
  CHECK(what_is_at(folder / "nothing") == "");
}

TEST_CASE("paths, volumes and images that are asked about are answered, each, and told when that changes") {
  Asked node;
  TempFolder folder;
  node.fake.add_image("busybox:1");
  REQUIRE(node.fake.ensure_volume("data", {}, {}));
  const model::Strings asked{folder / "x",      "volume:data",  "volume:other",
                             "image:busybox:1", "image:none:1", "odd:thing"};
  const model::StringMap expected{{folder / "x", ""},           {"volume:data", "volume"}, {"volume:other", ""},
                                  {"image:busybox:1", "image"}, {"image:none:1", ""},      {"odd:thing", ""}};
  CHECK(node.answers(asked) == expected);
  CHECK(node.tells());
  CHECK(node.answers(asked) == expected);
  CHECK_FALSE(node.tells());
  CHECK_FALSE(node.fake.volumes().contains("other"));
  std::ofstream(folder / "x") << "x";
  CHECK(node.answers(asked).at(folder / "x") == "file");
  CHECK(node.tells());
  CHECK(node.answers({}).empty());
  CHECK(node.tells());
}

TEST_CASE("while the engine is away the answers stay as they were") {
  Asked node;
  REQUIRE(node.fake.ensure_volume("data", {}, {}));
  const model::Strings asked{"volume:data"};
  REQUIRE(node.answers(asked).at("volume:data") == "volume");
  node.fake.set_away(true);
  CHECK(node.answers(asked).at("volume:data") == "volume");
  node.state.change([](State& s) { s.engine_away = true; });
  CHECK(node.answers(asked).at("volume:data") == "volume");
}
