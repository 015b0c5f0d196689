#pragma once

#include <cstdint>
#include <string>
#include <vector>

// What the server keeps of secrets besides their values, which are sealed records of the server's own.
namespace kontena::model {

// What a secret was set to once.
struct SecretVersion {
  std::int64_t version = 0;  // counts what it was set to, from 1
  std::string digest;        // keyed, "sha256:…": what the value is sealed under, and named by in specs
  std::int64_t bytes = 0;
  bool text = false;  // UTF-8 without NUL: what a variable of the environment can hold
  std::int64_t created_ms = 0;
  std::string created_by;
  friend bool operator==(const SecretVersion&, const SecretVersion&) = default;
};

// A named secret of a project.
struct Secret {
  std::string grid;
  std::string project;
  std::string name;
  std::vector<SecretVersion> versions;  // oldest first, at least one; the last is what deploys take
};

// How a registry is logged in to, for the pulls of a project, or of all a grid's. The password is sealed.
struct RegistryLogin {
  std::string grid;
  std::string project;   // "" = of the whole grid
  std::string registry;  // as in an image's name: "registry.example:5000", "docker.io"
  std::string user;
  std::string digest;    // of the password, as SecretVersion::digest
  bool checked = false;  // the registry has let it in when it was given
  std::int64_t created_ms = 0;
  std::string created_by;
};

}  // namespace kontena::model
