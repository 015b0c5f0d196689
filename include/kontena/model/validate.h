#pragma once

#include <string>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/model/stack.h"

namespace kontena::model {

struct Problem {
  std::string path;  // "services.web.ports[0]"
  std::string what;  // "65536 is not a port (1 to 65535)"
};

// Everything that is wrong with a spec, all at once. The client asks before it
// sends, the server before it accepts. Also holds the limits of size and count.
std::vector<Problem> validate(const StackSpec&);

// The addresses of a network that is not external: paths are "subnet", "gateway",
// "ip_range", those of IPv6 with a 6 at their end, and "reserved[1]". Part of validate; here for those who know places in a file.
std::vector<Problem> wrong_addresses(const NetworkSpec&);

// A static address that a service cannot have.
struct WrongAddress {
  std::string service;
  std::string network;  // a key of StackSpec::networks
  std::string what;
  std::string field = "ipv4_address";
};
std::vector<WrongAddress> wrong_static_addresses(const StackSpec&);  // part of validate too

// A name that a stack cannot give to a service of its.
struct WrongName {
  std::string service;  // "": of the stack itself
  std::string field;    // "links", "container_name" or "exposed"
  std::string name;     // the alias, or what the field says
  std::string what;
};
std::vector<WrongName> wrong_names(const StackSpec&);  // part of validate too

// Of `network create`: as the engine has names, and without its own (bridge, host, none).
Status check_network_name(const std::string&);

}  // namespace kontena::model
