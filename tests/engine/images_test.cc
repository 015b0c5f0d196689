// Building, saving and loading images. What needs an engine runs where KONTENA_TEST_DOCKER names the
// socket of one that has the image "busybox".
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../../src/engine/docker/builder.h"
#include "kontena/base/random.h"
#include "kontena/engine/open.h"

using namespace kontena;
using namespace kontena::engine;
using namespace kontena::engine::docker;

namespace {

// The archive of a folder with these files, as tar makes it.
std::string context_of(const std::map<std::string, std::string>& files) {
  std::string folder = (std::filesystem::temp_directory_path() / "kontena-build-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()));
  for (const auto& [name, content] : files) std::ofstream(folder + '/' + name) << content;
  FILE* pipe = ::popen(("tar -C " + folder + " -cf - .").c_str(), "r");
  REQUIRE(pipe);
  std::string bytes;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) bytes += static_cast<char>(c);
  ::pclose(pipe);
  std::filesystem::remove_all(folder);
  return bytes;
}

Images::Pieces pieces_of(const std::string& bytes) {
  return [&bytes, at = std::size_t{0}]() mutable -> std::optional<std::string> {
    std::string piece = bytes.substr(at, 10'000);
    at += piece.size();
    return piece;
  };
}

Error failure_of(std::initializer_list<const char*> said) {
  const std::function<void(std::string_view)> nowhere = [](std::string_view) {};
  BuildReport report(nowhere);
  for (const char* line : said) report.take(line);
  report.finish();
  REQUIRE(report.failed());
  return report.error();
}

}  // namespace

TEST_CASE("a build's parameters are all on its path, and what has several values comes several times") {
  CHECK(build_path({.name = "shop-web"}) == "/build?rm=1&forcerm=1&t=shop-web");
  const std::string all = build_path({.name = "a:b",
                                      .remote = "https://x/y.git#main",
                                      .dockerfile = "d/F",
                                      .args = {{"K", "v w"}},
                                      .labels = {{"l", "1"}},
                                      .target = "t",
                                      .cache_from = {"one", "two"},
                                      .network = "host",
                                      .shm_bytes = 65536,
                                      .extra_hosts = {"a:10.0.0.1", "b:10.0.0.2"},
                                      .no_cache = true,
                                      .pull = true,
                                      .platform = "linux/arm64",
                                      .ulimits = {{"nofile", 10, 20}},
                                      .memory_bytes = 1000,
                                      .nano_cpus = 500'000'000});
  CHECK(all ==
        "/build?rm=1&forcerm=1&t=a%3Ab&remote=https%3A%2F%2Fx%2Fy.git%23main&dockerfile=d%2FF"
        "&buildargs=%7B%22K%22%3A%22v%20w%22%7D&labels=%7B%22l%22%3A%221%22%7D&target=t"
        "&cachefrom=%5B%22one%22%2C%22two%22%5D&networkmode=host&shmsize=65536&extrahosts=a%3A10.0.0.1"
        "&extrahosts=b%3A10.0.0.2&nocache=1&pull=1&platform=linux%2Farm64"
        "&ulimits=%5B%7B%22Hard%22%3A20%2C%22Name%22%3A%22nofile%22%2C%22Soft%22%3A10%7D%5D"
        "&memory=1000&memswap=1000&cpuperiod=100000&cpuquota=50000");
}

TEST_CASE("what a build says comes in whole lines, and its failure names the step") {
  std::vector<std::string> lines;
  const std::function<void(std::string_view)> keep = [&](std::string_view line) { lines.emplace_back(line); };
  BuildReport report(keep);
  for (const char* said : {R"({"stream":"Step 1/2 : FROM busybox"})", R"({"stream":"\n"})",
                           R"({"status":"Pulling from library/busybox","id":"latest"})",
                           R"({"status":"Downloading","progressDetail":{"current":1},"id":"x"})", "no json",
                           R"({"stream":"two\nlines\nand a half"})", R"({"aux":{"ID":"sha256:1"}})"})
    report.take(said);
  report.finish();
  CHECK_FALSE(report.failed());
  CHECK(lines == std::vector<std::string>{"Step 1/2 : FROM busybox", "Pulling from library/busybox", "two", "lines",
                                          "and a half"});
  const Error failed = failure_of(
      {R"({"stream":"Step 2/3 : RUN make\n"})",
       R"({"errorDetail":{"code":2,"message":"The command '/bin/sh -c make' returned a non-zero code: 2"},"error":"x"})"});
  CHECK(failed.code == Code::failed_precondition);
  CHECK(failed.message == "step 2/3 (RUN make): The command '/bin/sh -c make' returned a non-zero code: 2");
  CHECK(failure_of({R"({"error":"no such base"})"}).message == "no such base");
}

TEST_CASE("an engine builds, names, saves and loads an image") {
  const char* const socket = std::getenv("KONTENA_TEST_DOCKER");
  if (!socket) return;
  const auto images = open_images(socket);
  const auto containers = open_docker(socket);
  const std::string name = "kontena-test-" + SystemIds().id(), digest = SystemIds().id();
  std::vector<std::string> lines;
  const std::string context = context_of(
      {{"Dockerfile", "FROM busybox\nARG WHAT=nothing\nCOPY data /data\nRUN echo made of $WHAT\n"}, {"data", "some"}});
  const BuildSpec spec{.name = name, .args = {{"WHAT", "this"}}, .labels = {{std::string(build_label), digest}}};
  const auto keep = [&](std::string_view line) {
    if (!line.empty()) lines.emplace_back(line);
    return true;
  };
  REQUIRE(images->labelled(build_label, digest));
  CHECK(images->labelled(build_label, digest)->empty());
  const Status built = images->build(spec, pieces_of(context), keep);
  REQUIRE_MESSAGE(built, built.error().message);
  CHECK(std::ranges::find(lines, "made of this") != lines.end());
  const auto facts = images->find(name);
  REQUIRE(facts);
  CHECK(facts->labels.at(std::string(build_label)) == digest);
  CHECK(facts->platform.starts_with("linux/"));
  REQUIRE(facts->layers.size() >= 2);
  CHECK(*images->labelled(build_label, digest) == facts->id);
  const auto base = images->find("busybox");
  CHECK(base->layers[0] == facts->layers[0]);

  // The same again is the same image.
  REQUIRE(images->build(spec, pieces_of(context), keep));
  CHECK(images->find(name)->id == facts->id);

  std::string archive;
  REQUIRE(images->save(name, [&](std::string_view bytes) -> Status { return archive += bytes, Done{}; }));
  CHECK(archive.find("manifest.json") != std::string::npos);
  const Status stopped = images->save(name, [](std::string_view) -> Status { return Error{Code::exhausted, "full"}; });
  CHECK(stopped.error().code == Code::exhausted);
  REQUIRE(images->tag(facts->id, name + ":other"));
  REQUIRE(containers->remove_image(name));
  REQUIRE(containers->remove_image(name + ":other"));
  CHECK(images->find(name).error().code == Code::not_found);
  REQUIRE(images->load(pieces_of(archive)));
  CHECK(images->find(name)->id == facts->id);
  CHECK(images->load(pieces_of("nonsense")).error().code == Code::failed_precondition);
  const auto all = images->layers();
  REQUIRE(all);
  CHECK(std::ranges::find(*all, facts->layers) != all->end());

  const std::string failing = context_of({{"Dockerfile", "FROM busybox\nRUN echo words; exit 3\n"}});
  const Status failed = images->build({.name = name}, pieces_of(failing), keep);
  REQUIRE_FALSE(failed);
  CHECK_MESSAGE(failed.error().message.starts_with("step 2/2 (RUN echo words; exit 3): "), failed.error().message);
  CHECK(failed.error().message.find("code: 3") != std::string::npos);
  CHECK(lines.back() != "");
  // A context that breaks off is not built.
  int left = 1;
  const auto broken = [&]() -> std::optional<std::string> {
    if (left-- > 0) return context;
    return std::nullopt;
  };
  CHECK(images->build(spec, broken, keep).error().code == Code::failed_precondition);
  CHECK_FALSE(images->build(spec, pieces_of("nonsense"), keep));
  // One that nobody wants any more ends, though its step says nothing.
  const std::string endless = context_of({{"Dockerfile", "FROM busybox\nRUN sleep 600\n"}});
  int silent = 0;
  const auto tired = [&](std::string_view line) { return !line.empty() || ++silent < 2; };
  const Status broken_off = images->build({.name = name + "-endless"}, pieces_of(endless), tired);
  REQUIRE_FALSE(broken_off);
  CHECK(broken_off.error().message == "the build was broken off");
  CHECK(images->find(name + "-endless").error().code == Code::not_found);
  static_cast<void>(containers->remove_image(name));
}
