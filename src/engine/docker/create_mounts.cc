#include <algorithm>

#include "create_options.h"

namespace kontena::engine::docker {
namespace {

using codec::Element;
using codec::member;
using codec::put;
using model::Mount;
using model::MountKind;

// Binds make a missing folder of the node, as Compose does, and know SELinux; Mounts fail, and know
// the rest. Also a colon cuts a bind's text apart.
bool is_text(const Mount& mount) {
  const bool has_colon = (mount.source + mount.target).find(':') != std::string::npos;
  return !mount.must_exist && mount.recursive.empty() && !has_colon;
}

std::string text_of(const Mount& mount) {
  std::string text = mount.source + ":" + mount.target + (mount.read_only ? ":ro" : ":rw");
  for (const std::string& option : {mount.selinux, mount.propagation})
    if (!option.empty()) text += ',' + option;
  return text;
}

void put_bind(Element at, const Mount& mount) {
  put(member(at, "Source"), mount.source);
  // The engine wants it said with a bind that is read-only all the way down.
  const std::string propagation =
      mount.propagation.empty() && mount.recursive == "readonly" ? "rprivate" : mount.propagation;
  if (!propagation.empty()) put(member(member(at, "BindOptions"), "Propagation"), propagation);
  if (mount.recursive == "disabled") put(member(member(at, "BindOptions"), "NonRecursive"), true);
  if (mount.recursive == "writable") put(member(member(at, "BindOptions"), "ReadOnlyNonRecursive"), true);
  if (mount.recursive == "readonly") put(member(member(at, "BindOptions"), "ReadOnlyForceRecursive"), true);
  // An engine before API 1.42 does not know it, and has the mount fail, which says why.
  if (!mount.must_exist && !mount.recursive.empty()) put(member(member(at, "BindOptions"), "CreateMountpoint"), true);
}

Status put_volume(Element at, const Mount& mount, const ContainerSpec& spec) {
  if (!mount.source.empty()) {  // without one the volume is the container's own and goes with it
    const auto volume = spec.volumes.find(mount.source);
    if (volume == spec.volumes.end())
      return Error{Code::invalid_argument, "the volume '" + mount.source + "' has no name on this node"};
    put(member(at, "Source"), volume->second);
  }
  const Element options = member(at, "VolumeOptions");
  put(member(options, "NoCopy"), mount.no_copy);
  if (!mount.labels.empty()) put(member(options, "Labels"), mount.labels);
  if (!mount.subpath.empty()) put(member(options, "Subpath"), mount.subpath);
  return Done{};
}

}  // namespace

Status put_mounts(Element host, const ContainerSpec& spec) {
  for (const Mount& mount : spec.service.mounts) {
    if (mount.kind == MountKind::bind && is_text(mount)) {
      put(codec::append(member(host, "Binds")), text_of(mount));
      continue;
    }
    if (mount.kind == MountKind::content)
      return Error{Code::invalid_argument, "the content of '" + mount.source + "' is not on this node"};
    const Element at = codec::append(member(host, "Mounts"));
    put(member(at, "Type"), std::string(model::name(mount.kind)));
    put(member(at, "Target"), mount.target);
    put(member(at, "ReadOnly"), mount.read_only);
    if (mount.kind == MountKind::bind) put_bind(at, mount);
    if (mount.kind == MountKind::volume) KTN_OK(put_volume(at, mount, spec));
    if (mount.kind == MountKind::image) {
      put(member(at, "Source"), mount.source);
      if (!mount.subpath.empty()) put(member(member(at, "ImageOptions"), "Subpath"), mount.subpath);
    }
    if (mount.kind == MountKind::tmpfs && mount.tmpfs_bytes > 0)
      put(member(member(at, "TmpfsOptions"), "SizeBytes"), mount.tmpfs_bytes);
    if (mount.kind == MountKind::tmpfs && mount.tmpfs_mode > 0)
      put(member(member(at, "TmpfsOptions"), "Mode"), mount.tmpfs_mode);
  }
  return Done{};
}

// The engine's own resolver would not ask on, from a network that is internal.
void put_resolver(Element host, const ContainerSpec& spec) {
  constexpr std::string_view target = "/etc/resolv.conf";
  if (spec.resolv_conf.empty() ||
      std::ranges::find(spec.service.mounts, target, &Mount::target) != spec.service.mounts.end())
    return;
  const Element at = codec::append(member(host, "Mounts"));
  put(member(at, "Type"), "bind");
  put(member(at, "Source"), spec.resolv_conf);
  put(member(at, "Target"), target);
  put(member(at, "ReadOnly"), true);
}

}  // namespace kontena::engine::docker
