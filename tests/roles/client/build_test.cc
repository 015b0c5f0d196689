// Builds and what is sent of them, with an engine and a server of the test's own.
#include <doctest/doctest.h>

#include <algorithm>

#include "canned.h"
#include "kontena/api/build.h"
#include "kontena/image/parts.h"

namespace kontena::client {
namespace {

using canned::in_project;

const std::string stack = in_project + "/stacks/shop";
const std::string base = "the base", layer = "what was built";

// What the engine has and was asked, which outlives the Images that a command opens.
struct Kept {
  std::map<std::string, engine::ImageFacts> images;  // by name
  std::vector<engine::BuildSpec> builds;
  std::vector<std::string> contexts;
  int saves = 0;
  std::string fails;                                   // not empty: a step fails with these words
  std::map<std::string, engine::ImageFacts> registry;  // what can be pulled
  std::vector<std::string> pulls;
  bool away = false;
};

std::string config_of(const std::string& build) { return R"({"built":")" + build + R"("})"; }

class TestImages final : public engine::Images {
 public:
  explicit TestImages(Kept& kept) : kept_(kept) {}

  Result<engine::ImageFacts> find(const std::string& image) override {
    if (kept_.away) return Error{Code::unavailable, "no Docker engine answers"};
    for (const auto& [name, facts] : kept_.images)
      if (name == image || facts.id == image) return facts;
    return Error{Code::not_found, "no such image"};
  }
  Result<std::string> labelled(std::string_view key, const std::string& value) override {
    for (const auto& [name, facts] : kept_.images)
      if (const auto found = facts.labels.find(std::string(key)); found != facts.labels.end() && found->second == value)
        return facts.id;
    return std::string();
  }
  Result<std::vector<model::Strings>> layers() override { return std::vector<model::Strings>{}; }
  Status build(const engine::BuildSpec& spec, const Pieces& context, const Line& line) override {
    std::string bytes;
    for (auto piece = context(); piece && !piece->empty(); piece = context()) bytes += *piece;
    kept_.contexts.push_back(std::move(bytes));
    kept_.builds.push_back(spec);
    line("Step 1/1 : RUN make");
    if (!kept_.fails.empty()) return Error{Code::failed_precondition, "step 1/1 (RUN make): " + kept_.fails};
    const std::string label = spec.labels.at(std::string(engine::build_label));
    // The one that had the name stays, without it.
    if (const auto before = kept_.images.extract(spec.name))
      kept_.images["<none>:" + before.mapped().id] = before.mapped();
    kept_.images[spec.name] = {.id = image::digest_of(config_of(label)),
                               .labels = spec.labels,
                               .platform = "linux/amd64",
                               .layers = {image::digest_of(base), image::digest_of(layer)}};
    return Done{};
  }
  Status pull(const std::string& image, const std::string&, const Redacted&) override {
    kept_.pulls.push_back(image);
    const auto found = kept_.registry.find(image);
    if (found == kept_.registry.end()) return Error{Code::failed_precondition, "manifest unknown"};
    kept_.images[image] = found->second;
    return Done{};
  }
  Status tag(const std::string& image, const std::string& name) override {
    KTN_TRY(kept_.images[name], find(image));
    return Done{};
  }
  Status save(const std::string& image, const std::function<Status(std::string_view)>& sink) override {
    ++kept_.saves;
    KTN_TRY(const auto facts, find(image));
    const std::string config = config_of(facts.labels.at(std::string(engine::build_label)));
    std::string tar;
    const auto add = [&](const std::string& path, const std::string& content) {
      const auto size = static_cast<std::int64_t>(content.size());
      tar += image::tar_header({.path = path, .size = size}) + content + image::tar_padding(size);
    };
    add("a/layer.tar", base);
    add("b/layer.tar", layer);
    add("c.json", config);
    add("manifest.json", R"([{"Config":"c.json","Layers":["a/layer.tar","b/layer.tar"]}])");
    return sink(tar + image::tar_end());
  }
  Status load(const Pieces&) override { return Error{Code::unsupported, "nothing is loaded"}; }

 private:
  Kept& kept_;
};

struct Shop : canned::World {
  Kept kept;

  Shop() {
    open_images = [this](const std::string&) { return std::make_unique<TestImages>(kept); };
    write("compose.yaml", "name: shop\nservices:\n  web: {build: ./app}\n  job: {image: shop-web, command: work}\n");
    write("app/Dockerfile", "FROM base\nRUN make\n");
    write("app/file", "1");
    write("app/secret", "x");
    write("app/.dockerignore", "secret");
    api::DeployAnswer answer;
    answer.deployment = {.id = DeploymentId("d1"), .stack = "shop", .from = 2, .to = 3};
    answer.created = {"web"};
    answer_with("PUT " + stack, answer);
  }

  static std::string blob(const std::string& digest) { return in_project + "/blobs/" + http::percent_encode(digest); }
  void has(const std::string& digest, bool there) { answer("HEAD " + blob(digest), "", there ? 200 : 404); }
  void takes(const std::string& digest) { answer("PUT " + blob(digest) + "?for=image", "{}", 201); }

  image::Manifest manifest() { return {kept.images.at("shop-web").id, kept.images.at("shop-web").layers}; }
  std::string digest() { return image::digest_of(image::to_text(manifest())); }
};

std::size_t count(const std::vector<std::string>& asked, const std::string& start) {
  return static_cast<std::size_t>(std::ranges::count_if(asked, [&](const auto& a) { return a.starts_with(start); }));
}

}  // namespace

TEST_CASE("a deploy builds, sends the parts that the server lacks, and names them in the spec") {
  Shop shop;
  REQUIRE(shop.run({"stack", "build"}).status == 0);
  REQUIRE(shop.kept.builds.size() == 1);
  const std::string digest = shop.digest();
  shop.has(image::digest_of(base), true);
  shop.has(image::digest_of(layer), false);
  shop.has(shop.manifest().config, false);
  shop.has(digest, false);
  for (const std::string& part : {image::digest_of(layer), shop.manifest().config, digest}) shop.takes(part);
  const auto ran = shop.run({"stack", "deploy", "--detach"});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(shop.kept.builds.size() == 1);  // nothing had changed
  CHECK(shop.kept.saves == 1);
  const auto asked = shop.asked();
  CHECK(count(asked, "PUT " + Shop::blob(image::digest_of(layer)) + "?for=image " + layer) == 1);
  CHECK(count(asked, "PUT " + Shop::blob(image::digest_of(base))) == 0);
  CHECK(count(asked, "PUT " + Shop::blob(digest) + "?for=image " + image::to_text(shop.manifest())) == 1);
  const auto put = std::ranges::find_if(asked, [](const auto& a) { return a.starts_with("PUT " + stack); });
  REQUIRE(put != asked.end());
  const auto request = codec::from_json<api::DeployRequest>(put->substr(put->find('{')));
  REQUIRE(request);
  // The one that is built, and who uses it by its name.
  for (const std::string service : {"web", "job"}) {
    CHECK(request->spec.services.at(service).image_digest == digest);
    CHECK(request->spec.services.at(service).image == image::name_on_nodes("shop-web", digest));
  }
  CHECK_MESSAGE(ran.err.find("sent shop-web: 2 of 3 parts") != std::string::npos, ran.err);
}

TEST_CASE("only what changes what is built has it built again; --build and --no-build say otherwise") {
  Shop shop;
  const auto builds = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"stack", "deploy", "--detach"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::size_t before = shop.kept.builds.size();
    static_cast<void>(shop.run(arguments));  // the server has no answers: what is built is all that is asked here
    return shop.kept.builds.size() - before;
  };
  CHECK(builds({"--no-build"}) == 0);
  CHECK(builds() == 1);
  const std::string first = shop.kept.images.at("shop-web").id;
  CHECK(builds() == 0);
  CHECK(builds({"--build"}) == 1);
  shop.write("app/secret", "y");
  CHECK(builds() == 0);
  shop.write("app/file", "2");
  CHECK(builds() == 1);
  CHECK(shop.kept.images.at("shop-web").id != first);
  shop.write("app/file", "1");
  CHECK(builds() == 0);
  CHECK(shop.kept.images.at("shop-web").id == first);
  shop.write("compose.yaml", "name: shop\nservices:\n  web: {build: {context: ./app, args: {A: 1}}}\n");
  CHECK(builds() == 1);
  CHECK(shop.kept.builds.back().args == model::StringMap{{"A", "1"}});
  CHECK(builds({"--build", "--no-build"}) == 0);
}

TEST_CASE("a Dockerfile from elsewhere goes in by a name that is taken out again") {
  Shop shop;
  shop.write("compose.yaml", "name: shop\nservices:\n  web: {build: {context: ./app, dockerfile: ../other/D}}\n");
  shop.write("other/D", "FROM elsewhere\n");
  REQUIRE(shop.run({"stack", "build"}).status == 0);
  const std::string name = shop.kept.builds.at(0).dockerfile;
  CHECK(name.starts_with(".dockerfile."));
  CHECK(shop.kept.contexts[0].find("FROM elsewhere") != std::string::npos);
  CHECK(shop.kept.contexts[0].find("secret\n" + name + "\n") != std::string::npos);
  shop.write("other/D.dockerignore", "file\n");
  REQUIRE(shop.run({"stack", "build"}).status == 0);
  CHECK(shop.kept.contexts[1].find("secret") != std::string::npos);
}

TEST_CASE("what keeps a build from its end is told with the next step") {
  Shop shop;
  shop.kept.fails = "returned a non-zero code: 2";
  const auto failed = shop.run({"stack", "build", "-q"});
  CHECK(failed.status == 1);
  CHECK_MESSAGE(failed.err.find("Step 1/1 : RUN make\n") != std::string::npos, failed.err);
  CHECK(failed.err.find("building 'web': step 1/1 (RUN make): returned a non-zero code: 2") != std::string::npos);
  shop.kept.away = true;
  const auto away = shop.run({"stack", "build"});
  CHECK(away.status == 7);
  CHECK_MESSAGE(away.err.find("DOCKER_HOST=unix:///PATH") != std::string::npos, away.err);
  shop.environment["DOCKER_HOST"] = "tcp://10.0.0.1:2375";
  CHECK(shop.run({"stack", "build"}).err.find("over a unix socket only") != std::string::npos);
  shop.environment.erase("DOCKER_HOST");
  shop.kept.away = false;
  shop.kept.fails.clear();
  std::filesystem::remove(shop.folder + "/app/Dockerfile");
  CHECK(shop.run({"stack", "build"}).err.find("there is no " + shop.folder + "/app/Dockerfile") != std::string::npos);
  CHECK(shop.run({"stack", "build", "job"}).status == 5);
  CHECK(shop.run({"stack", "build", "nobody"}).status == 4);
}

TEST_CASE("what asks for newer images does so as in Compose") {
  Shop shop;
  const auto deploy = [&](const std::string& of_service, std::vector<std::string> more = {}) {
    shop.write("compose.yaml", "name: shop\nservices:\n  web: {" + of_service + "}\n");
    const std::size_t before = shop.kept.builds.size();
    std::vector<std::string> arguments{"stack", "deploy", "--detach"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ran = shop.run(arguments);
    return shop.kept.builds.size() - before;
  };
  // `build.pull` has the base asked for when it is built, and does not have it built.
  CHECK(deploy("build: {context: ./app, pull: true}") == 1);
  CHECK(shop.kept.builds.back().pull);
  CHECK(deploy("build: {context: ./app, pull: true}") == 0);
  CHECK(deploy("build: {context: ./app, pull: true}", {"--build"}) == 1);
  CHECK(shop.kept.builds.back().pull);
  // `build` builds each time, by the engine's cache and its base as it is there.
  CHECK(deploy("build: ./app, pull_policy: build") == 1);
  CHECK_FALSE(shop.kept.builds.back().pull);
  CHECK(deploy("build: ./app, pull_policy: build") == 1);
  CHECK(shop.kept.pulls.empty());
  // `always` asks the registry for the image itself, and builds where there is none.
  const std::string always = "build: {context: ./app, args: {B: 1}}, image: 'team/web:1', pull_policy: always";
  CHECK(deploy(always) == 1);
  CHECK(shop.kept.pulls == std::vector<std::string>{"team/web:1"});
  CHECK_FALSE(shop.kept.builds.back().pull);
  CHECK(deploy(always) == 0);
  shop.kept.registry["team/web:1"] = {.id = "sha256:of-the-registry",
                                      .labels = {{std::string(engine::build_label), "of the registry"}},
                                      .platform = "linux/amd64",
                                      .layers = {}};
  CHECK(deploy(always) == 0);
  CHECK(shop.kept.pulls.size() == 3);
  CHECK(shop.kept.images.at("team/web:1").id == "sha256:of-the-registry");
  CHECK(deploy(always, {"--build"}) == 1);
  CHECK(shop.kept.pulls.size() == 3);
  // Without `image` there is nothing to ask for.
  CHECK(deploy("build: ./app, pull_policy: always") == 0);
  CHECK(shop.kept.pulls.size() == 3);
  // --pull is of the command that builds in any case.
  REQUIRE(shop.run({"stack", "build", "--pull"}).status == 0);
  CHECK(shop.kept.builds.back().pull);
}

namespace {

// A build by node n1, which answers with these lines.
struct Far : Shop {
  std::string context;  // its digest, by what was asked
  explicit Far(const std::vector<api::BuildRecord>& said, int status = 200) {
    open_images = [](const std::string&) -> std::unique_ptr<engine::Images> {
      FAIL("no engine of this machine is asked");
      return nullptr;
    };
    std::string body;
    for (const auto& each : said) body += codec::to_json(each) + '\n';
    answer("POST " + in_project + "/builds",
           status == 200 ? body : R"({"error":{"code":"permission_denied","message":"may not"}})", status);
  }
  canned::Ran deploy(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"stack", "deploy", "--detach", "--on", "n1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  // The server has no context yet, and takes the one that is asked about.
  void take_context() {
    static_cast<void>(deploy());
    const auto all = asked();
    const auto found =
        std::ranges::find_if(all, [](const auto& a) { return a.starts_with("HEAD " + in_project + "/blobs/"); });
    REQUIRE(found != all.end());
    context = *http::percent_decode(found->substr(found->rfind('/') + 1));
    answer("PUT " + blob(context) + "?for=context", "{}", 201);
  }
};

}  // namespace

TEST_CASE("a node builds for a client without an engine, which sends it the context and names what came of it") {
  const std::string manifest = image::digest_of("manifest");
  Far far({{.line = "Step 1/1 : FROM base"},
           {},
           {.done = true,
            .id = "sha256:1",
            .platform = "linux/arm64",
            .manifest = manifest,
            .parts = 3,
            .sent = 2,
            .bytes = 5'000}});
  far.take_context();
  const auto ran = far.deploy();
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(ran.err.find("building web as shop-web on n1\nStep 1/1 : FROM base\n") != std::string::npos);
  CHECK(ran.err.find("n1 sent shop-web: 2 of 3 parts") != std::string::npos);
  const auto asked = far.asked();
  const auto body_of = [&](const std::string& start) {
    const auto found =
        std::find_if(asked.rbegin(), asked.rend(), [&](const auto& a) { return a.starts_with(start + ' '); });
    REQUIRE(found != asked.rend());
    return found->substr(start.size() + 1);
  };
  // The archive is what its digest says, and without what is not to come along.
  const std::string archive = body_of("PUT " + Far::blob(far.context) + "?for=context");
  CHECK(image::digest_of(archive) == far.context);
  CHECK(archive.find("FROM base") != std::string::npos);
  const auto order = codec::from_json<api::BuildOrder>(body_of("POST " + in_project + "/builds"));
  REQUIRE(order);
  CHECK(order->node == "n1");
  CHECK(order->context == far.context);
  CHECK(order->send);
  CHECK_FALSE(order->anyway);
  const auto request = codec::from_json<api::DeployRequest>(body_of("PUT " + stack));
  REQUIRE(request);
  for (const std::string service : {"web", "job"}) {
    CHECK(request->spec.services.at(service).image_digest == manifest);
    CHECK(request->spec.services.at(service).image == image::name_on_nodes("shop-web", manifest));
    CHECK(request->spec.services.at(service).platform == "linux/arm64");
  }
}

TEST_CASE("what keeps a node from building is told as what keeps an engine from it") {
  {
    Far far({{.line = "Step 1/1 : RUN make"},
             {.line = "the last words"},
             {.error = "step 1/1 (RUN make): code: 7", .code = "failed_precondition"}});
    far.take_context();
    const auto ran = far.deploy({"-q"});
    CHECK(ran.status == 1);
    CHECK_MESSAGE(ran.err.find("the last words\n") != std::string::npos, ran.err);
    CHECK(ran.err.find("building 'web' on n1: step 1/1 (RUN make): code: 7") != std::string::npos);
  }
  {
    Far far({{.line = "Step 1/1 : RUN make"}});
    far.take_context();
    const auto ran = far.deploy();
    CHECK(ran.status == 7);
    CHECK_MESSAGE(ran.err.find("the server ended before the build did") != std::string::npos, ran.err);
  }
  Far far({}, 403);
  far.take_context();
  CHECK(far.deploy().status == 6);
  CHECK(far.deploy({"--no-build"}).status == 2);
}

TEST_CASE("stack build prints what it has built") {
  Shop shop;
  const auto quiet = shop.run({"stack", "build", "-q"});
  CHECK(quiet.out == "shop-web\n");
  const auto json = shop.run({"stack", "build", "--json"});
  CHECK(json.out.find(R"("image": "shop-web")") != std::string::npos);
  CHECK(shop.asked().empty());
}

}  // namespace kontena::client
