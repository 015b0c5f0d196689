#include "blob_refs.h"

#include "kontena/image/parts.h"
#include "sso.h"

namespace kontena::server {
namespace {

void add(const std::string& digest, std::set<std::string>& to) {
  if (!digest.empty()) to.insert(digest);
}

// Of a key GRID/PROJECT/….
std::string scope_of(const std::string& key) { return key.substr(0, key.find('/', key.find('/') + 1)); }

}  // namespace

void add_named(const model::ServiceSpec& spec, Named& named) {
  add(spec.image_digest, named.images);
  for (const model::Mount& mount : spec.mounts) add(mount.digest, named.blobs);
  for (const model::FileUse& file : spec.files) add(file.digest, file.secret ? named.secrets : named.blobs);
  for (const model::SecretVariable& one : spec.env_secrets) add(one.digest, named.secrets);
}

void add_named(const std::map<std::string, model::VolumeSpec>& volumes, Named& named) {
  for (const auto& [key, volume] : volumes) add(volume.seed, named.blobs);
}

void add_named(const model::StackSpec& spec, Named& named) {
  for (const auto& [name, service] : spec.services) add_named(service, named);
  add_named(spec.volumes, named);
  for (const auto& [name, file] : spec.configs) add(file.digest, named.blobs);
  for (const auto& [name, file] : spec.secrets) add(file.digest, named.secrets);
}

Result<std::set<std::string>> parts_of_image(const blobs::Blobs& blobs, const std::string& scope,
                                             const std::string& digest) {
  KTN_TRY(const std::string text, blobs.text(scope, digest, image::largest_manifest));
  KTN_TRY(const image::Manifest manifest, image::read_manifest(text));
  std::set<std::string> parts = image::parts_of(manifest);
  parts.insert(digest);
  return parts;
}

std::map<std::string, Named> named_by_node(const model::ClusterView& view, const std::string& grid,
                                           const std::string& node) {
  std::map<std::string, Named> named;
  std::set<std::string> seen;  // revisions
  view.by_node.each(grid + '/' + node + '/', [&](const auto& entry) {
    const auto* instance = view.instances.get(entry.value);
    if (!instance) return;
    const model::ServicePath path = instance->service_path();
    const std::string revision = model::revision_key(path, instance->instance_revision);
    if (!seen.insert(revision).second) return;
    Named& of_scope = named[instance->grid + '/' + instance->project];
    if (const auto* spec = view.revisions.get(revision)) add_named(spec->spec, of_scope);
    if (const auto* stack = view.stacks.get(path.stack_path().text())) add_named(stack->volumes, of_scope);
  });
  return named;
}

std::map<std::string, Named> named_in(const model::ClusterView& view) {
  std::map<std::string, Named> named;
  view.services.each("", [&](const auto& item) { add_named(item.value.spec, named[scope_of(item.key)]); });
  view.revisions.each("", [&](const auto& item) { add_named(item.value.spec, named[scope_of(item.key)]); });
  view.history.each("", [&](const auto& item) { add_named(item.value.spec, named[scope_of(item.key)]); });
  view.stacks.each("", [&](const auto& item) {
    add_named(
        model::StackSpec{.volumes = item.value.volumes, .configs = item.value.configs, .secrets = item.value.secrets},
        named[scope_of(item.key)]);
  });
  view.secrets.each("", [&](const auto& item) {
    for (const model::SecretVersion& version : item.value.versions) add(version.digest, named[scope_of(item.key)].secrets);
  });
  view.registries.each("", [&](const auto& item) { add(item.value.digest, named[scope_of(item.key)].secrets); });
  view.webhooks.each("", [&](const auto& item) { add(item.value.digest, named[scope_of(item.key)].secrets); });
  view.providers.each("", [&](const auto& item) { add(item.value.secret, named[std::string(provider_scope)].secrets); });
  return named;
}

Status need_blobs(blobs::Blobs& blobs, const std::string& scope, const Named& named) {
  const auto need = [&](const std::string& digest) -> Status {
    if (blobs.has(scope, digest)) return Done{};
    return Error{Code::failed_precondition,
                 "the deploy names the blob '" + digest + "', which the server does not have",
                 "deploy again: what is missing is sent"};
  };
  for (const std::string& digest : named.blobs) KTN_OK(need(digest));
  for (const std::string& digest : named.images) {
    KTN_OK(need(digest));
    KTN_TRY(const auto parts, parts_of_image(blobs, scope, digest));
    for (const std::string& part : parts) KTN_OK(need(part));
  }
  return Done{};
}

}  // namespace kontena::server
