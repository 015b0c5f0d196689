// The suite of conformance_test.cc, on: networks, volumes, images and logs.
#include <doctest/doctest.h>

#include <algorithm>

#include "rig.h"

using namespace kontena;
using namespace kontena::engine;
using namespace kontena::engine::test;

namespace {

std::vector<LogLine> log_of(Rig& rig, const std::string& id, const LogOptions& options = {}) {
  std::vector<LogLine> lines;
  const auto status = rig.engine().logs(id, options, [&](const LogLine& line) { return lines.push_back(line), true; });
  if (!status) FAIL("logs: ", status.error().message);
  return lines;
}

model::Strings texts(const std::vector<LogLine>& lines, bool is_error) {
  model::Strings list;
  for (const auto& line : lines)
    if (line.is_error == is_error) list.push_back(line.text);
  return list;
}

bool has_volume(Rig& rig, const std::string& name) {
  model::VolumeSpec external;
  external.external = true;
  return rig.engine().ensure_volume(name, external, {}).has_value();
}

bool has_network(Rig& rig, const std::string& name) {
  ContainerSpec spec = rig.spec("asks", {"true"});
  spec.networks["net"] = name;
  const auto created = rig.engine().create(spec);
  if (created) REQUIRE(rig.engine().remove(*created));
  return created.has_value();
}

}  // namespace

TEST_CASE("a container tells its image, its networks and its limits, and a node its networks") {
  on_each_engine([](Rig& rig) {
    Engine& engine = rig.engine();
    const std::string one = rig.called("n1"), two = rig.called("n2"), other = rig.called("n3");
    for (const std::string& name : {one, two}) REQUIRE(engine.ensure_network({.name = name}, rig.ours(), 0));
    REQUIRE(engine.ensure_network({.name = other}, {{std::string(node_label), "another node"}}, 0));
    ContainerSpec spec = rig.spec("told", {"true"});
    spec.networks = {{"net", one}, {"more", two}};
    spec.service.networks = {{.network = "net"}, {.network = "more"}};
    spec.service.limits = {.nano_cpus = 500'000'000, .memory_bytes = 64 << 20, .pids = 50};
    const std::string id = rig.create(spec);
    const auto told = engine.inspect(id);
    REQUIRE(told);
    CHECK(told->networks == model::Strings{one, two});
    CHECK(told->limits == spec.service.limits);
    const auto image = engine.image_id(rig.image());
    REQUIRE(image);
    CHECK(told->image == *image);
    CHECK(engine.image_id("not-there:1").error().code == Code::not_found);
    const auto list = engine.list(rig.node());
    REQUIRE(list);
    for (const Container& listed : *list) {
      if (listed.id != id) continue;
      CHECK(listed.networks == told->networks);
      CHECK(listed.image == told->image);
    }
    const auto networks = engine.networks(rig.node());
    REQUIRE(networks);
    for (const std::string& name : {one, two}) CHECK(std::ranges::count(*networks, name) == 1);
    CHECK(std::ranges::count(*networks, other) == 0);
    const auto removed = engine.remove_image(told->image);
    REQUIRE(removed);
    CHECK_MESSAGE(!*removed, "a container uses it");
    REQUIRE(engine.remove(id));
    for (const std::string& name : {one, two}) CHECK(engine.remove_network(name, rig.node()));
    CHECK(engine.remove_network(other, "another node"));
  });
}

TEST_CASE("a network is made once, and removed by its node when nothing uses it") {
  on_each_engine([](Rig& rig) {
    Engine& engine = rig.engine();
    const std::string name = rig.called("n");
    REQUIRE(engine.ensure_network({.name = name}, rig.ours(), 0));
    CHECK(engine.ensure_network({.name = name}, {}, 0));
    CHECK(has_network(rig, name));

    ContainerSpec spec = rig.spec("user", {"true"});
    spec.networks["net"] = name;
    const std::string user = rig.create(spec);
    CHECK(engine.remove_network(name, rig.node()));
    CHECK_MESSAGE(has_network(rig, name), "a container that does not run may be started again");
    REQUIRE(engine.remove(user));

    CHECK(engine.remove_network(name, "another node"));
    CHECK(has_network(rig, name));
    CHECK(engine.remove_network(name, rig.node()));
    CHECK_FALSE(has_network(rig, name));
    CHECK(engine.remove_network(name, rig.node()));
  });
}

TEST_CASE("many who want a network at once get one") {
  on_each_engine([](Rig& rig) {
    const std::string name = rig.called("race");
    std::vector<std::jthread> threads;
    Synced<int> good{0};
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        if (rig.engine().ensure_network({.name = name}, rig.ours(), 0)) good.with([](int& n) { ++n; });
      });
    threads.clear();
    CHECK(good.with([](int n) { return n; }) == 8);
    CHECK(has_network(rig, name));  // of two with one name Docker would use neither
    CHECK(rig.engine().remove_network(name, rig.node()));
  });
}

TEST_CASE("a volume is made once, and removed by its node when nothing uses it") {
  on_each_engine([](Rig& rig) {
    Engine& engine = rig.engine();
    const std::string name = rig.called("v");
    CHECK_FALSE(has_volume(rig, name));
    REQUIRE(engine.ensure_volume(name, {}, rig.ours()));
    CHECK(engine.ensure_volume(name, {}, {}));
    CHECK(has_volume(rig, name));

    ContainerSpec spec = rig.spec("user", {"true"});
    spec.service.mounts = {{model::MountKind::volume, "data", "/data"}};
    spec.volumes = {{"data", name}};
    const std::string user = rig.create(spec);
    CHECK(engine.remove_volume(name, rig.node()));
    CHECK(has_volume(rig, name));
    REQUIRE(engine.remove(user));
    CHECK_MESSAGE(has_volume(rig, name), "a named volume outlives its container");

    CHECK(engine.remove_volume(name, "another node"));
    CHECK(has_volume(rig, name));
    CHECK(engine.remove_volume(name, rig.node()));
    CHECK_FALSE(has_volume(rig, name));
    CHECK(engine.remove_volume(name, rig.node()));
  });
}

TEST_CASE("an external volume must be there") {
  on_each_engine([](Rig& rig) {
    model::VolumeSpec external;
    external.external = true;
    const auto status = rig.engine().ensure_volume(rig.called("ext"), external, rig.ours());
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::not_found);
    CHECK(status.error().message.find(rig.called("ext")) != std::string::npos);
  });
}

TEST_CASE("a container in several networks has them all before it starts") {
  on_each_engine([](Rig& rig) {
    ContainerSpec spec = rig.spec("wide", {"sh", "-c", "echo ready; exec sleep 60"});
    const std::string second = rig.called("second");
    REQUIRE(rig.engine().ensure_network({.name = second}, rig.ours(), 0));
    spec.service.networks = {{"net", {}}, {"more", {"alias"}}};
    spec.networks["more"] = second;
    const std::string id = rig.create(spec);
    REQUIRE(rig.engine().start(id));
    CHECK(rig.engine().remove_network(second, rig.node()));
    CHECK_MESSAGE(has_network(rig, second), "it is in use");
    REQUIRE(rig.engine().remove(id));
    CHECK(rig.engine().remove_network(second, rig.node()));
    CHECK_FALSE(has_network(rig, second));
  });
}

TEST_CASE("an image is there or not") {
  on_each_engine([](Rig& rig) {
    CHECK(*rig.engine().has_image("busybox"));
    CHECK(*rig.engine().has_image("busybox:latest"));
    CHECK_FALSE(*rig.engine().has_image("busybox:nosuch"));
    CHECK_FALSE(*rig.engine().has_image("localhost:1/nosuch/image"));
    CHECK(rig.engine().has_image("No Image").error().code == Code::invalid_argument);
  });
}

TEST_CASE("a pull of what cannot be had is one clear line") {
  on_each_engine([](Rig& rig) {
    const auto status = rig.engine().pull("127.0.0.1:1/nosuch/image:1", nullptr, [](const PullProgress&) {});
    REQUIRE_FALSE(status);
    CHECK(status.error().message.starts_with("pulling '127.0.0.1:1/nosuch/image:1': "));
    CHECK(status.error().message.find('\n') == std::string::npos);
    CHECK_MESSAGE(status.error().code != Code::unavailable, "the engine is there");
  });
}

TEST_CASE("a log has both streams, each line with its time") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.start("logs", {"sh", "-c", "echo out; echo err >&2; echo last"});
    rig.wait_end(id);
    const auto lines = log_of(rig, id);
    CHECK(texts(lines, false) == model::Strings{"out", "last"});
    CHECK(texts(lines, true) == model::Strings{"err"});
    for (const auto& line : lines) CHECK(line.time.starts_with("20"));
    CHECK(log_of(rig, id, {.tail = 1}).size() == 1);
    CHECK(log_of(rig, id, {.tail = 0}).empty());
    CHECK(log_of(rig, id, {.since_ms = 4'000'000'000'000}).empty());
    CHECK(log_of(rig, id, {.since_ms = 1'000}).size() == 3);

    int calls = 0;
    CHECK(rig.engine().logs(id, {}, [&](const LogLine&) { return ++calls, false; }));
    CHECK(calls == 1);
  });
}

TEST_CASE("a line longer than 64 KiB comes in parts that make the whole") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.start("long", {"sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo; echo after"});
    rig.wait_end(id);
    const auto lines = log_of(rig, id);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].text == std::string(65536, 'x'));
    CHECK(lines[1].text == std::string(100'000 - 65536, 'x'));
    CHECK(lines[1].time == lines[0].time);
    CHECK(lines[2].text == "after");
  });
}

TEST_CASE("a log is followed until the container ends") {
  on_each_engine([](Rig& rig) {
    const std::string id =
        rig.start("follow", {"sh", "-c", "echo ready; trap 'exit 0' TERM; while :; do sleep 0.1; done"});
    Follower follower(rig.engine(), id, {.beat = Duration(100)});
    CHECK(follower.sees("ready"));
    CHECK_FALSE(follower.ends(Duration(0)));
    REQUIRE(rig.engine().stop(id, Duration(20'000)));
    CHECK(follower.ends());
  });
}

TEST_CASE("who follows a silent log is asked now and then, and may end it") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.start("silent", {"sh", "-c", "echo ready; exec sleep 600"});
    int ready = 0, beats = 0;
    const LogOptions options{.follow = true, .beat = Duration(50)};
    CHECK(rig.engine().logs(id, options, [&](const LogLine& line) {
      ++(line.time.empty() ? beats : ready);
      return beats < 3;
    }));
    CHECK(beats == 3);
    CHECK_MESSAGE(ready == 1, "a line is not told again when the log is taken up again");
  });
}
