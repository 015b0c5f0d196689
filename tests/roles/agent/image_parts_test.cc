#include "image_parts.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;

namespace {

const std::string low = "the layer below", high(400'000, 'h');

std::string config() {
  return R"({"rootfs":{"diff_ids":[")" + image::digest_of(low) + R"(",")" + image::digest_of(high) + R"("]}})";
}
image::Manifest manifest() { return {image::digest_of(config()), {image::digest_of(low), image::digest_of(high)}}; }
std::string manifest_text() { return image::to_text(manifest()); }

// What it was asked to load, by the files' names.
struct Loads {
  std::vector<model::Strings> there;  // the layers of its images
  std::vector<std::map<std::string, std::string>> loaded;
  std::optional<Error> refuses_parts;  // an image without all of its layers
};

class TestImages final : public engine::Images {
 public:
  explicit TestImages(Loads& loads) : loads_(loads) {}
  Result<engine::ImageFacts> find(const std::string&) override { return unused(); }
  Result<std::string> labelled(std::string_view, const std::string&) override { return unused(); }
  Result<std::vector<model::Strings>> layers() override { return loads_.there; }
  Status build(const engine::BuildSpec&, const Pieces&, const Line&) override {
    return unused();
  }
  Status tag(const std::string&, const std::string&) override { return unused(); }
  Status save(const std::string&, const std::function<Status(std::string_view)>&) override { return unused(); }
  Status load(const Pieces& archive) override {
    struct Sink : image::TarReader::Sink {
      std::map<std::string, std::string> files;
      std::string at;
      Status begin(const image::TarEntry& entry) override { return files[at = entry.path], Done{}; }
      Status bytes(std::string_view some) override { return files[at] += some, Done{}; }
      Status end() override { return Done{}; }
    } sink;
    image::TarReader reader(sink);
    for (auto piece = archive(); !piece || !piece->empty(); piece = archive()) {
      if (!piece) return Error{Code::failed_precondition, "broken off"};
      KTN_OK(reader.take(*piece));
    }
    KTN_OK(reader.finish());
    if (loads_.refuses_parts && sink.files.size() < 4) return *loads_.refuses_parts;
    loads_.loaded.push_back(std::move(sink.files));
    return Done{};
  }

 private:
  static Error unused() { return {Code::unsupported, "not by the agent"}; }
  Loads& loads_;
};

// The server's blobs; a part may be cut short, or be something else.
class Blobs final : public http::Client {
 public:
  std::map<std::string, std::string> blobs;  // by digest
  std::map<std::string, int> asked;
  std::optional<std::string> breaks;  // the digest of one that breaks off half way, once

  Result<http::Response> send(const http::Request&, Duration) override {
    return Error{Code::unsupported, "only streams"};
  }
  Result<http::Response> stream(const http::Request& request, Duration, const Bytes& on_bytes) override {
    const std::string digest = *http::percent_decode(request.path.substr(request.path.rfind('/') + 1));
    ++asked[digest];
    const auto found = blobs.find(digest);
    if (found == blobs.end()) return http::error_response(Error{Code::not_found, "no blob " + digest});
    const bool broken = breaks == digest;
    const std::string bytes = broken ? found->second.substr(0, found->second.size() / 2) : found->second;
    for (std::size_t at = 0; at < bytes.size(); at += 100'000) on_bytes(std::string_view(bytes).substr(at, 100'000));
    if (broken) {
      breaks.reset();
      return Error{Code::unavailable, "broken off"};
    }
    return http::Response{};
  }
  Result<http::Response> upload(const http::Request&, Duration, const Source&) override {
    return Error{Code::unsupported, "nothing goes up"};
  }
};

struct Bench {
  Loads loads;
  TestImages images{loads};
  Blobs* server = new Blobs;
  Uplink uplink{[this] {
    std::vector<std::unique_ptr<http::Client>> servers;
    servers.emplace_back(server);
    return servers;
  }()};
  TempFolder folder;
  ImageParts parts{images, uplink, folder.path() + "/parts"};
  std::int64_t seen = 0;  // bytes, by the progress told

  Bench() {
    for (const std::string& bytes : {low, high, config(), manifest_text()})
      server->blobs[image::digest_of(bytes)] = bytes;
  }
  Status bring() {
    return parts.bring("shop-web:0123456789abcdef", image::digest_of(manifest_text()),
                       [this](const engine::PullProgress& progress) { seen = progress.done_bytes; });
  }
  int asked(const std::string& bytes) { return server->asked[image::digest_of(bytes)]; }
  bool left() {
    std::error_code failed;
    const std::string path = folder.path() + "/parts";
    return std::filesystem::exists(path) && !std::filesystem::is_empty(path, failed);
  }
};

std::string file_of(const std::string& bytes, const std::string& end) { return crypto::sha256_hex(bytes) + end; }

}  // namespace

TEST_CASE("an image is brought part by part, loaded by its name, and nothing is left on the disk") {
  Bench bench;
  const Status brought = bench.bring();
  REQUIRE_MESSAGE(brought, brought.error().message);
  REQUIRE(bench.loads.loaded.size() == 1);
  const auto& files = bench.loads.loaded[0];
  CHECK(files.size() == 4);
  CHECK(files.at(file_of(low, ".tar")) == low);
  CHECK(files.at(file_of(high, ".tar")) == high);
  CHECK(files.at(file_of(config(), ".json")) == config());
  CHECK(files.at("manifest.json").find("shop-web:0123456789abcdef") != std::string::npos);
  CHECK(bench.seen == static_cast<std::int64_t>(low.size() + high.size()));
  CHECK_FALSE(bench.left());
}

TEST_CASE("layers that the engine has are not fetched, but for an engine that wants them") {
  Bench bench;
  bench.loads.there = {{image::digest_of(low)}, {image::digest_of("another"), image::digest_of(high)}};
  REQUIRE(bench.bring());
  CHECK(bench.asked(low) == 0);
  CHECK(bench.asked(high) == 1);
  CHECK_FALSE(bench.loads.loaded[0].contains(file_of(low, ".tar")));
  bench.loads.refuses_parts = Error{Code::failed_precondition, "open layer.tar: no such file"};
  REQUIRE(bench.bring());
  CHECK(bench.asked(low) == 1);
  CHECK(bench.asked(high) == 2);
  CHECK(bench.loads.loaded[1].size() == 4);
  bench.loads.refuses_parts.reset();
  bench.loads.there = {{image::digest_of(low), image::digest_of(high), image::digest_of("more")}};
  REQUIRE(bench.bring());
  CHECK(bench.loads.loaded[2].size() == 2);
}

TEST_CASE("what came whole before a transfer broke off is not fetched again") {
  Bench bench;
  // Parts come in order of their digests: the second one breaks.
  const bool low_first = image::digest_of(low) < image::digest_of(high);
  const std::string &first = low_first ? low : high, &second = low_first ? high : low;
  bench.server->breaks = image::digest_of(second);
  CHECK(bench.bring().error().code == Code::unavailable);
  CHECK(bench.loads.loaded.empty());
  CHECK(bench.left());
  REQUIRE(bench.bring());
  CHECK(bench.asked(first) == 1);
  CHECK(bench.asked(second) == 2);
  CHECK_FALSE(bench.left());
}

TEST_CASE("a part that is something else is never loaded, and one that is missing is told") {
  Bench bench;
  bench.server->blobs[image::digest_of(high)] = "something else";
  CHECK(bench.bring().error().code == Code::corrupt);
  bench.server->blobs.erase(image::digest_of(high));
  CHECK(bench.bring().error().code == Code::not_found);
  bench.server->blobs[image::digest_of(manifest_text())] = "{}";
  CHECK(bench.bring().error().code == Code::corrupt);
  CHECK(bench.loads.loaded.empty());
}

TEST_CASE("an instance of an image that comes with its deploy has it brought, and runs") {
  World world;
  std::vector<std::string> brought;
  world.carry_out.bring_images_by([&](const std::string& name, const std::string& digest, const auto&) -> Status {
    brought.push_back(name + ' ' + digest);
    world.fake.add_image(name);
    return Done{};
  });
  auto wanted = assignment("a");
  wanted.spec.image = "shop-web:0123456789abcdef";
  wanted.spec.image_digest = "sha256:" + std::string(64, '0');
  world.assign({wanted});
  world.settle();
  CHECK(brought == std::vector<std::string>{wanted.spec.image + ' ' + wanted.spec.image_digest});
  CHECK(world.runs(wanted.container_name));
}
