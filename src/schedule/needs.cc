#include "kontena/schedule/needs.h"

#include <algorithm>
#include <array>

#include "kontena/base/text.h"

namespace kontena::schedule {
namespace {

void add_to(model::Strings& all, const std::string& one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

// What a volume with `o: bind` is of, which an engine does not make.
std::string bound_folder(const model::VolumeSpec& volume) {
  const auto how = volume.driver_options.find("o");
  const auto device = volume.driver_options.find("device");
  if (how == volume.driver_options.end() || device == volume.driver_options.end()) return "";
  const auto words = text::split(how->second, ',');
  const bool bind =
      std::ranges::any_of(words, [](const std::string& word) { return word == "bind" || word == "rbind"; });
  return bind && device->second.starts_with('/') ? device->second : "";
}

void add_mounts(const model::ServiceSpec& spec, const std::map<std::string, model::VolumeSpec>& volumes, Needs& needs) {
  for (const model::Mount& mount : spec.mounts) {
    if (mount.kind == model::MountKind::bind) add_to(mount.must_exist ? needs.there : needs.wished, mount.source);
    const auto volume = mount.kind == model::MountKind::volume ? volumes.find(mount.source) : volumes.end();
    if (volume == volumes.end()) continue;
    const model::VolumeSpec& its = volume->second;
    if (its.external)
      add_to(needs.there, "volume:" + (its.name.empty() ? volume->first : its.name));
    else if (its.driver != "local")
      add_to(needs.volume_drivers, its.driver);
    else if (const std::string folder = bound_folder(its); !folder.empty())
      add_to(needs.there, folder);
  }
}

void add_options(const model::ContainerOptions& options, Needs& needs) {
  const auto one_of = [&](model::Strings names) {
    if (std::ranges::find(needs.runtimes, names) == needs.runtimes.end()) needs.runtimes.push_back(std::move(names));
  };
  if (!options.runtime.empty()) one_of({options.runtime});
  for (const model::Device& device : options.devices) {
    if (device.source.starts_with('/'))
      add_to(needs.there, device.source);
    else
      one_of({"cdi"});
  }
  const model::BlockIo& io = options.block_io;
  for (const auto* list : {&io.weights, &io.read_bytes, &io.read_operations, &io.write_bytes, &io.write_operations})
    for (const model::BlockDevice& device : *list) add_to(needs.there, device.path);
  for (const model::DeviceRequest& request : options.device_requests)
    one_of(request.driver.empty() ? model::Strings{"nvidia", "cdi"} : model::Strings{request.driver});
}

}  // namespace

std::string platform(const std::string& text) {
  struct Alias {
    std::string_view is, means;
  };
  constexpr std::array aliases{Alias{"x86_64", "amd64"}, Alias{"x86-64", "amd64"}, Alias{"aarch64", "arm64"},
                               Alias{"armhf", "arm"},    Alias{"armel", "arm"},    Alias{"i386", "386"},
                               Alias{"i686", "386"}};
  auto parts = text::split(text::lower(text), '/');
  // One word alone may be either.
  constexpr std::array systems{"linux", "windows", "darwin", "freebsd"};
  if (parts.size() == 1 && std::ranges::find(systems, parts[0]) == systems.end()) parts.insert(parts.begin(), "linux");
  if (parts.size() == 1) return parts[0];
  const auto alias = std::ranges::find(aliases, parts[1], &Alias::is);
  return parts[0] + '/' + (alias == aliases.end() ? parts[1] : std::string(alias->means));
}

bool never_says(const model::NodeFacts& facts) { return facts.runtimes.empty(); }

bool is_shared(const model::VolumeSpec& volume) {
  const auto type = volume.driver_options.find("type");
  return volume.driver == "local" && type != volume.driver_options.end() &&
         (type->second == "nfs" || type->second == "nfs4" || type->second == "cifs");
}

Needs needs_of(const model::ServiceSpec& spec, const std::map<std::string, model::VolumeSpec>& volumes) {
  Needs needs;
  if (!spec.platform.empty()) needs.platforms.push_back(platform(spec.platform));
  add_mounts(spec, volumes, needs);
  if (spec.options) add_options(*spec.options, needs);
  if (spec.pull_policy == model::PullPolicy::never && spec.image_digest.empty())
    add_to(needs.there, "image:" + spec.image);
  return needs;
}

void add(Needs& needs, const Needs& more) {
  for (const std::string& one : more.platforms) add_to(needs.platforms, one);
  for (const model::Strings& one : more.runtimes)
    if (std::ranges::find(needs.runtimes, one) == needs.runtimes.end()) needs.runtimes.push_back(one);
  for (const std::string& one : more.volume_drivers) add_to(needs.volume_drivers, one);
  for (const std::string& one : more.there) add_to(needs.there, one);
  for (const std::string& one : more.wished) add_to(needs.wished, one);
  needs.ipv6 = needs.ipv6 || more.ipv6;
}

}  // namespace kontena::schedule
