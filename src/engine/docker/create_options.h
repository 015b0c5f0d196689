#pragma once

#include <string>

#include "create_body.h"

// The parts of what Docker is asked to create that hang on nothing but the spec. Pure.
namespace kontena::engine::docker {

// create_options.cc: of model::ContainerOptions, but for the modes of namespaces and what endpoints have.
void put_options(codec::Element body, codec::Element host, const model::ServiceSpec&, Dialect);
// The address that a container is to have in its network, the first or a further one; "" = any.
const std::string& mac_address_in(const model::ServiceSpec&, const model::Attachment&);

// create_mounts.cc. Fails where a volume has no name on the node.
Status put_mounts(codec::Element host, const ContainerSpec&);
// The cluster's names are answered by the node, and asked for directly.
void put_resolver(codec::Element host, const ContainerSpec&);

// lacking.cc: what a container would be wrong without, and this dialect has no word for.
Status check_dialect(const model::ServiceSpec&, Dialect);

}  // namespace kontena::engine::docker
