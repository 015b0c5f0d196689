#pragma once

#include "keys.h"

// The canonical forms of keys whose parts we read and check, but do not run: their
// owner's row refuses them whole. Each is a Canonicalise.
namespace kontena::compose {

void build(Reader&, Node&, const std::string& path);
void block_io(Reader&, Node&, const std::string& path);
void credential_spec(Reader&, Node&, const std::string& path);
void develop(Reader&, Node&, const std::string& path);
void device_requests(Reader&, Node&, const std::string& path);
void generic_resources(Reader&, Node&, const std::string& path);
void gpus(Reader&, Node&, const std::string& path);
void hooks(Reader&, Node&, const std::string& path);
void pre_start_hooks(Reader&, Node&, const std::string& path);
void image_mount(Reader&, Node&, const std::string& path);
void tmpfs_mount(Reader&, Node&, const std::string& path);
void models_used(Reader&, Node&, const std::string& path);
void provider(Reader&, Node&, const std::string& path);
void devices(Reader&, Node&, const std::string& path);
void files_used(Reader&, Node&, const std::string& path);  // `configs:` and `secrets:` of a service
void mode(Reader&, Node&, const std::string& path);        // of a file: octal

}  // namespace kontena::compose
