#pragma once

#include "keys.h"

// The canonical forms of the keys at the top of a file. Each is a Canonicalise.
namespace kontena::compose {

void alerts(Reader&, Node&, const std::string& path);
void services(Reader&, Node&, const std::string& path);
void networks(Reader&, Node&, const std::string& path);
void ipam_configs(Reader&, Node&, const std::string& path);
void reserved_addresses(Reader&, Node&, const std::string& path);
void configs(Reader&, Node&, const std::string& path);
void models(Reader&, Node&, const std::string& path);
void secrets(Reader&, Node&, const std::string& path);
void volumes(Reader&, Node&, const std::string& path);

}  // namespace kontena::compose
