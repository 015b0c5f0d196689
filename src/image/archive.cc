// Images as engines save and load them.
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "kontena/codec/json.h"
#include "kontena/image/parts.h"
#include "layout.h"

namespace kontena::image {
namespace {

constexpr std::size_t piece_size = 256u << 10;
constexpr std::size_t largest_index = 1u << 20;
constexpr std::size_t largest_texts = 16u << 20;  // of blobs that may be manifests, together
constexpr std::string_view link_mark = "-> ";

bool is_index(const std::string& path) { return path == "manifest.json" || path == "index.json"; }

std::string hex_of(const std::string& digest) { return digest.substr(digest.find(':') + 1); }
std::string layer_name(const std::string& digest) { return hex_of(digest) + ".tar"; }

Error unwritable(const std::string& path) {
  return {Code::failed_precondition, "cannot write " + path, "is the disk full? TMPDIR names another folder"};
}

}  // namespace

// ---- cut

Cutter::Cutter(std::string scratch, Wants wants, Have have)
    : scratch_(std::move(scratch)), wants_(std::move(wants)), have_(std::move(have)) {}

Cutter::~Cutter() { ::unlink(scratch_.c_str()); }

Status Cutter::begin(const TarEntry& entry) {
  entry_ = entry;
  keep_ = false;
  small_.clear();
  if (entry.kind != EntryKind::file) return Done{};
  sum_.emplace();
  // Later engines name a file by its digest.
  const std::string named =
      entry.path.starts_with(blobs_folder) ? "sha256:" + entry.path.substr(blobs_folder.size()) : std::string();
  // Whether it is a manifest is told later on, by index.json.
  is_text_ = is_index(entry.path) || (!named.empty() && entry.size <= static_cast<std::int64_t>(largest_index) &&
                                      texts_size_ + static_cast<std::size_t>(entry.size) <= largest_texts);
  keep_ = named.empty() || (!had_.contains(named) && wants_(named));
  if (!keep_) return Done{};
  file_.open(scratch_, std::ios::binary | std::ios::trunc);
  if (!file_) return unwritable(scratch_);
  return Done{};
}

Status Cutter::bytes(std::string_view some) {
  if (entry_.kind != EntryKind::file) return Done{};
  sum_->add(some);
  if (is_text_ && small_.empty() && !is_index(entry_.path)) is_text_ = some.starts_with('{');
  if (is_text_ && (small_ += some).size() > largest_index)
    return Error{Code::corrupt, "the engine's list of the image's parts is too long"};
  if (keep_ && !file_.write(some.data(), static_cast<std::streamsize>(some.size()))) return unwritable(scratch_);
  return Done{};
}

Status Cutter::end() {
  if (entry_.kind == EntryKind::symlink || entry_.kind == EntryKind::hardlink) {
    const auto folder = std::filesystem::path(entry_.path).parent_path();
    digests_[entry_.path] =
        std::string(link_mark) +
        (entry_.kind == EntryKind::symlink ? (folder / entry_.link).lexically_normal().string() : entry_.link);
    return Done{};
  }
  if (entry_.kind != EntryKind::file) return Done{};
  const std::string digest = "sha256:" + sum_->hex();
  digests_[entry_.path] = digest;
  if (is_index(entry_.path)) {
    indices_[entry_.path] = std::move(small_);
  } else if (is_text_ && !small_.empty() && !texts_.contains(digest)) {
    texts_size_ += small_.size();
    texts_[digest] = std::move(small_);
  }
  small_.clear();
  if (!keep_) return Done{};
  file_.close();
  if (!file_) return unwritable(scratch_);
  file_.clear();
  if (had_.contains(digest) || !wants_(digest)) return Done{};
  KTN_OK(have_(digest, scratch_, entry_.size));
  had_.insert(digest);
  return Done{};
}

Result<Manifest> Cutter::finish() {
  KTN_OK(reader_.finish());
  const Error broken{Code::corrupt, "what the engine saved is no image in a form that is known"};
  const auto list = indices_.find("manifest.json"), index = indices_.find("index.json");
  const auto document = list == indices_.end() ? Result<codec::Document>(broken) : codec::Document::parse(list->second);
  const auto images = document ? codec::elements(document->root()) : std::vector<codec::Element>();
  // Docker's list has one image for each platform that came along; and may not be there at all.
  if (images.size() != 1 && index != indices_.end()) {
    std::set<std::string> there;
    for (const auto& [path, digest] : digests_)
      if (path.starts_with(blobs_folder)) there.insert(digest);
    return manifest_of_layout(index->second, texts_, there);
  }
  if (images.size() != 1) return broken;
  const auto digest_at = [&](std::string path) {
    for (int hops = 0; hops < 4; ++hops) {
      const auto found = digests_.find(path);
      if (found == digests_.end()) return std::string();
      if (!found->second.starts_with(link_mark)) return found->second;
      path = found->second.substr(link_mark.size());
    }
    return std::string();
  };
  Manifest manifest{.config = digest_at(codec::string_at(images[0], {"Config"})), .layers = {}};
  if (const auto layers = codec::find(images[0], "Layers"))
    for (const codec::Element each : codec::elements(*layers))
      manifest.layers.push_back(digest_at(codec::string_at(each, {})));
  if (manifest.config.empty() || std::ranges::find(manifest.layers, "") != manifest.layers.end()) return broken;
  return manifest;
}

// ---- join

Joiner::Joiner(std::string name, const Manifest& manifest, std::string config,
               std::map<std::string, std::string> layer_files)
    : files_(std::move(layer_files)), at_(files_.begin()) {
  const std::string config_name = hex_of(manifest.config) + ".json";
  codec::Document index;
  codec::make_array(index.root());
  const codec::Element image = codec::append(index.root());
  codec::put(codec::member(image, "Config"), config_name);
  codec::put(codec::member(image, "RepoTags"), std::vector<std::string>{std::move(name)});
  std::vector<std::string> layers;
  for (const std::string& digest : manifest.layers) layers.push_back(layer_name(digest));
  codec::put(codec::member(image, "Layers"), layers);
  const auto add = [&](const std::string& path, const std::string& bytes) {
    const auto size = static_cast<std::int64_t>(bytes.size());
    first_ += tar_header({.path = path, .size = size}) + bytes + tar_padding(size);
  };
  add("manifest.json", index.dump());
  add(config_name, config);
}

Result<std::string> Joiner::next() {
  const auto lost = [&](const std::string& path) {
    return Error{Code::failed_precondition, "a layer kept in " + path + " is not there whole any more"};
  };
  if (ended_) return std::string();
  std::string piece = std::move(first_);
  first_.clear();
  if (!piece.empty()) return piece;
  if (left_ == 0 && at_ == files_.end()) {
    ended_ = true;
    return tar_end();
  }
  if (left_ == 0) {
    const auto& [digest, path] = *at_;
    std::error_code failed;
    size_ = static_cast<std::int64_t>(std::filesystem::file_size(path, failed));
    file_.clear();
    file_.open(path, std::ios::binary);
    if (failed || !file_) return lost(path);
    left_ = size_;
    piece = tar_header({.path = layer_name(digest), .size = size_});
  }
  std::string bytes(static_cast<std::size_t>(std::min<std::int64_t>(left_, piece_size)), '\0');
  if (!file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return lost(at_->second);
  left_ -= static_cast<std::int64_t>(bytes.size());
  piece += bytes;
  if (left_ == 0) {
    file_.close();
    piece += tar_padding(size_);
    ++at_;
  }
  return piece;
}

}  // namespace kontena::image
