// The way of an image from this machine's engine to the server, part by part.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "build.h"
#include "kontena/base/text.h"
#include "kontena/image/parts.h"
#include "local_engine.h"
#include "uploads.h"

namespace kontena::client {
namespace {

// A file without a name, so that none is left whatever ends us.
class ScratchFile {
 public:
  static Result<ScratchFile> make() {
    std::error_code failed;
    const std::string folder = std::filesystem::temp_directory_path(failed).string();
    std::string name = folder + "/kontena-XXXXXX";
    const int fd = failed ? -1 : ::mkostemp(name.data(), O_CLOEXEC);
    if (fd < 0)
      return Error{Code::failed_precondition, "cannot make a file in " + folder, "TMPDIR names another folder"};
    ::unlink(name.c_str());
    return ScratchFile(fd);
  }
  ScratchFile(ScratchFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~ScratchFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  explicit ScratchFile(int fd) : fd_(fd) {}
  int fd_;
};

class Sender {
 public:
  Sender(Session& session, engine::Images& images) : session_(session), images_(images) {}

  // The digest of the image's manifest, once the server has all that it names.
  Result<std::string> send(const std::string& name, const engine::ImageFacts& facts) {
    // An engine keeps an image by its configuration, and saves layers as they are. Where that is so, which is
    // nearly everywhere, the parts are known without saving it.
    image::Manifest manifest{facts.id, facts.layers};
    KTN_TRY(std::set<std::string> missing, missing_of(manifest));
    const std::size_t before = missing.size();
    if (!missing.empty()) {
      KTN_TRY(const image::Manifest saved, send_parts(name, facts.id, missing));
      if (!missing.empty() || saved != manifest) {
        manifest = saved;
        KTN_TRY(missing, missing_of(manifest));
        if (!missing.empty()) KTN_OK(send_parts(name, facts.id, missing));
      }
    }
    if (!missing.empty())
      return Error{Code::internal, "the engine gave the image '" + name + "' with other parts each time"};
    const std::string text = image::to_text(manifest), digest = image::digest_of(text);
    KTN_TRY(const bool known, has_blob(session_, digest));
    if (!known) KTN_OK(send_blob_text(session_, digest, text, true));
    if (before > 0)
      session_.note("sent " + name + ": " + std::to_string(before) + " of " +
                    std::to_string(image::parts_of(manifest).size()) + " parts, " + text::human_bytes(bytes_));
    return digest;
  }

 private:
  Result<std::set<std::string>> missing_of(const image::Manifest& manifest) {
    std::set<std::string> missing;
    for (const std::string& part : image::parts_of(manifest)) {
      KTN_TRY(const bool there, has_blob(session_, part));
      if (!there) missing.insert(part);
    }
    return missing;
  }

  // Takes off `missing` what it has sent.
  Result<image::Manifest> send_parts(const std::string& name, const std::string& id, std::set<std::string>& missing) {
    KTN_TRY(const ScratchFile scratch, ScratchFile::make());
    bytes_ = 0;
    image::Cutter cutter(
        scratch.path(), [&](const std::string& digest) { return missing.contains(digest); },
        [&](const std::string& digest, const std::string& path, std::int64_t size) -> Status {
          KTN_OK(send_blob(session_, digest, path, true));
          missing.erase(digest);
          bytes_ += size;
          return Done{};
        });
    session_.note("sending the parts of " + name + " that the server lacks");
    KTN_OK(images_.save(id, [&](std::string_view bytes) { return cutter.take(bytes); }));
    return cutter.finish();
  }

  Session& session_;
  engine::Images& images_;
  std::int64_t bytes_ = 0;
};

}  // namespace

Status send_images(Session& session, const std::map<std::string, engine::ImageFacts>& built,
                   compose::Specified& specified) {
  if (built.empty()) return Done{};
  KTN_TRY(const std::string socket, engine_socket(session.outside));
  const auto images = session.outside.open_images(socket);
  Sender sender(session, *images);
  struct Sent {
    std::string id;
    std::string digest;  // of its manifest
    std::string platform;
  };
  std::map<std::string, Sent> sent;  // by the images' names
  const auto name_it = [](model::ServiceSpec& service, const std::string& name, const Sent& image) {
    service.image = image::name_on_nodes(name, image.digest);
    service.image_digest = image.digest;
    service.pull_policy = model::PullPolicy::missing;
    // It runs on nodes of the kind that it was built for, wherever that was.
    const auto parts = text::split(image.platform, '/');
    if (service.platform.empty() && parts.size() >= 2) service.platform = parts[0] + '/' + parts[1];
  };
  for (const auto& [service, facts] : built) {
    const std::string& name = specified.builds.at(service).image;
    auto known = sent.find(name);
    if (known == sent.end() || known->second.id != facts.id) {
      auto digest = sender.send(name, facts);
      if (!digest) return std::move(digest).error().in("sending the image of '" + service + "'");
      known = sent.insert_or_assign(name, Sent{facts.id, *std::move(digest), facts.platform}).first;
    }
    name_it(specified.spec.services.at(service), name, known->second);
  }
  // Others may use what one builds, by its name.
  for (auto& [name, service] : specified.spec.services) {
    const auto known = sent.find(service.image);
    if (!built.contains(name) && known != sent.end() && service.pull_policy != model::PullPolicy::always)
      name_it(service, known->first, known->second);
  }
  return Done{};
}

}  // namespace kontena::client
