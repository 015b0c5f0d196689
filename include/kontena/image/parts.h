#pragma once

#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/crypto/digest.h"
#include "kontena/image/tar.h"

// An image in its parts: its configuration and its layers, each a blob named by its digest,
// "sha256:…", and a manifest, a blob as well, that names them.
namespace kontena::image {

struct Manifest {
  std::string config;
  std::vector<std::string> layers;  // the lowest first; may name one several times
  friend bool operator==(const Manifest&, const Manifest&) = default;
};
inline constexpr std::size_t largest_manifest = 64u << 10;
inline constexpr std::size_t largest_config = 4u << 20;

std::string digest_of(std::string_view bytes);  // "sha256:…"
bool is_digest(std::string_view);

std::string to_text(const Manifest&);                     // one text for one manifest: its digest is the image's
Result<Manifest> read_manifest(const std::string& text);  // Code::invalid_argument
std::set<std::string> parts_of(const Manifest&);          // each once

// An image's name on the nodes: the one it was given, with the manifest's digest in its tag, so that
// no name of somebody else's is taken, and what is there by this name is this image.
std::string name_on_nodes(const std::string& name, const std::string& manifest_digest);

// The layers of an image by what they hold, from its configuration. Code::corrupt.
Result<std::vector<std::string>> diff_ids(const std::string& config);

// Cuts what an engine saves ("docker save") into files: Docker's own layouts, and that of the Open Container
// Initiative, with or without Docker's list beside.
class Cutter final : public TarReader::Sink {
 public:
  // Each file whose digest `wants` says yes to is written to `scratch` and shown to `have`, once. Of a
  // file whose name tells its digest it is asked before.
  using Wants = std::function<bool(const std::string& digest)>;
  using Have = std::function<Status(const std::string& digest, const std::string& path, std::int64_t size)>;
  Cutter(std::string scratch, Wants wants, Have have);
  ~Cutter() override;

  Status take(std::string_view bytes) { return reader_.take(bytes); }
  Result<Manifest> finish();  // of the one image in it

 private:
  Status begin(const TarEntry&) override;
  Status bytes(std::string_view) override;
  Status end() override;

  const std::string scratch_;
  const Wants wants_;
  const Have have_;
  TarReader reader_{*this};
  TarEntry entry_;
  bool keep_ = false;     // the file at hand may be wanted
  bool is_text_ = false;  // … and a list of parts, of which the bytes are kept
  std::string small_;     // those
  std::ofstream file_;
  std::optional<crypto::Sha256> sum_;
  std::map<std::string, std::string> digests_;  // by path; of a link "-> PATH"
  std::set<std::string> had_;
  std::map<std::string, std::string> indices_;  // manifest.json and index.json, by name
  std::map<std::string, std::string> texts_;    // small blobs that may be manifests, by digest
  std::size_t texts_size_ = 0;                  // of those together
};

// The archive that an engine loads an image from: `config`'s text, and the layers' files where they
// are given. One that is not has to be on the engine.
class Joiner {
 public:
  Joiner(std::string name, const Manifest&, std::string config, std::map<std::string, std::string> layer_files);
  Result<std::string> next();  // a piece of it; "" at the end

 private:
  std::map<std::string, std::string> files_;  // by digest
  std::map<std::string, std::string>::const_iterator at_;
  std::string first_;  // what comes before the layers
  bool ended_ = false;
  std::ifstream file_;
  std::int64_t size_ = 0;
  std::int64_t left_ = 0;
};

}  // namespace kontena::image
