#pragma once

#include "specify.h"

// Stage two of what comes along with a deploy: configs, secrets and binds of the project's own files.
namespace kontena::compose {

struct DeclaredFile {
  model::FileSpec spec;
  FileSource source;
  bool found = false;  // where its content is
};

std::span<const Key<DeclaredFile>> secret_keys();
std::span<const Key<DeclaredFile>> config_keys();
std::span<const Key<model::FileUse>> file_used_keys();

void specify_configs(Specifier&, const Node&, const std::string& path, model::StackSpec&);
void specify_secrets(Specifier&, const Node&, const std::string& path, model::StackSpec&);
void specify_configs_used(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);
void specify_secret_variables(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);  // x-kontena.env_secrets
void specify_secrets_used(Specifier&, const Node&, const std::string& path, model::ServiceSpec&);

// A bind of a path that is written relative: of this machine, so that what is there has to come along.
// False where it is none. `mount` is the last of the service's.
bool specify_own_path(Specifier&, const Node& item, const std::string& path, model::ServiceSpec&);

// Volumes of the file that are folders of the project by their options: what mounts them has been told.
void drop_bound_volumes(Specifier&);

}  // namespace kontena::compose
