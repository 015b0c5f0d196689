#include "layout.h"

#include <algorithm>

#include "kontena/codec/json.h"

namespace kontena::image {
namespace {

constexpr int deepest = 4;  // indices in indices
constexpr std::size_t most_manifests = 200;

class Layout {
 public:
  Layout(const std::map<std::string, std::string>& texts, const std::set<std::string>& there)
      : texts_(texts), there_(there) {}

  void index(codec::Element at, int depth) {
    const auto manifests = codec::find(at, "manifests");
    if (!manifests) return;
    for (const codec::Element each : codec::elements(*manifests)) {
      const std::string digest = codec::string_at(each, {"digest"});
      if (seen_.size() >= most_manifests || !seen_.insert(digest).second) continue;
      const auto text = texts_.find(digest);
      const auto document = text == texts_.end() ? Result<codec::Document>(Error{Code::corrupt, ""})
                                                 : codec::Document::parse(text->second);
      if (!document) continue;
      if (codec::find(document->root(), "manifests")) {
        if (depth < deepest) index(document->root(), depth + 1);
      } else {
        manifest(document->root());
      }
    }
  }

  std::vector<Manifest> found;

 private:
  void manifest(codec::Element at) {
    Manifest image{.config = codec::string_at(at, {"config", "digest"}), .layers = {}};
    const std::string kind = codec::string_at(at, {"config", "mediaType"});
    if (kind != "application/vnd.oci.image.config.v1+json" && kind != "application/vnd.docker.container.image.v1+json")
      return;
    if (const auto layers = codec::find(at, "layers"))
      for (const codec::Element layer : codec::elements(*layers)) {
        // What was attested to an image has its form, but its layers are no archives.
        if (codec::string_at(layer, {"mediaType"}).find("tar") == std::string::npos) return;
        image.layers.push_back(codec::string_at(layer, {"digest"}));
      }
    const auto is_there = [&](const std::string& part) { return there_.contains(part); };
    if (!is_there(image.config) || !std::ranges::all_of(image.layers, is_there)) return;
    if (std::ranges::find(found, image) == found.end()) found.push_back(std::move(image));
  }

  const std::map<std::string, std::string>& texts_;
  const std::set<std::string>& there_;
  std::set<std::string> seen_;
};

}  // namespace

Result<Manifest> manifest_of_layout(const std::string& index, const std::map<std::string, std::string>& texts,
                                    const std::set<std::string>& there) {
  const Error broken{Code::corrupt, "what the engine saved is no image in a form that is known"};
  const auto document = codec::Document::parse(index);
  if (!document) return broken;
  Layout layout(texts, there);
  layout.index(document->root(), 0);
  if (layout.found.empty()) return broken;
  if (layout.found.size() > 1)
    return Error{Code::unsupported, "what the engine saved has several images, of several platforms",
                 "'platform' of the service, or 'build.platforms', says which one"};
  return std::move(layout.found.front());
}

}  // namespace kontena::image
