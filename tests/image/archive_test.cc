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

// A pointer to a blob, as manifests and indices have them.
std::string pointer(const std::string& type, const std::string& content, const std::string& more = "") {
  return R"({"mediaType":"application/vnd.)" + type + R"(","digest":")" + digest_of(content) + R"(","size":)" +
         std::to_string(content.size()) + more + '}';
}

std::string manifest_of(const std::vector<std::string>& layers, const std::string& its_config = config,
                        const std::string& type = "oci.image.layer.v1.tar+gzip") {
  std::string all;
  for (const std::string& layer : layers) all += (all.empty() ? "" : ",") + pointer(type, layer);
  return R"({"schemaVersion":2,"config":)" + pointer("oci.image.config.v1+json", its_config) + R"(,"layers":[)" + all +
         "]}";
}

std::string index_of(const std::vector<std::string>& manifests) {
  std::string all;
  for (const std::string& each : manifests)
    all += (all.empty() ? "" : ",") + pointer("oci.image.manifest.v1+json", each);
  return R"({"schemaVersion":2,"manifests":[)" + all + "]}";
}

// An archive in the layout with these blobs, its index leading to these manifests.
std::string layout(const std::vector<std::string>& blobs, const std::vector<std::string>& manifests,
                   const std::string& more = "") {
  std::string tar = tar_header({.path = "blobs", .kind = EntryKind::folder});
  for (const std::string& each : blobs) tar += file(blob(each), each);
  return tar + file("index.json", index_of(manifests)) + more +
         file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})") + tar_end();
}

Result<Manifest> cut(const std::string& archive) {
  const Scratch scratch;
  Cutter cutter(
      scratch.path("part"), [](const std::string&) { return false; }, nullptr);
  KTN_OK(cutter.take(archive));
  return cutter.finish();
}

}  // namespace

TEST_CASE("an image in the layout without Docker's list is found by its index") {
  const std::string manifest = manifest_of({one, two, two});
  const std::vector<std::string> parts{one, two, config, manifest};
  const Manifest wanted{digest_of(config), {digest_of(one), digest_of(two), digest_of(two)}};
  const auto plain = cut(layout(parts, {manifest}));
  REQUIRE_MESSAGE(plain, plain.error().message);
  CHECK(*plain == wanted);

  SUBCASE("through indices in the index, beside what was attested to it and platforms that did not come along") {
    const std::string statement = R"({"predicateType":"https://slsa.dev/provenance/v1"})";
    const std::string attested = manifest_of({statement}, R"({"os":"unknown"})", "in-toto+json");
    const std::string other = manifest_of({"not here"}, R"({"architecture":"arm64"})");
    const std::string inner = index_of({manifest, attested, other});
    const auto found =
        cut(layout({one, two, config, manifest, attested, statement, R"({"os":"unknown"})", other, inner}, {inner}));
    REQUIRE_MESSAGE(found, found.error().message);
    CHECK(*found == wanted);
  }
  SUBCASE("with Docker's list of several") {
    const std::string list = R"([{"Config":"blobs/sha256/x","Layers":[]},{"Config":"blobs/sha256/y","Layers":[]}])";
    CHECK(*cut(layout(parts, {manifest}, file("manifest.json", list))) == wanted);
  }
  SUBCASE("and its parts are written") {
    const Scratch scratch;
    std::set<std::string> had;
    const auto all = [](const std::string&) { return true; };
    Cutter cutter(scratch.path("part"), all,
                  [&](const std::string& digest, const std::string&, std::int64_t) -> Status {
                    had.insert(digest);
                    return Done{};
                  });
    for (const char c : layout(parts, {manifest})) REQUIRE(cutter.take(std::string_view(&c, 1)));
    REQUIRE(cutter.finish());
    for (const std::string& part : parts_of(wanted)) CHECK(had.contains(part));
  }
}

TEST_CASE("a layout that has no image, several of them, or half of one, is refused") {
  const std::string manifest = manifest_of({one}), second = manifest_of({two});
  CHECK(cut(layout({one, two, config, manifest, second}, {manifest, second})).error().code == Code::unsupported);
  CHECK(cut(layout({one, config, manifest}, {})).error().code == Code::corrupt);
  CHECK(cut(layout({config, manifest}, {manifest})).error().code == Code::corrupt);
  CHECK(cut(layout({one, manifest}, {manifest})).error().code == Code::corrupt);
  CHECK(cut(layout({one, config}, {manifest})).error().code == Code::corrupt);
  // What leads to itself ends, as does what is deeper than anybody makes it.
  std::string deep = index_of({manifest});
  std::vector<std::string> blobs{one, config, manifest};
  for (int depth = 0; depth < 20; ++depth) {
    blobs.push_back(deep);
    deep = index_of({deep});
  }
  blobs.push_back(deep);
  CHECK(cut(layout(blobs, {deep})).error().code == Code::corrupt);
  CHECK(cut(file("index.json", "[") + tar_end()).error().code == Code::corrupt);
  CHECK(cut(file("index.json", std::string(2u << 20, ' ')) + tar_end()).error().code == Code::corrupt);
  // A blob that is not what its name says is not what the manifest names.
  CHECK(cut(file(blob(one), two) + file(blob(config), config) + file(blob(manifest), manifest) +
            file("index.json", index_of({manifest})) + tar_end())
            .error()
            .code == Code::corrupt);
}

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
