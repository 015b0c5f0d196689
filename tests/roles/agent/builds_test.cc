// Builds that come with the poll for streams, with an engine and a server of the test's own.
#include "builds.h"

#include <doctest/doctest.h>

#include "kontena/api/endpoints.h"
#include "kontena/image/parts.h"
#include "streams.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using agent::test::soon;
using agent::test::World;

namespace {

const std::string context = "an archive", layer = "a layer", config = R"({"rootfs":{}})";

// What the engine has and was asked.
struct Kept {
  Synced<model::StringMap> names;  // of images → ids
  Synced<std::vector<std::string>> contexts;
  std::string fails;                 // not empty: the last step does, with these words
  std::atomic<bool> endless{false};  // a step says nothing more
  std::atomic<int> broken_off{0};
};

class TestImages final : public engine::Images {
 public:
  explicit TestImages(Kept& kept) : kept_(kept) {}
  Result<engine::ImageFacts> find(const std::string& image) override {
    return kept_.names.with([&](const auto& names) -> Result<engine::ImageFacts> {
      const auto found = names.find(image);
      if (found == names.end()) return Error{Code::not_found, "no such image"};
      return engine::ImageFacts{
          .id = found->second, .labels = {}, .platform = "linux/amd64", .layers = {image::digest_of(layer)}};
    });
  }
  Result<model::StringMap> named(const std::string&) override {
    return kept_.names.with([](const auto& names) { return names; });
  }
  Result<std::string> labelled(std::string_view, const std::string&) override { return std::string(); }
  Result<std::vector<model::Strings>> layers() override { return std::vector<model::Strings>{}; }
  Status build(const engine::BuildSpec& spec, const Pieces& pieces, const Line& line) override {
    std::string bytes;
    for (auto piece = pieces(); piece && !piece->empty(); piece = pieces()) bytes += *piece;
    kept_.contexts.with([&](auto& all) { all.push_back(bytes); });
    bool goes_on = true;
    for (const char* said : {"Step 1/2 : FROM base", " ---> 0123456789ab", "Step 2/2 : RUN make", " ---> Running in 77",
                             " ---> ba9876543210"})
      goes_on = goes_on && line(said);
    Synced<bool> never;
    while (goes_on && kept_.endless) {
      never.wait(Duration(5), [](bool) { return false; });
      goes_on = line("");
    }
    if (!goes_on) {
      ++kept_.broken_off;
      return Error{Code::failed_precondition, "the build was broken off"};
    }
    if (!kept_.fails.empty()) return Error{Code::failed_precondition, "step 2/2 (RUN make): " + kept_.fails};
    kept_.names.with([&](auto& names) { names[spec.name] = image::digest_of(config); });
    return Done{};
  }
  Status tag(const std::string&, const std::string&) override { return Done{}; }
  Status save(const std::string&, const std::function<Status(std::string_view)>& sink) override {
    std::string tar;
    const auto add = [&](const std::string& path, const std::string& content) {
      const auto size = static_cast<std::int64_t>(content.size());
      tar += image::tar_header({.path = path, .size = size}) + content + image::tar_padding(size);
    };
    add("a/layer.tar", layer);
    add("c.json", config);
    add("manifest.json", R"([{"Config":"c.json","Layers":["a/layer.tar"]}])");
    return sink(tar + image::tar_end());
  }
  Status load(const Pieces&) override { return Error{Code::unsupported, "nothing is loaded"}; }

 private:
  Kept& kept_;
};

// The server: its blobs, and what comes by the stream.
class Server final : public http::Client {
 public:
  Synced<model::StringMap> blobs;  // by digest
  Synced<std::map<std::string, std::vector<api::BuildRecord>>> said;  // by the path of the stream
  std::atomic<bool> gone{false};  // whoever waits

  Result<http::Response> send(const http::Request& request, Duration) override {
    const bool there = blobs.with([&](const auto& all) { return all.contains(digest_in(request)); });
    return http::Response{.status = there ? 200 : 404};
  }
  Result<http::Response> stream(const http::Request& request, Duration, const Bytes& on_bytes) override {
    const std::string bytes = blobs.with([&](auto& all) { return all[digest_in(request)]; });
    if (bytes.empty()) return http::error_response(Error{Code::not_found, "no such blob"});
    on_bytes(bytes);
    return http::Response{};
  }
  Result<http::Response> upload(const http::Request& request, Duration, const Source& next) override {
    std::string rest;
    for (std::string piece = next(); !piece.empty(); piece = next()) {
      if (gone) return Error{Code::unavailable, "broken off"};
      rest += piece;
      for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
        const auto record = codec::from_json<api::LogRecord>(rest.substr(0, end));
        rest.erase(0, end + 1);
        if (record && !record->text.empty())
          said.change([&](auto& all) { all[request.path].push_back(*codec::from_json<api::BuildRecord>(record->text)); });
      }
    }
    return http::Response{.body = "{}"};
  }
  Result<http::Response> exchange(const http::Request& request, Duration, const Pieces& next, const Bytes&) override {
    std::string bytes;
    for (auto piece = next(); piece && !piece->empty(); piece = next()) bytes += *piece;
    if (image::digest_of(bytes) != digest_in(request)) return http::Response{.status = 400};
    blobs.with([&](auto& all) { all[digest_in(request)] = bytes; });
    return http::Response{.status = 201};
  }
  std::vector<api::BuildRecord> records(const std::string& stream) {
    return said.with([&](auto& all) { return all[api::path(api::paths::agent_stream, {stream})]; });
  }
  api::BuildRecord last() {
    const auto all = records("s1");
    return all.empty() ? api::BuildRecord{} : all.back();
  }

 private:
  static std::string digest_in(const http::Request& request) {
    return *http::percent_decode(request.path.substr(request.path.rfind('/') + 1));
  }
};

struct Site : World {
  Kept kept;
  TestImages images{kept};
  Server* server = new Server;
  Uplink uplink{[this] {
    std::vector<std::unique_ptr<http::Client>> servers;
    servers.emplace_back(server);
    return servers;
  }()};
  Builds builds{context, uplink, images, folder.path() + "/parts"};

  Site() {
    server->blobs.with([](auto& all) { all[image::digest_of(::context)] = ::context; });
  }

  static api::BuildOrder order() {
    return {.node = "n1",
            .image = "shop-web",
            .context = image::digest_of(::context),
            .dockerfile = "Dockerfile",
            .send = true,
            .project = "default"};
  }
  api::BuildRecord run(const api::BuildOrder& order) {
    builds.run({.stream = "s1", .kind = "build", .order = codec::to_json(order)});
    return server->last();
  }
  std::size_t built() {
    return kept.contexts.with([](const auto& all) { return all.size(); });
  }
  bool is_clean() {
    std::error_code failed;
    return std::filesystem::is_empty(folder.path() + "/parts", failed);
  }
};

}  // namespace

TEST_CASE("a build has its context from the server, says what it does, and gives the image's parts") {
  Site site;
  const auto end = site.run(Site::order());
  CHECK(end.done);
  CHECK_FALSE(end.same);
  CHECK_MESSAGE(end.error.empty(), end.error);
  CHECK(end.sent == 2);
  CHECK(end.parts == 2);
  const image::Manifest manifest{image::digest_of(config), {image::digest_of(layer)}};
  CHECK(end.manifest == image::digest_of(image::to_text(manifest)));
  site.server->blobs.with([&](auto& all) {
    CHECK(all.contains(end.manifest));
    CHECK(all.contains(manifest.config));
    CHECK(all.at(manifest.layers[0]) == layer);
  });
  CHECK(site.kept.contexts.with([](const auto& all) { return all.at(0); }) == context);
  CHECK(site.server->records("s1").at(2).line == "Step 2/2 : RUN make");
  CHECK(site.is_clean());
  // It goes as what was pulled does, by the name that is ours alone.
  site.state.with([&](const State& s) {
    REQUIRE(s.pulled_images.contains(end.id));
    CHECK(s.pulled_images.at(end.id).built == built_name("main", Site::order()));
  });

  // The same again is neither built nor sent, another project's is its own, and what was asked for is done anew.
  const auto again = site.run(Site::order());
  CHECK(again.same);
  CHECK(again.sent == 0);
  CHECK(again.manifest == end.manifest);
  CHECK(site.built() == 1);
  auto order = Site::order();
  order.project = "bank";
  CHECK_FALSE(site.run(order).same);
  order.anyway = true;
  CHECK_FALSE(site.run(order).same);
  CHECK(site.built() == 3);
}

TEST_CASE("what fails is told, and what it leaves is cleaned up later") {
  Site site;
  site.kept.fails = "code: 7";
  const auto end = site.run(Site::order());
  CHECK(end.error == "step 2/2 (RUN make): code: 7");
  CHECK(end.code == "failed_precondition");
  CHECK(site.state.with([](const State& s) { return s.pulled_images.contains("ba9876543210"); }));
  CHECK_FALSE(site.state.with([](const State& s) { return s.pulled_images.contains("0123456789ab"); }));
  CHECK(site.is_clean());
  // Something else than the context is never built.
  site.server->blobs.with([](auto& all) { all[image::digest_of(context)] = "something else"; });
  const std::size_t before = site.built();
  CHECK(site.run(Site::order()).code == "corrupt");
  CHECK(site.built() == before);
  CHECK(site.run({.image = "x", .context = image::digest_of("none"), .project = "default"}).code == "not_found");
}

TEST_CASE(
    "a build that nobody waits for, or that takes too long, is broken off; and no more are done than are allowed") {
  Site site;
  site.kept.endless = true;
  std::jthread first(
      [&] { site.builds.run({.stream = "a", .kind = "build", .order = codec::to_json(Site::order())}); });
  std::jthread second(
      [&] { site.builds.run({.stream = "b", .kind = "build", .order = codec::to_json(Site::order())}); });
  REQUIRE(soon([&] { return site.built() == 2; }));
  CHECK(site.run(Site::order()).code == "exhausted");
  site.server->gone = true;
  first.join(), second.join();
  CHECK(site.kept.broken_off == 2);
  CHECK(site.is_clean());

  site.server->gone = false;
  std::jthread late([&] { site.run(Site::order()); });
  REQUIRE(soon([&] { return site.built() == 3; }));
  site.advance(longest_build + Duration(1));
  late.join();
  CHECK(site.server->last().code == "deadline_exceeded");
}

TEST_CASE("what a build is called tells what it is made of and for whom, not whether it is to be made anew") {
  api::BuildOrder order = Site::order();
  const std::string name = built_name("main", order);
  CHECK(name.starts_with("kontena.build/"));
  order.anyway = order.pull = order.no_cache = true;
  order.send = false;
  order.image = "another";
  CHECK(built_name("main", order) == name);
  CHECK(built_name("other", order) != name);
  order.args["A"] = "1";
  CHECK(built_name("main", order) != name);
}

TEST_CASE("the image that the last step made is heard, and not those that were there") {
  const auto last = [](std::initializer_list<const char*> lines) {
    StepImages steps;
    for (const char* line : lines) steps.take(line);
    return steps.last();
  };
  CHECK(last({"Step 1/2 : FROM base", " ---> aaaaaaaaaaaa"}).empty());
  CHECK(last({"Step 1/2 : FROM base", " ---> aaaaaaaaaaaa", "Step 2/2 : RUN x", " ---> Using cache",
              " ---> bbbbbbbbbbbb"})
            .empty());
  CHECK(last({"Step 2/3 : COPY . .", " ---> cccccccccccc", "Step 3/3 : RUN y", " ---> Running in dddddddddddd"}) ==
        "cccccccccccc");
}
