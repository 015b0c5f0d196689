#pragma once

#include "keys.h"

// Stage two of what a service shares with others of its stack.
namespace kontena::compose {

void specify_shared_network(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_ipc(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_pid(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_volumes_from(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
// Once all is specified.
void check_together(Specifier&);
// Likewise, before it: jobs, and who waits for the end of others.
void check_jobs(Specifier&);

}  // namespace kontena::compose
