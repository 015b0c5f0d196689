#pragma once

#include "mesh_state.h"
#include "uplink.h"

namespace kontena::agent {

// Receives the wanted network by a long poll, and keeps it on disk: after a reboot
// with the server away the network is as it was told last, but for names of the last
// half minute: who is up is kept when there is nothing else to do.
class MeshReceive {
 public:
  // `news` is called after each change of what is wanted.
  MeshReceive(Context context, Uplink& uplink, Synced<MeshState>& mesh, std::string state_dir, std::function<void()> news)
      : context_(std::move(context)), uplink_(uplink), mesh_(mesh), state_dir_(std::move(state_dir)), news_(std::move(news)) {}

  void step();  // one poll, and after a failure the wait until the next

 private:
  Result<bool> ask();
  void save(std::shared_ptr<const overlay::Snapshot>);

  Context context_;
  Uplink& uplink_;
  Synced<MeshState>& mesh_;
  const std::string state_dir_;
  const std::function<void()> news_;
  int failures_ = 0;          // in a row
  std::shared_ptr<const overlay::Snapshot> saved_;
  bool unsaved_ = false;
  bool unsaved_told_ = false;
};

}  // namespace kontena::agent
