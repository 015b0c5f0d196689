// The keys of a service's `build`, and what they ask of an engine.
#include "part_forms.h"
#include "parts.h"
#include "service_forms.h"
#include "specify.h"
#include "tables.h"

namespace kontena::compose {
namespace {

using B = Build;

constexpr std::string_view session = "it needs BuildKit and a connection back to this machine";
constexpr std::string_view rights = "the engine's own builder gives no step more rights than another";
constexpr std::string_view attestation = "the engine's own builder makes no attestations";

void context(Specifier& to, const Node& value, const std::string& path, B& build) {
  build.context = value.text;
  build.remote = !value.text.starts_with('/');
  for (const std::string_view scheme : {"docker-image://", "oci-layout://", "service:", "target:", "ssh://"})
    if (value.text.starts_with(scheme))
      to.notes.problem(value.at, path, "the engine's own builder has no contexts of '" + std::string(scheme) + "'",
                       "a folder, or the URL of a git repository or of an archive");
}

void extra_hosts_of(Specifier&, const Node& value, const std::string&, B& build) {
  for (const Node& item : value.items) {
    std::string host = item.text;
    if (const auto equals = host.find('='); equals != std::string::npos) host[equals] = ':';
    build.extra_hosts.push_back(std::move(host));
  }
}

// Caches of BuildKit; the engine's own builder takes images only.
void cache_from(Specifier& to, const Node& value, const std::string& path, B& build) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string& from = value.items[i].text;
    if (from.find('=') == std::string::npos)
      build.cache_from.push_back(from);
    else if (from.starts_with("type=registry,ref="))
      build.cache_from.push_back(from.substr(18, from.find(',', 18) - 18));
    else
      to.notes.warning(value.items[i].at, under(path, i), "'" + from + "' is ignored: it is a cache of BuildKit");
  }
}

void platforms(Specifier& to, const Node& value, const std::string& path, B& build) {
  if (value.items.size() > 1)
    to.notes.problem(value.at, path, "one engine builds for one platform", "name one of them");
  else if (!value.items.empty())
    build.platform = value.items[0].text;
}

void limits(Specifier&, const Node& value, const std::string&, B& build) {
  for (const Member& member : value.members) {
    const Node& bounds = member.value;
    const bool both = bounds.kind == Kind::map;
    build.ulimits.push_back({member.key, integer_of(both ? *bounds.find("soft") : bounds),
                             integer_of(both ? *bounds.find("hard") : bounds)});
  }
}

constexpr auto build_rows = std::to_array<Key<B>>({
    refused<B>("additional_contexts", build_contexts, session),
    runs<B>("args", variables, into<&B::args>),
    mapped<B>("cache_from", plain_texts, cache_from, "images only"),
    ignored<B>("cache_to", plain_texts, "the engine's own builder keeps its cache on the engine"),
    mapped<B>("context", build_context, context, "a folder is packed here; anything else the engine fetches itself"),
    runs<B>("dockerfile", text_value, into<&B::dockerfile>),
    runs<B>("dockerfile_inline", text_value, into<&B::dockerfile_inline>),
    refused<B>("entitlements", plain_texts, rights),
    runs<B>("extra_hosts", extra_hosts, extra_hosts_of),
    ignored<B>("isolation", text_value, "it has a meaning on Windows only"),
    runs<B>("labels", labels, into<&B::labels>),
    runs<B>("network", text_value, into<&B::network>),
    mapped<B>("no_cache", boolean, into<&B::no_cache>, "when it is built, which is when something has changed"),
    ignored<B>("no_cache_filter", text_or_texts, "the engine's own builder builds all stages with its cache"),
    mapped<B>("platforms", plain_texts, platforms, "one"),
    refused<B>("privileged", boolean, rights),
    ignored<B>("provenance", text_or_boolean, attestation),
    runs<B>("pull", boolean, into<&B::pull>),
    ignored<B>("sbom", text_or_boolean, attestation),
    refused<B>("secrets", files_used, session),
    runs<B>("shm_size", whole_bytes, into<&B::shm_bytes>),
    refused<B>("ssh", build_ssh, session),
    runs<B>("tags", texts, into<&B::tags>),
    runs<B>("target", text_value, into<&B::target>),
    runs<B>("ulimits", ulimits, limits),
});
static_assert(well_formed(build_rows));

}  // namespace

constinit const Table build_table = table_of<build_rows>("services.*.build");
std::span<const Key<B>> build_keys() { return build_rows; }

void specify_build(Specifier& to, const Node& value, const std::string& path, model::ServiceSpec& service) {
  B& build = to.builds[service.name];
  specify_map<B>(to, value, path, build_keys(), build);
  // Without `image` it has the name that Compose gives it.
  if (const Node* image = to.service->find("image"); image && !image->text.empty())
    build.image = image->text, build.named = true;
  else
    build.image = (to.root.find("name") ? to.root.find("name")->text : to.spec.name) + '-' + service.name;
  if (const Node* policy = to.service->find("pull_policy")) build.pull_policy = policy->text;
  if (service.image.empty()) service.image = build.image;
  if (build.context.empty() && build.dockerfile_inline.empty())
    to.notes.problem(value.at, path, "'context' is missing", "the folder with the Dockerfile, as in 'build: .'");
}

}  // namespace kontena::compose
