#include "image_name.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "kontena/base/text.h"

namespace kontena::engine::docker {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 128 && tag[0] != '.' && tag[0] != '-' && std::ranges::all_of(tag, is_word);
}

bool is_digest(std::string_view digest) {
  const auto colon = digest.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const auto hex = digest.substr(colon + 1);
  return hex.size() >= 32 && std::ranges::all_of(hex, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

// A registry is told from a first folder by a dot, a port, or being localhost.
bool is_registry(std::string_view first) {
  return first == "localhost" || first.find_first_of(".:[") != std::string_view::npos;
}

// Folders of a-z 0-9 . _ -, each beginning with a letter or digit.
bool is_path(std::string_view path) {
  return std::ranges::all_of(text::split(path, '/'), [](const std::string& part) {
    return !part.empty() && std::isalnum(static_cast<unsigned char>(part[0])) &&
           std::ranges::all_of(part, [](char c) { return is_word(c) && !(c >= 'A' && c <= 'Z'); });
  });
}

}  // namespace

Result<ImageName> parse_image(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    std::string message("'");
    message.append(text).append("' is no image name: ").append(why);
    return Error{Code::invalid_argument, std::move(message), "an image is written [REGISTRY/]NAME[:TAG][@DIGEST]"};
  };
  ImageName name;
  std::string_view rest = text;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    name.digest = rest.substr(at + 1);
    if (!is_digest(name.digest)) return wrong("what follows '@' is no digest");
    rest = rest.substr(0, at);
  }
  // A colon before the last slash belongs to the registry's port.
  const auto slash = rest.rfind('/');
  const auto colon = rest.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    name.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_tag(name.tag)) return wrong("the tag has characters that a tag cannot have");
    if (rest == "sha256") return wrong("it is an id, which only one node knows");
  }
  if (name.tag.empty() && name.digest.empty()) name.tag = "latest";
  name.repository = rest;

  const auto first = rest.substr(0, rest.find('/'));
  const bool has_registry = first.size() < rest.size() && is_registry(first);
  const auto path = has_registry ? rest.substr(first.size() + 1) : rest;
  if (rest.empty()) return wrong("it is empty");
  if (!is_path(path)) return wrong("a name has a-z 0-9 . _ - and / between its parts");
  return name;
}

}  // namespace kontena::engine::docker
