// Commands in containers: what every engine does, and how Docker's answers are read.
#include <doctest/doctest.h>

#include "../../src/engine/docker/frames.h"
#include "rig.h"

using namespace kontena;
using namespace kontena::engine;
using namespace kontena::engine::test;

namespace {

const model::Strings forever{"sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"};

struct Outcome {
  std::optional<std::int64_t> status;
  std::string output, errors;
};

Outcome run(Rig& rig, const std::string& id, const ExecSpec& spec) {
  Outcome outcome;
  const auto ended = rig.engine().exec(id, spec, [&](const ExecOutput& piece) {
    (piece.is_error ? outcome.errors : outcome.output) += piece.bytes;
    return true;
  });
  if (!ended) FAIL("exec: ", ended.error().message);
  outcome.status = *ended;
  return outcome;
}

std::string frame(int stream, const std::string& payload) {
  std::string head{static_cast<char>(stream), 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(payload.size() >> shift);
  return head + payload;
}

std::string framed(const std::string& bytes, std::size_t step) {
  docker::Frames frames;
  std::string output, errors;
  const auto sink = [&](const ExecOutput& piece) { return (piece.is_error ? errors : output) += piece.bytes, true; };
  for (std::size_t at = 0; at < bytes.size(); at += step)
    CHECK(frames.take(std::string_view(bytes).substr(at, step), sink));
  frames.finish(sink);
  return output + '|' + errors;
}

}  // namespace

TEST_CASE("a command runs in a container, and tells its output and how it ended") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.start("exec", forever);
    const auto told = run(rig, id, {.command = {"sh", "-c", "echo told; echo wrong >&2; exit 3"}});
    CHECK(told.status == 3);
    CHECK(told.output == "told\n");
    CHECK(told.errors == "wrong\n");
    CHECK(run(rig, id, {.command = {"true"}}).status == 0);

    const auto with = run(rig, id,
                          {.command = {"sh", "-c", "echo $A $(id -u) $(pwd)"},
                           .environment = {{"A", "b=c"}},
                           .user = "7",
                           .working_dir = "/tmp"});
    CHECK(with.output == "b=c 7 /tmp\n");
  });
}

TEST_CASE("a command that cannot be run says so") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.start("nosuch", forever);
    const auto outcome = run(rig, id, {.command = {"/nosuch"}});
    CHECK((outcome.status == 126 || outcome.status == 127));
    CHECK((outcome.output + outcome.errors).find("/nosuch") != std::string::npos);
  });
}

TEST_CASE("a command is left when nobody wants to hear of it any more, also while it is silent") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.start("left", forever);
    int asked = 0;
    const auto ended =
        rig.engine().exec(id, {.command = {"sleep", "600"}}, [&](const ExecOutput&) { return ++asked < 2; });
    REQUIRE(ended);
    CHECK_FALSE(ended->has_value());
    CHECK(asked == 2);
  });
}

TEST_CASE("a command ends with its container") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.start("ends", forever);
    bool stopped = false;
    const auto ended = rig.engine().exec(id, {.command = {"sleep", "600"}}, [&](const ExecOutput&) {
      if (!std::exchange(stopped, true)) CHECK(rig.engine().stop(id, Duration(0)));
      return true;
    });
    REQUIRE(ended);
    CHECK(ended->value_or(0) == 137);
  });
}

TEST_CASE("no command runs in a container that does not") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.create(rig.spec("still", forever));
    const auto sink = [](const ExecOutput&) { return true; };
    CHECK(rig.engine().exec(id, {.command = {"true"}}, sink).error().code == Code::conflict);
    CHECK(rig.engine().exec(rig.called("nobody"), {.command = {"true"}}, sink).error().code == Code::not_found);
  });
}

TEST_CASE("output is taken apart however it is cut") {
  const std::string bytes = frame(1, "one\n") + frame(2, "two") + frame(1, "") + frame(1, std::string(300, 'x'));
  for (std::size_t step = 1; step < 40; ++step) {
    CAPTURE(step);
    CHECK(framed(bytes, step) == "one\n" + std::string(300, 'x') + "|two");
  }
}

TEST_CASE("what has no frame is the engine's complaint") {
  for (std::size_t step = 1; step < 40; ++step) {
    CAPTURE(step);
    CHECK(framed("OCI runtime exec failed: no such file\r\n", step) == "|OCI runtime exec failed: no such file\r\n");
  }
  CHECK(framed(std::string("\1\0", 2), 1) == std::string("|\1\0", 3));
}
