#include "build.h"

#include <functional>
#include <optional>
#include <set>

#include "build_context.h"
#include "build_on.h"
#include "kontena/base/text.h"
#include "local_engine.h"

namespace kontena::client {
namespace {

Error no_engine(Error error) {
  if (error.code == Code::unavailable)
    error.hint =
        "images are built on this machine: start its Docker Engine, or name its socket by "
        "DOCKER_HOST=unix:///PATH";
  return error;
}

class Builder {
 public:
  Builder(Session& session, engine::Images& images, ProgressMode mode)
      : session_(session),
        images_(images),
        mode_(mode),
        always_(session.arguments.has("--build") || session.command.words == "stack build"),
        never_(session.arguments.has("--no-build")) {}

  Result<engine::ImageFacts> image_of(const std::string& service, const compose::Build& build) {
    for (const auto& [same, facts] : done_)
      if (same == build) return facts;
    auto facts = make(service, build);
    if (!facts) return no_engine(std::move(facts).error()).in("building '" + service + "'");
    for (const std::string& tag : build.tags) KTN_OK(images_.tag(facts->id, tag));
    done_.emplace_back(build, *facts);
    return facts;
  }

 private:
  Result<engine::ImageFacts> make(const std::string& service, const compose::Build& build) {
    auto there = images_.find(build.image);
    if (!there && there.error().code != Code::not_found) return there;
    if (never_ || build.pull_policy == "never") {
      if (there) return there;
      if (never_)
        return Error{Code::not_found, "the image '" + build.image + "' is not on the engine of this machine",
                     "leave --no-build out, or run: kontena client stack build"};
    }
    KTN_TRY(const bool pulled, pull(service, build));
    if (pulled) return images_.find(build.image);
    KTN_TRY(const Prepared prepared, prepare(build));
    engine::BuildSpec spec = request_of(build, prepared);
    spec.no_cache = spec.no_cache || session_.arguments.has("--no-cache");
    spec.pull = spec.pull || session_.arguments.has("--pull");
    KTN_TRY(const std::string digest, digest_of(spec, prepared));
    const std::string label(engine::build_label);
    // What is fetched from elsewhere may have changed: the engine's cache knows.
    const bool anyway = always_ || build.remote || build.pull_policy == "build";
    if (!anyway) {
      if (const auto same = there ? there->labels.find(label) : model::StringMap::const_iterator();
          there && same != there->labels.end() && same->second == digest)
        return there;
      KTN_TRY(const std::string known, images_.labelled(label, digest));
      if (!known.empty()) {
        KTN_OK(images_.tag(known, build.image));
        return images_.find(known);
      }
    }
    spec.labels[label] = digest;
    spec.registries = registry_logins(session_.outside);
    KTN_OK(run(service, spec, prepared));
    return images_.find(build.image);
  }

  // As Compose does: an image that is to be had from its registry is not built, and one that is not, is.
  Result<bool> pull(const std::string& service, const compose::Build& build) {
    if (always_ || !build.named || build.pull_policy != "always") return false;
    session_.note("pulling " + build.image);
    const Status pulled = images_.pull(build.image, build.platform, registry_logins(session_.outside));
    if (pulled) return true;
    if (pulled.error().code == Code::unavailable) return pulled.error();
    session_.note("it cannot be had (" + plain_text(pulled.error().message) + "): '" + service + "' is built here");
    return false;
  }

  Status run(const std::string& service, const engine::BuildSpec& spec, const Prepared& prepared) {
    session_.note("building " + service + " as " + spec.name);
    image::Packer packer(prepared.context, true);
    std::optional<Error> unreadable;
    const auto next = [&, remote = !spec.remote.empty()]() -> std::optional<std::string> {
      if (remote) return std::string();
      auto piece = packer.next();
      if (piece) return *std::move(piece);
      unreadable = piece.error();
      return std::nullopt;
    };
    BuildLines lines(session_, mode_);
    const Duration start = session_.outside.clock.steady();
    const Status built = images_.build(spec, next, [&](std::string_view line) {
      if (!line.empty()) lines.say(line);
      return true;
    });
    if (unreadable) return *unreadable;
    if (!built) lines.failed();
    if (!built) return built;
    session_.note("built " + spec.name + ", after " + text::human_duration(session_.outside.clock.steady() - start));
    return Done{};
  }

  Session& session_;
  engine::Images& images_;
  const ProgressMode mode_;
  const bool always_;
  const bool never_;
  std::vector<std::pair<compose::Build, engine::ImageFacts>> done_;
};

// What a service needs is built before it, as Compose does: its image may be made from that one.
std::vector<std::string> in_order(const compose::Specified& specified) {
  std::vector<std::string> order;
  std::set<std::string> seen;
  const std::function<void(const std::string&)> visit = [&](const std::string& name) {
    const auto service = specified.spec.services.find(name);
    if (service == specified.spec.services.end() || !seen.insert(name).second) return;
    for (const auto& [other, dependency] : service->second.depends_on) visit(other);
    if (specified.builds.contains(name)) order.push_back(name);
  };
  for (const auto& [name, service] : specified.spec.services) visit(name);
  return order;
}

}  // namespace

BuildLines::BuildLines(Session& session, ProgressMode mode)
    : session_(session), shown_(mode != ProgressMode::quiet && mode != ProgressMode::json && !session.look.quiet) {}

void BuildLines::say(std::string_view line) {
  if (shown_) {
    session_.err() << plain_text(line) << '\n' << std::flush;
    return;
  }
  last_.emplace_back(line);
  if (last_.size() > kept) last_.pop_front();
}

void BuildLines::failed() {
  if (session_.look.machine()) return;
  for (const std::string& line : last_) session_.err() << plain_text(line) << '\n';
}

Result<std::map<std::string, Built>> build_images(Session& session, const compose::Specified& specified, bool send) {
  std::map<std::string, Built> built;
  if (specified.builds.empty()) return built;
  if (session.arguments.has("--build") && session.arguments.has("--no-build"))
    return Error{Code::invalid_argument, "--build and --no-build exclude each other"};
  KTN_TRY(const ProgressMode mode, find_progress(session));
  if (const std::string node = session.arguments.value("--on"); !node.empty()) {
    NodeBuilder builder(session, node, mode, send);
    for (const std::string& service : in_order(specified)) {
      KTN_TRY(built[service], builder.image_of(service, specified.builds.at(service)));
    }
    return built;
  }
  KTN_TRY(const std::string socket, engine_socket(session.outside));
  const auto images = session.outside.open_images(socket);
  Builder builder(session, *images, mode);
  for (const std::string& service : in_order(specified)) {
    KTN_TRY(built[service].facts, builder.image_of(service, specified.builds.at(service)));
  }
  return built;
}

Result<int> build_failed(Session& session, const Error& error) {
  if (error.code != Code::failed_precondition) return error;
  print_error(session, error);
  return 1;
}

}  // namespace kontena::client
