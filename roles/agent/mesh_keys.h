#pragma once

#include <optional>
#include <string>

#include "kontena/base/random.h"
#include "kontena/base/redacted.h"
#include "kontena/base/result.h"

namespace kontena::agent {

struct MeshKey {
  Redacted secret;
  std::string public_key;
  std::int64_t rotation = 0;  // of the grid, when it was made
};

// The node's keys of the mesh, on disk: the one in use, and during a rotation the next
// one. Others are told the next key before it is used; they get ready for it and go on
// with the one in use until the next one answers. Whenever this is broken off, the next
// start finds both, and goes on.
class MeshKeys {
 public:
  MeshKeys(std::string state_dir, IdSource& ids) : state_dir_(std::move(state_dir)), ids_(ids) {}

  // Reads what is kept; makes the first key; makes the next one where the one in use is
  // of another rotation. Costs nothing where all is as it should be.
  Status follow(std::int64_t rotation);
  Status take_next();  // REQUIRES: next(). It is the one in use from now on.

  const std::optional<MeshKey>& in_use() const { return in_use_; }
  const std::optional<MeshKey>& next() const { return next_; }
  std::string public_key() const;  // that others are to know; "" before follow()

 private:
  Status save(const MeshKey&, const std::string& path) const;
  std::string path() const { return state_dir_ + "/mesh.key"; }
  std::string next_path() const { return state_dir_ + "/mesh.key.next"; }
  Result<MeshKey> made(std::int64_t rotation);

  const std::string state_dir_;
  IdSource& ids_;
  bool read_ = false;
  std::optional<MeshKey> in_use_;
  std::optional<MeshKey> next_;
};

Status remove_mesh_keys(const std::string& state_dir);

}  // namespace kontena::agent
