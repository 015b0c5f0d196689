#include "mesh_keys.h"

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/netlink/keys.h"

namespace kontena::agent {
namespace {

// A line with the key, and one with the rotation, which the first version did not write.
Result<std::optional<MeshKey>> read_key(const std::string& path) {
  const auto kept = files::read(path, 1024);
  if (!kept && kept.error().code == Code::not_found) return std::optional<MeshKey>();
  if (!kept) return kept.error();
  const auto lines = text::split(*kept, '\n');
  const std::string secret(text::trim(lines.empty() ? std::string_view() : std::string_view(lines[0])));
  if (!netlink::is_key(secret)) {
    log::warn("a kept key of the mesh is none: a new one is made", {{"file", path}});
    return std::optional<MeshKey>();
  }
  MeshKey key{.secret = Redacted(secret)};
  if (lines.size() > 1) key.rotation = text::integer(text::trim(lines[1])).value_or(0);
  KTN_TRY(key.public_key, netlink::public_key(key.secret));
  return std::optional(std::move(key));
}

}  // namespace

Status MeshKeys::save(const MeshKey& key, const std::string& path) const {
  return files::write(path, key.secret.reveal() + '\n' + std::to_string(key.rotation) + '\n', 0600);
}

Result<MeshKey> MeshKeys::made(std::int64_t rotation) {
  MeshKey key{.secret = netlink::make_private_key(ids_), .rotation = rotation};
  KTN_TRY(key.public_key, netlink::public_key(key.secret));
  return key;
}

Status MeshKeys::follow(std::int64_t rotation) {
  if (!read_) {
    KTN_TRY(in_use_, read_key(path()));
    KTN_TRY(next_, read_key(next_path()));
    if (next_ && in_use_ && next_->public_key == in_use_->public_key) next_.reset();  // broken off after the taking
    read_ = true;
  }
  if (!in_use_ && next_) return take_next();
  if (!in_use_) {
    KTN_TRY(MeshKey first, made(rotation));
    KTN_OK(save(first, path()));
    in_use_ = std::move(first);
  }
  // A next one that was told may be in others' hands already: it is taken into use first,
  // whatever the rotation is by now.
  if (next_ || in_use_->rotation == rotation) return Done{};
  KTN_TRY(MeshKey next, made(rotation));
  KTN_OK(save(next, next_path()));
  next_ = std::move(next);
  log::info("a new key of the mesh is made", {{"rotation", std::to_string(rotation)}});
  return Done{};
}

Status MeshKeys::take_next() {
  // At each moment there is a key in use, and it is one of the two.
  KTN_OK(save(*next_, path()));
  in_use_ = std::exchange(next_, std::nullopt);
  return files::remove(next_path());
}

std::string MeshKeys::public_key() const { return next_ ? next_->public_key : in_use_ ? in_use_->public_key : ""; }

Status remove_mesh_keys(const std::string& state_dir) {
  KTN_OK(files::remove(state_dir + "/mesh.key.next"));
  return files::remove(state_dir + "/mesh.key");
}

}  // namespace kontena::agent
