#include "build.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/codec/json.h"
#include "kontena/image/context.h"
#include "kontena/image/parts.h"
#include "local_engine.h"
#include "progress.h"

namespace kontena::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_rules = 1u << 20;
constexpr std::size_t lines_of_failure = 20;

// Docker sends these along whatever the rules say, and looks at them itself.
constexpr std::string_view rules_name = ".dockerignore";

struct Prepared {
  image::Context context;  // empty where the engine fetches it
  std::string dockerfile;  // its path in the context
};

Result<std::string> read_if_there(const std::string& path) {
  if (!files::exists(path)) return std::string();
  return files::read(path, largest_rules);
}

// The context with its Dockerfile: one from elsewhere, or written in the Compose file, goes in under a name of its own,
// and the engine is told to take that out again before anything is copied.
Result<Prepared> prepare(const compose::Build& build) {
  Prepared prepared{.context = {}, .dockerfile = build.dockerfile.empty() ? "Dockerfile" : build.dockerfile};
  if (build.remote) return prepared;
  const fs::path folder(build.context);
  const fs::path full = (folder / prepared.dockerfile).lexically_normal();
  const fs::path inside = full.lexically_relative(folder.lexically_normal());
  const bool is_inside = !inside.empty() && *inside.begin() != "..";

  KTN_TRY(const std::string usual_rules, read_if_there((folder / rules_name).string()));
  std::string rules = usual_rules, rules_from = (folder / rules_name).string();
  if (const std::string own = full.string() + std::string(rules_name);
      build.dockerfile_inline.empty() && files::exists(own)) {
    KTN_TRY(rules, files::read(own, largest_rules));
    rules_from = own;
  }
  auto ignore = image::Ignore::parse(rules);
  if (!ignore) return std::move(ignore).error().in(rules_from);

  std::vector<image::Extra> extras;
  std::vector<std::string> always{std::string(rules_name)};
  if (build.dockerfile_inline.empty() && is_inside) {
    if (!files::exists(full.string()))
      return Error{Code::not_found, "there is no " + full.string(), "'dockerfile' names it, from the context's folder"};
    prepared.dockerfile = inside.string();
    always.push_back(prepared.dockerfile);
  } else {
    std::string text = build.dockerfile_inline;
    if (text.empty()) {
      KTN_TRY(text, files::read(full.string(), largest_rules));
    }
    prepared.dockerfile = ".dockerfile." + image::digest_of(text).substr(7, 16);
    extras.push_back({prepared.dockerfile, std::move(text)});
    std::string with_ours = usual_rules + '\n' + prepared.dockerfile + '\n';
    if (usual_rules.empty()) with_ours += std::string(rules_name) + '\n';
    extras.push_back({std::string(rules_name), std::move(with_ours)});
  }
  if (build.context.empty()) {
    for (image::Extra& extra : extras)
      prepared.context.entries.push_back({.path = extra.path, .size = static_cast<std::int64_t>(extra.content.size())});
    prepared.context.extras = std::move(extras);
    return prepared;
  }
  KTN_TRY(prepared.context, image::list_context(build.context, *ignore, always, std::move(extras)));
  return prepared;
}

engine::BuildSpec request_of(const compose::Build& build, const Prepared& prepared) {
  return {.name = build.image,
          .remote = build.remote ? build.context : "",
          .dockerfile = prepared.dockerfile,
          .args = build.args,
          .labels = build.labels,
          .target = build.target,
          .cache_from = build.cache_from,
          .network = build.network,
          .shm_bytes = build.shm_bytes,
          .extra_hosts = build.extra_hosts,
          .no_cache = build.no_cache,
          .pull = build.pull,
          .platform = build.platform,
          .ulimits = build.ulimits};
}

// Of all that makes the image what it is, but for what the engine fetches from elsewhere.
Result<std::string> digest_of(const engine::BuildSpec& spec, const Prepared& prepared) {
  KTN_TRY(const std::string of_context, image::digest_of(prepared.context));
  codec::Document all;
  const auto add = [&](std::string_view key, const auto& value) { codec::put(codec::member(all.root(), key), value); };
  add("context", of_context);
  add("remote", spec.remote);
  add("dockerfile", spec.dockerfile);
  add("args", spec.args);
  add("labels", spec.labels);
  add("target", spec.target);
  add("network", spec.network);
  add("shm", spec.shm_bytes);
  add("hosts", spec.extra_hosts);
  add("platform", spec.platform);
  std::vector<std::string> limits;
  for (const model::Ulimit& each : spec.ulimits)
    limits.push_back(each.name + '=' + std::to_string(each.soft) + ':' + std::to_string(each.hard));
  add("limits", limits);
  return crypto::sha256_hex(all.dump());
}

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
        shown_(mode != ProgressMode::quiet && mode != ProgressMode::json && !session.look.quiet),
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
    KTN_TRY(const Prepared prepared, prepare(build));
    engine::BuildSpec spec = request_of(build, prepared);
    spec.no_cache = spec.no_cache || session_.arguments.has("--no-cache");
    spec.pull = spec.pull || session_.arguments.has("--pull") || build.pull_policy == "always";
    KTN_TRY(const std::string digest, digest_of(spec, prepared));
    const std::string label(engine::build_label);
    // What is fetched from elsewhere may have changed: the engine's cache knows.
    const bool anyway = always_ || build.remote || spec.pull || build.pull_policy == "build";
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
    std::deque<std::string> last;
    const Duration start = session_.outside.clock.steady();
    const Status built = images_.build(spec, next, [&](std::string_view line) {
      if (shown_) {
        session_.err() << plain_text(line) << '\n' << std::flush;
        return;
      }
      last.emplace_back(line);
      if (last.size() > lines_of_failure) last.pop_front();
    });
    if (unreadable) return *unreadable;
    if (!built && !session_.look.machine())
      for (const std::string& line : last) session_.err() << plain_text(line) << '\n';
    if (!built) return built;
    session_.note("built " + spec.name + ", after " + text::human_duration(session_.outside.clock.steady() - start));
    return Done{};
  }

  Session& session_;
  engine::Images& images_;
  const bool shown_;
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

Result<std::map<std::string, engine::ImageFacts>> build_images(Session& session, const compose::Specified& specified) {
  std::map<std::string, engine::ImageFacts> built;
  if (specified.builds.empty()) return built;
  if (session.arguments.has("--build") && session.arguments.has("--no-build"))
    return Error{Code::invalid_argument, "--build and --no-build exclude each other"};
  KTN_TRY(const ProgressMode mode, find_progress(session));
  KTN_TRY(const std::string socket, engine_socket(session.outside));
  const auto images = session.outside.open_images(socket);
  Builder builder(session, *images, mode);
  for (const std::string& service : in_order(specified)) {
    KTN_TRY(built[service], builder.image_of(service, specified.builds.at(service)));
  }
  return built;
}

Result<int> build_failed(Session& session, const Error& error) {
  if (error.code != Code::failed_precondition) return error;
  print_error(session, error);
  return 1;
}

}  // namespace kontena::client
