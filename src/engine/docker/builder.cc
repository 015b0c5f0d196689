#include "builder.h"

#include <algorithm>
#include <set>

#include "image_name.h"
#include "kontena/base/text.h"
#include "streams.h"

namespace kontena::engine::docker {
namespace {

constexpr Duration longest_step{6 * 3'600'000};  // that says nothing
constexpr Duration longest_load{1'800'000};      // likewise: a layer is unpacked without a word

std::string json_of(const auto& value) {
  codec::Document document;
  codec::put(document.root(), value);
  return document.dump();
}

std::string limits_of(const std::vector<model::Ulimit>& limits) {
  codec::Document document;
  codec::make_array(document.root());
  for (const model::Ulimit& limit : limits) {
    const codec::Element at = codec::append(document.root());
    codec::put(codec::member(at, "Name"), limit.name);
    codec::put(codec::member(at, "Soft"), limit.soft);
    codec::put(codec::member(at, "Hard"), limit.hard);
  }
  return document.dump();
}

model::Strings layers_of(codec::Element image) {
  model::Strings layers;
  if (const auto found = codec::find_path(image, {"RootFS", "Layers"}))
    for (const codec::Element each : codec::elements(*found)) layers.push_back(codec::string_at(each, {}));
  return layers;
}

// A name has its tag, so that nothing else is meant by it; an id stays as it is.
Result<std::string> reference_of(const std::string& image) {
  if (image.starts_with("sha256:")) return image;
  KTN_TRY(const auto name, parse_image(image));
  return name.reference();
}

// Of all logins that of one registry, as the header X-Registry-Auth has it. Docker Hub's is kept by an address of old.
Redacted login_of(const std::string& repository, const Redacted& registries) {
  const auto all = codec::Document::parse(registries.reveal());
  if (!all) return {};
  const std::string first = repository.substr(0, repository.find('/'));
  const bool named = first != repository && (first.find_first_of(".:") != std::string::npos || first == "localhost");
  const std::string registry = named && first != "docker.io" ? first : "https://index.docker.io/v1/";
  const auto login = codec::find(all->root(), registry);
  if (!login) return {};
  codec::Document header;
  codec::put(codec::member(header.root(), "username"), codec::string_at(*login, {"username"}));
  codec::put(codec::member(header.root(), "password"), codec::string_at(*login, {"password"}));
  codec::put(codec::member(header.root(), "serveraddress"), registry);
  return Redacted(text::base64_url(header.dump()));
}

}  // namespace

Result<ImageFacts> DockerImages::find(const std::string& image) {
  KTN_TRY(const std::string reference, reference_of(image));
  auto found = wire_.read({.path = "/images/" + segments(reference) + "/json"});
  if (!found && found.error().code == Code::not_found)
    return Error{Code::not_found, "the image '" + image + "' is not on the engine"};
  if (!found) return std::move(found).error();
  const codec::Element at = found->root();
  ImageFacts facts{.id = codec::string_at(at, {"Id"}), .labels = {}, .platform = {}, .layers = layers_of(at)};
  if (const auto labels = codec::find_path(at, {"Config", "Labels"}))
    for (const auto& [key, value] : codec::members(*labels)) facts.labels[key] = codec::string_at(value, {});
  facts.platform = codec::string_at(at, {"Os"}) + '/' + codec::string_at(at, {"Architecture"});
  if (const std::string variant = codec::string_at(at, {"Variant"}); !variant.empty()) facts.platform += '/' + variant;
  return facts;
}

Result<std::string> DockerImages::labelled(std::string_view key, const std::string& value) {
  const std::string label = std::string(key) + '=' + value;
  const std::string filter = json_of(std::map<std::string, model::Strings>{{"label", {label}}});
  KTN_TRY(const auto list, wire_.read({.path = "/images/json", .query = {{"filters", filter}}}));
  std::string newest;
  std::int64_t created = -1;
  for (const codec::Element each : codec::elements(list.root()))
    if (const std::int64_t at = codec::integer_at(each, {"Created"}); at > created) {
      created = at;
      newest = codec::string_at(each, {"Id"});
    }
  return newest;
}

Result<model::StringMap> DockerImages::named(const std::string& pattern) {
  const std::string filter = json_of(std::map<std::string, model::Strings>{{"reference", {pattern}}});
  KTN_TRY(const auto list, wire_.read({.path = "/images/json", .query = {{"filters", filter}}}));
  model::StringMap found;
  for (const codec::Element each : codec::elements(list.root()))
    if (const auto tags = codec::find(each, "RepoTags"))
      for (const codec::Element tag : codec::elements(*tags))
        found[codec::string_at(tag, {})] = codec::string_at(each, {"Id"});
  return found;
}

Result<std::vector<model::Strings>> DockerImages::layers() {
  KTN_TRY(const auto list, wire_.read({.path = "/images/json"}));
  std::vector<model::Strings> all;
  for (const codec::Element each : codec::elements(list.root())) {
    const auto image = wire_.read({.path = "/images/" + segment(codec::string_at(each, {"Id"})) + "/json"});
    if (!image && image.error().code == Code::not_found) continue;  // removed meanwhile
    if (!image) return image.error();
    all.push_back(layers_of(image->root()));
  }
  return all;
}

Status DockerImages::pull(const std::string& image, const std::string& platform, const Redacted& registries) {
  KTN_TRY(const auto name, parse_image(image));
  Ask ask{.method = http::Method::post,
          .path = "/images/create",
          .query = {{"fromImage", name.repository}, {"tag", name.version()}},
          .registry_auth = login_of(name.repository, registries),
          .timeout = slow};
  if (!platform.empty()) ask.query["platform"] = platform;
  Lines lines;
  PullReport report;
  const auto on_line = [&](std::string_view line) { report.take(line); };
  const auto answer = wire_.stream(ask, [&](std::string_view bytes) { return lines.take(bytes, on_line), true; });
  if (!answer) return answer.error();
  if (answer->status >= 300) return refusal(*answer);
  lines.finish(on_line);
  if (!report.error().empty()) return refusal({.status = 500, .body = report.error()});
  return Done{};
}

Status DockerImages::tag(const std::string& image, const std::string& name) {
  KTN_TRY(const std::string reference, reference_of(image));
  KTN_TRY(const auto parsed, parse_image(name));
  KTN_TRY(const auto answer, wire_.send({.method = http::Method::post,
                                         .path = "/images/" + segments(reference) + "/tag",
                                         .query = {{"repo", parsed.repository}, {"tag", parsed.version()}}}));
  if (answer.status >= 300) return refusal(answer).in("naming an image '" + name + "'");
  return Done{};
}

Status DockerImages::save(const std::string& image, const std::function<Status(std::string_view)>& sink) {
  KTN_TRY(const std::string reference, reference_of(image));
  Status taken = Done{};
  const auto answer =
      wire_.stream({.path = "/images/" + segments(reference) + "/get", .timeout = slow}, [&](std::string_view bytes) {
        if (!bytes.empty()) taken = sink(bytes);
        return taken.has_value();
      });
  if (!taken) return taken;
  if (!answer) return Error(answer.error()).in("saving the image '" + image + "'");
  if (answer->status >= 300) return refusal(*answer).in("saving the image '" + image + "'");
  return Done{};
}

Status DockerImages::load(const Pieces& archive) {
  Lines lines;
  std::string said;
  const auto on_line = [&](std::string_view line) {
    const auto document = codec::Document::parse(line);
    if (document && said.empty()) said = codec::string_at(document->root(), {"error"});
  };
  const auto answer =
      wire_.exchange({.method = http::Method::post, .path = "/images/load", .timeout = longest_load}, {}, archive,
                     [&](std::string_view bytes) { return lines.take(bytes, on_line), true; });
  if (!answer) return Error(answer.error()).in("loading an image");
  if (answer->status >= 300) return refusal(*answer).in("loading an image");
  lines.finish(on_line);
  if (!said.empty()) return refusal({.status = 500, .body = said}).in("loading an image");
  return Done{};
}

// ---- build

std::string build_path(const BuildSpec& spec) {
  std::string path = "/build?rm=1&forcerm=1";
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) path += '&' + std::string(key) + '=' + http::percent_encode(value);
  };
  add("t", spec.name);
  add("remote", spec.remote);
  add("dockerfile", spec.dockerfile);
  if (!spec.args.empty()) add("buildargs", json_of(spec.args));
  if (!spec.labels.empty()) add("labels", json_of(spec.labels));
  add("target", spec.target);
  if (!spec.cache_from.empty()) add("cachefrom", json_of(spec.cache_from));
  add("networkmode", spec.network);
  if (spec.shm_bytes > 0) add("shmsize", std::to_string(spec.shm_bytes));
  for (const std::string& host : spec.extra_hosts) add("extrahosts", host);
  if (spec.no_cache) add("nocache", "1");
  if (spec.pull) add("pull", "1");
  add("platform", spec.platform);
  if (!spec.ulimits.empty()) add("ulimits", limits_of(spec.ulimits));
  if (spec.memory_bytes > 0) {
    add("memory", std::to_string(spec.memory_bytes));
    add("memswap", std::to_string(spec.memory_bytes));
  }
  if (spec.nano_cpus > 0) {
    add("cpuperiod", "100000");
    add("cpuquota", std::to_string(std::max<std::int64_t>(spec.nano_cpus / 10'000, 1'000)));
  }
  return path;
}

void BuildReport::say(std::string_view text) {
  held_ += text;
  for (std::size_t end = held_.find('\n'); end != std::string::npos; end = held_.find('\n')) {
    std::string line = held_.substr(0, end);
    held_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with("Step ")) step_ = line;
    line_(line);
  }
}

void BuildReport::take(std::string_view json) {
  const auto document = codec::Document::parse(json);
  if (!document) return;
  const auto at = document->root();
  if (const std::string text = codec::string_at(at, {"stream"}); !text.empty()) say(text);
  // Of a base image that is pulled: not the bars of its layers, which are redrawn.
  const std::string status = codec::string_at(at, {"status"});
  if (!status.empty() && !codec::find(at, "progressDetail")) say(status + '\n');
  if (std::string said = codec::string_at(at, {"errorDetail", "message"}); !said.empty()) error_ = std::move(said);
  if (std::string said = codec::string_at(at, {"error"}); !said.empty() && error_.empty()) error_ = std::move(said);
}

void BuildReport::finish() {
  if (!held_.empty()) say("\n");
}

Error BuildReport::error() const {
  Error error = refusal({.status = 500, .body = error_});
  if (step_.empty()) return error;
  // "Step 2/3 : RUN make" is shown as "step 2/3 (RUN make)".
  const auto colon = step_.find(" : ");
  std::string step = "step " + step_.substr(5, colon == std::string::npos ? colon : colon - 5);
  if (colon != std::string::npos) step += " (" + step_.substr(colon + 3) + ')';
  return std::move(error).in(step);
}

Status DockerImages::build(const BuildSpec& spec, const Pieces& context, const Line& line) {
  Lines lines;
  bool goes_on = true;
  const std::function<void(std::string_view)> say = [&](std::string_view text) {
    // "" has a meaning of its own.
    if (goes_on && !text.empty()) goes_on = line(text);
  };
  BuildReport report(say);
  const auto on_line = [&](std::string_view json) { report.take(json); };
  http::Headers headers;
  if (!spec.registries.empty()) headers["x-registry-config"] = text::base64_url(spec.registries.reveal());
  const auto answer = wire_.exchange({.method = http::Method::post, .path = build_path(spec), .timeout = longest_step},
                                     headers, context, [&](std::string_view bytes) {
                                       lines.take(bytes, on_line);
                                       if (bytes.empty()) goes_on = goes_on && line("");
                                       return goes_on;
                                     });
  if (!goes_on) return Error{Code::failed_precondition, "the build was broken off"};
  if (!answer) return answer.error();
  if (answer->status >= 300) return refusal(*answer);
  lines.finish(on_line);
  report.finish();
  if (report.failed()) return report.error();
  return Done{};
}

}  // namespace kontena::engine::docker
