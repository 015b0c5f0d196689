#pragma once

#include <string>
#include <vector>

#include "kontena/codec/json.h"
#include "kontena/engine/engine.h"
#include "wire.h"

// What Docker is asked to create for a ContainerSpec. Pure.
namespace kontena::engine::docker {

// The body of POST /containers/create. Fails where the spec names a volume or
// network that it gives no engine's name for.
Result<codec::Document> create_body(const ContainerSpec&, Dialect);

// The engine's names of the networks of a container, the one it is created in first.
Result<std::vector<std::string>> network_names(const ContainerSpec&);

// shared.cc: the modes of the network, ipc and pid namespaces, and the volumes of others.
Status put_shared(codec::Element host, const ContainerSpec&, const std::vector<std::string>& networks);

// Before 1.44 a container is created in one network and joins the others by
// POST /networks/{network}/connect with this body, before it is started.
struct Join {
  std::string network;
  codec::Document body;
};
Result<std::vector<Join>> joins(const ContainerSpec&, const std::string& container, Dialect);

}  // namespace kontena::engine::docker
