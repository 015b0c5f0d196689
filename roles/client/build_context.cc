#include "build_context.h"

#include <filesystem>

#include "kontena/base/files.h"
#include "kontena/codec/json.h"
#include "kontena/crypto/digest.h"
#include "kontena/image/parts.h"

namespace kontena::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_rules = 1u << 20;

// Docker sends these along whatever the rules say, and looks at them itself.
constexpr std::string_view rules_name = ".dockerignore";

Result<std::string> read_if_there(const std::string& path) {
  if (!files::exists(path)) return std::string();
  return files::read(path, largest_rules);
}

}  // namespace

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

}  // namespace kontena::client
