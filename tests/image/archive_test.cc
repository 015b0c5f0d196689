#include <doctest/doctest.h>

#include "kontena/image/parts.h"
#include "scratch.h"

using namespace kontena;
using namespace kontena::image;
using namespace kontena::image::test;

namespace {

const std::string one = "the first layer", two(5000, 't'), config = R"({"rootfs":{"diff_ids":[]}})";

std::string file(const std::string& path, const std::string& content) {
  const auto size = static_cast<std::int64_t>(content.size());
  return tar_header({.path = path, .size = size}) + content + tar_padding(size);
}

// As Docker 20.10 saves: layers in folders, in any order, one of them a link, the list at the end.
std::string old_layout() {
  return tar_header({.path = "bbb", .kind = EntryKind::folder}) + file("bbb/VERSION", "1.0") + file("bbb/json", "{}") +
         file("bbb/layer.tar", two) + tar_header({.path = "aaa", .kind = EntryKind::folder}) +
         file("aaa/layer.tar", one) +
         tar_header({.path = "ccc/layer.tar", .kind = EntryKind::symlink, .link = "../bbb/layer.tar"}) +
         file("abc.json", config) +
         file(
             "manifest.json",
             R"([{"Config":"abc.json","RepoTags":["x:1"],"Layers":["aaa/layer.tar","bbb/layer.tar","ccc/layer.tar"]}])") +
         file("repositories", "{}") + tar_end();
}

std::string blob(const std::string& content) { return "blobs/sha256/" + crypto::sha256_hex(content); }

// As Docker 25 and newer save: an OCI layout, with Docker's list beside.
std::string new_layout() {
  return file(blob(one), one) + file(blob(two), two) + file(blob(config), config) + file("index.json", "{}") +
         file("manifest.json", R"([{"Config":")" + blob(config) + R"(","RepoTags":["x:1"],"Layers":[")" + blob(one) +
                                   R"(",")" + blob(two) + R"(",")" + blob(two) + R"("]}])") +
         file("oci-layout", "{}") + tar_end();
}

}  // namespace

TEST_CASE("an image is cut into its parts, of either layout, and only what is wanted is written") {
  const Scratch scratch;
  for (const std::string& archive : {old_layout(), new_layout()}) {
    std::map<std::string, std::string> had;
    const auto have = [&](const std::string& digest, const std::string& path, std::int64_t size) -> Status {
      std::ifstream in(path, std::ios::binary);
      had[digest] = std::string((std::istreambuf_iterator<char>(in)), {});
      CHECK(static_cast<std::int64_t>(had[digest].size()) == size);
      return Done{};
    };
    Cutter cutter(
        scratch.path("part"), [&](const std::string& digest) { return digest == digest_of(two); }, have);
    for (std::size_t at = 0; at < archive.size(); at += 1000)
      REQUIRE(cutter.take(std::string_view(archive).substr(at, 1000)));
    const auto manifest = cutter.finish();
    REQUIRE(manifest);
    CHECK(manifest->config == digest_of(config));
    CHECK(manifest->layers == std::vector{digest_of(one), digest_of(two), digest_of(two)});
    CHECK(had == std::map<std::string, std::string>{{digest_of(two), two}});
    const auto again = read_manifest(to_text(*manifest));
    REQUIRE(again);
    CHECK(*again == *manifest);
    CHECK(parts_of(*manifest).size() == 3);
  }
}

TEST_CASE("what is joined is cut to the same image, layers that the engine has left out") {
  const Scratch scratch;
  scratch.write("one", one);
  scratch.write("two", two);
  const Manifest manifest{digest_of(config), {digest_of(one), digest_of(two)}};
  Joiner joiner("shop-web:1", manifest, config,
                {{digest_of(one), scratch.path("one")}, {digest_of(two), scratch.path("two")}});
  Cutter cutter(
      scratch.path("part"), [](const std::string&) { return false; }, nullptr);
  for (auto piece = joiner.next(); piece && !piece->empty(); piece = joiner.next()) REQUIRE(cutter.take(*piece));
  const auto cut = cutter.finish();
  REQUIRE(cut);
  CHECK(*cut == manifest);

  Joiner partly("shop-web:1", manifest, config, {{digest_of(two), scratch.path("two")}});
  Unpacked unpacked;
  TarReader reader(unpacked);
  for (auto piece = partly.next(); piece && !piece->empty(); piece = partly.next()) REQUIRE(reader.take(*piece));
  REQUIRE(unpacked.files.size() == 3);
  CHECK(unpacked.files[0].content.find("shop-web:1") != std::string::npos);
  CHECK(unpacked.files[0].content.find(crypto::sha256_hex(one)) != std::string::npos);
  CHECK(unpacked.files[2].content == two);
}

TEST_CASE("a list of parts that is none is refused") {
  for (const std::string text : {"", "{}", "[]", R"({"kind":"kontena image 1","config":"x","layers":[]})",
                                 R"({"kind":"kontena image 1","config":")"})
    CHECK(read_manifest(text).error().code == Code::invalid_argument);
  CHECK(read_manifest(std::string(largest_manifest + 1, ' ')).error().code == Code::invalid_argument);
}

TEST_CASE("an image's name on the nodes holds what it is") {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::string mark(16, 'a');
  CHECK(name_on_nodes("shop-web", digest) == "shop-web:" + mark);
  CHECK(name_on_nodes("host:5000/app", digest) == "host:5000/app:" + mark);
  CHECK(name_on_nodes("host:5000/app:1.0", digest) == "host:5000/app:1.0-" + mark);
  CHECK(name_on_nodes("app:" + std::string(128, 't'), digest) == "app:" + std::string(111, 't') + '-' + mark);
}
