#pragma once

#include <memory>

#include "carry_out.h"
#include "host_use.h"
#include "mesh.h"
#include "mesh_receive.h"
#include "names.h"
#include "probe.h"

namespace kontena::agent {

// The parts of the overlay network on this node.
class OverlayNetwork {
 public:
  OverlayNetwork(Context, Uplink&, MeshOptions);

  void receive() { receive_.step(); }
  void mesh() { mesh_.step(); }
  void names() { names_.step(); }
  void pool() { pool_.step(); }
  void wind_up();  // ends the waits of these

  Overlay for_containers();
  Answerers answerers() { return probe_.answerers(); }  // of what people ask; this outlives them
  void told(const model::NodeFacts&);  // the server has acknowledged them
  void complete(model::NodeFacts&);  // with key, endpoints, and what is wrong

 private:
  int mtu();
  Result<std::string> prepare(const model::Assignment&);
  Result<std::string> resolver_file(const model::Assignment&);

  Context context_;
  const MeshOptions options_;
  Synced<MeshState> state_;
  MeshReceive receive_;
  Mesh mesh_;
  Names names_;
  Probe probe_;
  PoolWatch pool_;
};

}  // namespace kontena::agent
