#pragma once

#include <string>
#include <string_view>

#include "kontena/base/result.h"

namespace kontena::engine::docker {

// "registry:5000/team/app:1.2@sha256:…" in its parts. Pure.
struct ImageName {
  std::string repository;  // with the registry, if one was given: "registry:5000/team/app"
  std::string tag;         // "" only where there is a digest
  std::string digest;      // "sha256:…", or ""

  // What a pull asks for: the digest where there is one. Never empty, since an
  // engine that is asked for no tag fetches all of them.
  const std::string& version() const { return digest.empty() ? tag : digest; }

  // What names it once it is there. A digest makes the tag a remark.
  std::string reference() const { return repository + (digest.empty() ? ":" + tag : "@" + digest); }
  friend bool operator==(const ImageName&, const ImageName&) = default;
};

// Without tag and digest the tag is "latest". A bare id ("sha256:…") is refused:
// it names an image of one node, not one that can be had.
Result<ImageName> parse_image(std::string_view);

}  // namespace kontena::engine::docker
