#pragma once

#include <map>
#include <optional>
#include <string>

#include "kontena/base/redacted.h"
#include "kontena/base/result.h"
#include "outside.h"

namespace kontena::client {

// A server, and how to speak to it.
struct Context {
  std::string url;
  std::string ca_pem;
  Redacted token;       // "" after a logout
  std::string grid;     // "" = found out, or asked for
  std::string project;  // "" = default
};

// What the user's configuration file holds.
struct Config {
  std::string current;  // "" = none
  std::map<std::string, Context> contexts;

  Result<const Context*> find(const std::string& name) const;  // Code::not_found names the nearest
};

// $XDG_CONFIG_HOME/kontena/config.json. An absent file is an empty Config; one
// that others may read is refused.
std::string config_path(const Environment&);
Result<Config> load_config(const Environment&);
Status save_config(const Environment&, const Config&);

// CA certificates already held against a token's pin, kept by fingerprint.
std::optional<std::string> cached_authority(const Environment&, const std::string& fingerprint);
void cache_authority(const Environment&, const std::string& fingerprint, const std::string& pem);

// "https://HOST:PORT" of what a user may write: the scheme may be left out, and
// the port is 7443 then as well as with https://. Plain HTTP is refused.
Result<std::string> server_url(std::string_view given);
std::string host_of(std::string_view url);  // of a server_url: without scheme, port and brackets

}  // namespace kontena::client
