#include "image_parts.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/crypto/digest.h"

namespace kontena::agent {
namespace {

namespace fs = std::filesystem;

constexpr Duration longest_silence{60'000};
constexpr Duration longest_wait{600'000};  // for a part that another image's transfer is at
constexpr std::chrono::hours kept_unasked{1};

std::string path_at_server(const std::string& digest) { return api::path(api::paths::agent_blob, {digest}); }

Error wrong_part(const std::string& digest) {
  return {Code::corrupt, "the server gave something else for the part " + digest};
}

}  // namespace

ImageParts::ImageParts(engine::Images& images, Uplink& uplink, std::string folder)
    : images_(images), uplink_(uplink), folder_(std::move(folder)) {}

std::string ImageParts::path_of(const std::string& digest) const {
  return folder_ + '/' + digest.substr(digest.find(':') + 1);
}

Result<std::string> ImageParts::fetch_text(const std::string& digest, std::size_t limit) {
  std::string text;
  const auto answer = uplink_.server().stream({.path = path_at_server(digest)}, longest_silence,
                                              [&](std::string_view bytes) { return (text += bytes).size() <= limit; });
  if (!answer) return answer.error();
  if (answer->status >= 300) return api::error_of(*answer);
  if (image::digest_of(text) != digest) return wrong_part(digest);
  return text;
}

// Under its name only once it is whole and right.
Status ImageParts::fetch(const std::string& digest, const std::function<void(std::int64_t)>& on_bytes) {
  const std::string path = path_of(digest), coming = path + ".coming";
  KTN_OK(files::make_folder(folder_, 0700));
  std::ofstream file(coming, std::ios::binary | std::ios::trunc);
  crypto::Sha256 sum;
  std::int64_t size = 0;
  const auto answer =
      uplink_.server().stream({.path = path_at_server(digest)}, longest_silence, [&](std::string_view bytes) {
        sum.add(bytes);
        size += static_cast<std::int64_t>(bytes.size());
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        on_bytes(size);
        return file.good();
      });
  file.close();
  const auto fail = [&](Error error) {
    ::unlink(coming.c_str());
    return error;
  };
  if (!answer) return fail(answer.error());
  if (answer->status >= 300) return fail(api::error_of(*answer));
  if (!file)
    return fail({Code::failed_precondition, "cannot keep a part of an image in " + folder_, "is the disk full?"});
  if ("sha256:" + sum.hex() != digest) return fail(wrong_part(digest));
  if (::rename(coming.c_str(), path.c_str()) != 0)
    return fail({Code::failed_precondition, "cannot keep a part of an image in " + folder_});
  return Done{};
}

// The layers that the engine has with all that lies below them: it takes an image without them.
Result<std::set<std::string>> ImageParts::there(const image::Manifest& manifest, const std::string& config) {
  KTN_TRY(const auto wanted, image::diff_ids(config));
  std::set<std::string> have;
  if (wanted.size() != manifest.layers.size()) return have;
  KTN_TRY(const auto all, images_.layers());
  std::size_t most = 0;
  for (const model::Strings& layers : all) {
    const auto differs = std::ranges::mismatch(wanted, layers).in1;
    most = std::max(most, static_cast<std::size_t>(differs - wanted.begin()));
  }
  have.insert(manifest.layers.begin(), manifest.layers.begin() + static_cast<std::ptrdiff_t>(most));
  // One that lies higher up a second time is needed there.
  for (std::size_t i = most; i < manifest.layers.size(); ++i) have.erase(manifest.layers[i]);
  return have;
}

Status ImageParts::load(const std::string& name, const image::Manifest& manifest, const std::string& config,
                        const std::set<std::string>& parts) {
  std::map<std::string, std::string> paths;
  for (const std::string& part : parts) paths[part] = path_of(part);
  image::Joiner joiner(name, manifest, config, std::move(paths));
  std::optional<Error> lost;
  const Status loaded = images_.load([&]() -> std::optional<std::string> {
    auto piece = joiner.next();
    if (piece) return *std::move(piece);
    lost = piece.error();
    return std::nullopt;
  });
  if (lost) return *lost;
  return loaded;
}

Status ImageParts::bring(const std::string& name, const std::string& manifest_digest,
                         const std::function<void(const engine::PullProgress&)>& on_progress) {
  clear_old();
  KTN_TRY(const std::string text, fetch_text(manifest_digest, image::largest_manifest));
  KTN_TRY(const image::Manifest manifest, image::read_manifest(text));
  KTN_TRY(const std::string config, fetch_text(manifest.config, image::largest_config));
  auto parts = image::parts_of(manifest);
  parts.erase(manifest.config);

  // Two images may have a layer in common, and be brought at the same time.
  const auto mine = parts;
  const auto is_free = [&](const auto& busy) {
    return std::ranges::none_of(mine, [&](const std::string& part) { return busy.contains(part); });
  };
  const bool ours = busy_.wait_then(longest_wait, is_free, [&](auto& busy) {
    if (!is_free(busy)) return false;
    busy.insert(mine.begin(), mine.end());
    return true;
  });
  if (!ours) return Error{Code::deadline_exceeded, "a part of the image is still being brought for another one"};
  const auto act = [&]() -> Status {
    KTN_TRY(const auto have, there(manifest, config));
    for (const std::string& part : have) parts.erase(part);
    std::int64_t before = 0;
    engine::PullProgress progress;
    const auto fetch_all = [&](const std::set<std::string>& wanted) -> Status {
      for (const std::string& part : wanted) {
        if (files::exists(path_of(part))) continue;
        KTN_OK(fetch(part, [&](std::int64_t bytes) {
          progress.done_bytes = progress.total_bytes = before + bytes;
          if (on_progress) on_progress(progress);
        }));
        before = progress.done_bytes;
      }
      return Done{};
    };
    KTN_OK(fetch_all(parts));
    Status loaded = load(name, manifest, config, parts);
    if (!loaded && !have.empty() && loaded.error().code != Code::unavailable) {
      // An engine that keeps images in another way may want all of it.
      log::info("an image is loaded whole", {{"image", name}, {"reason", loaded.error().message}});
      parts = mine;
      KTN_OK(fetch_all(parts));
      loaded = load(name, manifest, config, parts);
    }
    if (loaded) {
      for (const std::string& part : mine) ::unlink(path_of(part).c_str());
      log::info("an image was brought in parts", {{"image", name},
                                                  {"brought", std::to_string(parts.size())},
                                                  {"had", std::to_string(mine.size() - parts.size())}});
    }
    return loaded;
  };
  const Status brought = act();
  busy_.change([&](auto& busy) {
    for (const std::string& part : mine) busy.erase(part);
  });
  return brought;
}

// Of transfers that broke off and were not taken up again.
void ImageParts::clear_old() const {
  std::error_code failed;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator at(folder_, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code gone;
    const auto written = at->last_write_time(gone);
    if (!gone && now - written > kept_unasked) fs::remove(at->path(), gone);
  }
}

}  // namespace kontena::agent
