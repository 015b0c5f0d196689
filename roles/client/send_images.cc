// The way of an image from this machine's engine to the server, part by part.
#include <filesystem>

#include "build.h"
#include "kontena/base/text.h"
#include "kontena/image/send.h"
#include "local_engine.h"
#include "uploads.h"

namespace kontena::client {
namespace {

class Sender {
 public:
  explicit Sender(Session& session) : session_(session) {}

  // The digest of the image's manifest, once the server has all that it names.
  Result<std::string> send(const std::string& name, const engine::ImageFacts& facts) {
    if (!images_) {
      KTN_TRY(const std::string socket, engine_socket(session_.outside));
      images_ = session_.outside.open_images(socket);
    }
    std::error_code failed;
    auto scratch = image::ScratchFile::make(std::filesystem::temp_directory_path(failed).string());
    if (!scratch) return Error{scratch.error().code, scratch.error().message, "TMPDIR names another folder"};
    const image::Sending to{
        .has = [&](const std::string& digest) { return has_blob(session_, digest); },
        .send = [&](const std::string& digest,
                    const std::string& path) { return send_blob(session_, digest, path, true); },
        .send_text = [&](const std::string& digest,
                         const std::string& bytes) { return send_blob_text(session_, digest, bytes, true); },
        .save = [&](const std::function<Status(std::string_view)>& sink) { return images_->save(facts.id, sink); },
        .saving = [&] { session_.note("sending the parts of " + name + " that the server lacks"); },
        .scratch = scratch->path()};
    auto sent = image::send({facts.id, facts.layers}, to);
    if (!sent) return std::move(sent).error().in(name);
    if (sent->missing > 0)
      session_.note("sent " + name + ": " + std::to_string(sent->missing) + " of " + std::to_string(sent->parts) +
                    " parts, " + text::human_bytes(sent->bytes));
    return std::move(sent->digest);
  }

 private:
  Session& session_;
  std::unique_ptr<engine::Images> images_;
};

}  // namespace

Status send_images(Session& session, const std::map<std::string, Built>& built, compose::Specified& specified) {
  if (built.empty()) return Done{};
  Sender sender(session);
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
  for (const auto& [service, made] : built) {
    const engine::ImageFacts& facts = made.facts;
    const std::string& name = specified.builds.at(service).image;
    auto known = sent.find(name);
    if (known == sent.end() || known->second.id != facts.id) {
      auto digest = made.manifest.empty() ? sender.send(name, facts) : Result<std::string>(made.manifest);
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
