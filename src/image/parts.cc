#include "kontena/image/parts.h"

#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/codec/json.h"

namespace kontena::image {
namespace {

constexpr std::string_view algorithm = "sha256:";
constexpr std::string_view kind = "kontena image 1";
constexpr std::size_t most_layers = 1'000;
constexpr std::size_t longest_tag = 128;
constexpr std::size_t digits_in_tag = 16;

}  // namespace

std::string digest_of(std::string_view bytes) { return std::string(algorithm) + crypto::sha256_hex(bytes); }

bool is_digest(std::string_view text) {
  return text.size() == algorithm.size() + 64 && text.starts_with(algorithm) &&
         text.find_first_not_of("0123456789abcdef", algorithm.size()) == std::string_view::npos;
}

std::string to_text(const Manifest& manifest) {
  codec::Document document;
  codec::put(codec::member(document.root(), "kind"), kind);
  codec::put(codec::member(document.root(), "config"), manifest.config);
  codec::put(codec::member(document.root(), "layers"), manifest.layers);
  return document.dump();
}

Result<Manifest> read_manifest(const std::string& text) {
  const auto wrong = [](const char* what) {
    return Error{Code::invalid_argument, std::string("this is no list of an image's parts: ") + what};
  };
  if (text.size() > largest_manifest) return wrong("it is too long");
  const auto document = codec::Document::parse(text);
  if (!document || codec::string_at(document->root(), {"kind"}) != kind) return wrong("it is something else");
  Manifest manifest{.config = codec::string_at(document->root(), {"config"}), .layers = {}};
  if (const auto layers = codec::find(document->root(), "layers"))
    for (const codec::Element each : codec::elements(*layers)) manifest.layers.push_back(codec::string_at(each, {}));
  if (!is_digest(manifest.config) || !std::ranges::all_of(manifest.layers, is_digest))
    return wrong("a part's digest is none");
  if (manifest.layers.size() > most_layers) return wrong("it has too many layers");
  return manifest;
}

std::set<std::string> parts_of(const Manifest& manifest) {
  std::set<std::string> parts(manifest.layers.begin(), manifest.layers.end());
  parts.insert(manifest.config);
  return parts;
}

std::string name_on_nodes(const std::string& name, const std::string& manifest_digest) {
  const std::string mark = manifest_digest.substr(algorithm.size(), digits_in_tag);
  std::string bare = name.substr(0, name.find('@'));
  const auto slash = bare.rfind('/');
  const auto colon = bare.find(':', slash == std::string::npos ? 0 : slash);
  if (colon == std::string::npos) return bare + ':' + mark;
  return bare.substr(0, colon + 1) + bare.substr(colon + 1, longest_tag - digits_in_tag - 1) + '-' + mark;
}

Result<std::vector<std::string>> diff_ids(const std::string& config) {
  const auto document = codec::Document::parse(config);
  std::vector<std::string> ids;
  if (document)
    if (const auto found = codec::find_path(document->root(), {"rootfs", "diff_ids"}))
      for (const codec::Element each : codec::elements(*found)) ids.push_back(codec::string_at(each, {}));
  if (!document || !std::ranges::all_of(ids, is_digest))
    return Error{Code::corrupt, "an image's configuration cannot be read"};
  return ids;
}

}  // namespace kontena::image
