#include "../../src/engine/docker/image_name.h"

#include <doctest/doctest.h>

#include <vector>

using kontena::engine::docker::ImageName;
using kontena::engine::docker::parse_image;

namespace {

const std::string digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

}  // namespace

TEST_CASE("an image's name is cut into repository, tag and digest") {
  struct Row {
    std::string text;
    ImageName parts;
  };
  const std::vector<Row> rows{
      {"busybox", {"busybox", "latest", ""}},
      {"busybox:1.36", {"busybox", "1.36", ""}},
      {"team/app", {"team/app", "latest", ""}},
      {"localhost/app", {"localhost/app", "latest", ""}},
      {"registry:5000/app", {"registry:5000/app", "latest", ""}},
      {"registry:5000/team/app:2", {"registry:5000/team/app", "2", ""}},
      {"127.0.0.1:5000/a/b/c:v1.2-rc_3", {"127.0.0.1:5000/a/b/c", "v1.2-rc_3", ""}},
      {"[::1]:5000/app:x", {"[::1]:5000/app", "x", ""}},
      {"busybox@" + digest, {"busybox", "", digest}},
      {"busybox:1.36@" + digest, {"busybox", "1.36", digest}},
      {"registry:5000/app@" + digest, {"registry:5000/app", "", digest}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto parsed = parse_image(row.text);
    REQUIRE(parsed);
    CHECK(parsed->repository == row.parts.repository);
    CHECK(parsed->tag == row.parts.tag);
    CHECK(parsed->digest == row.parts.digest);
  }
}

TEST_CASE("a pull never asks for an image without a version") {
  CHECK(parse_image("app")->version() == "latest");
  CHECK(parse_image("app:2")->version() == "2");
  CHECK(parse_image("app:2@" + digest)->version() == digest);
}

TEST_CASE("an image with a digest is known by it") {
  CHECK(parse_image("app")->reference() == "app:latest");
  CHECK(parse_image("r:5000/app:2")->reference() == "r:5000/app:2");
  CHECK(parse_image("app:2@" + digest)->reference() == "app@" + digest);
}

TEST_CASE("what is no image name is refused") {
  for (const std::string text :
       {"", ":", "app:", "app:a b", "App", "a//b", "/a", "a/", "app@", "app@sha256:12", "a b", "app:-x", "é",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "../x?y", "../../x", "r:5000/../x",
        "a/.b"}) {
    CAPTURE(text);
    const auto parsed = parse_image(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == kontena::Code::invalid_argument);
  }
}
