#include "local_engine.h"

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/codec/json.h"

namespace kontena::client {

Result<std::string> engine_socket(const Outside& outside) {
  constexpr std::string_view scheme = "unix://";
  const std::string host = outside.variable("DOCKER_HOST");
  if (host.starts_with(scheme)) return host.substr(scheme.size());
  if (!host.empty())
    return Error{Code::unsupported, "DOCKER_HOST is '" + host + "': images are built over a unix socket only",
                 "work on that machine, or forward its socket (ssh -L) and set DOCKER_HOST=unix:///PATH"};
  const std::string usual = "/var/run/docker.sock", own = outside.variable("XDG_RUNTIME_DIR") + "/docker.sock";
  return !files::exists(usual) && files::exists(own) ? own : usual;
}

Redacted registry_logins(const Outside& outside) {
  const std::string folder = outside.variable("DOCKER_CONFIG");
  const std::string path = (folder.empty() ? outside.variable("HOME") + "/.docker" : folder) + "/config.json";
  const auto text = files::read(path, 1u << 20);
  const auto config = text ? codec::Document::parse(*text) : Result<codec::Document>(text.error());
  if (!config) return {};
  codec::Document logins;
  bool any = false;
  if (const auto found = codec::find(config->root(), "auths"))
    for (const auto& [registry, entry] : codec::members(*found)) {
      const auto pair = text::unbase64(codec::string_at(entry, {"auth"}));
      const auto colon = pair ? pair->find(':') : std::string::npos;
      if (colon == std::string::npos) continue;
      const codec::Element login = codec::member(logins.root(), registry);
      codec::put(codec::member(login, "username"), pair->substr(0, colon));
      codec::put(codec::member(login, "password"), pair->substr(colon + 1));
      any = true;
    }
  return any ? Redacted(logins.dump()) : Redacted();
}

}  // namespace kontena::client
