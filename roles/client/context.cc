#include "context.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/codec/json.h"
#include "kontena/pki/authority.h"

namespace kontena::codec {

// Here, and nowhere else in the client, is a secret written to disk.
static void put(Element at, const Redacted& secret) { put(at, secret.reveal()); }
static Status take(Element at, Redacted& secret) {
  std::string text;
  KTN_OK(take(at, text));
  secret = Redacted(std::move(text));
  return Done{};
}

template <>
struct Fields<client::Context> {
  static void visit(auto& v, auto& s) {
    v("url", s.url);
    v("ca_pem", s.ca_pem);
    v("token", s.token);
    v("grid", s.grid);
    v("project", s.project);
  }
};

template <>
struct Fields<client::Config> {
  static void visit(auto& v, auto& s) {
    v("current", s.current);
    v("contexts", s.contexts);
  }
};

}  // namespace kontena::codec

namespace kontena::client {
namespace {

constexpr std::string_view usual_port = "7443";

// The folder a base directory variable names, or its place under the home.
std::string folder(const Environment& environment, const char* variable, const char* under_home) {
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  // The specification of the base directories: a relative path is to be ignored.
  if (const std::string given = value(variable); given.starts_with('/')) return given + "/kontena";
  const std::string home = value("HOME");
  return (home.empty() ? std::string("/") : home) + under_home + "/kontena";
}

std::string authority_path(const Environment& environment, const std::string& fingerprint) {
  return folder(environment, "XDG_CACHE_HOME", "/.cache") + "/ca/" + fingerprint + ".pem";
}

bool is_port(std::string_view port) {
  const auto number = text::integer(port);
  return number && *number >= 1 && *number <= 65535;
}

}  // namespace

Result<const Context*> Config::find(const std::string& name) const {
  if (const auto found = contexts.find(name); found != contexts.end()) return &found->second;
  std::vector<std::string_view> names;
  for (const auto& [each, context] : contexts) names.push_back(each);
  const std::string_view near = text::nearest(name, names);
  return Error{Code::not_found, "there is no context '" + name + "'",
               near.empty() ? "kontena client context ls lists them" : "did you mean '" + std::string(near) + "'?"};
}

std::string config_path(const Environment& environment) {
  return folder(environment, "XDG_CONFIG_HOME", "/.config") + "/config.json";
}

Result<Config> load_config(const Environment& environment) {
  const std::string path = config_path(environment);
  if (!files::exists(path)) return Config{};
  KTN_OK(files::check_private(path, "the client's configuration"));
  KTN_TRY(const std::string text, files::read(path));
  auto config = codec::from_json<Config>(text);
  if (!config)
    return Error{Code::corrupt, "the configuration '" + path + "' cannot be read: " + config.error().message,
                 "mend it, or remove it and log in again"};
  return config;
}

Status save_config(const Environment& environment, const Config& config) {
  const std::string path = config_path(environment);
  KTN_OK(files::make_folder(std::filesystem::path(path).parent_path(), 0700));
  codec::Document document;
  codec::put(document.root(), config);
  return files::write(path, document.pretty() + '\n', 0600);
}

std::optional<std::string> cached_authority(const Environment& environment, const std::string& fingerprint) {
  const auto pem = files::read(authority_path(environment, fingerprint), 1u << 20);
  if (!pem) return std::nullopt;
  const auto facts = pki::read_certificate(*pem);
  if (!facts || facts->fingerprint != fingerprint) return std::nullopt;
  return *pem;
}

// A cache that cannot be written costs a request each time, and nothing else.
void cache_authority(const Environment& environment, const std::string& fingerprint, const std::string& pem) {
  const std::string path = authority_path(environment, fingerprint);
  if (files::make_folder(std::filesystem::path(path).parent_path(), 0700))
    static_cast<void>(files::write(path, pem, 0600).has_value());
}

Result<std::string> server_url(std::string_view given) {
  const std::string whole(text::trim(given));
  const auto refused = [&](std::string_view why) {
    return Error{Code::invalid_argument, "'" + whole + "' is not the address of a server: " + std::string(why),
                 "write it as https://HOST:" + std::string(usual_port)};
  };
  std::string_view rest = whole;
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    const std::string name = text::lower(rest.substr(0, scheme));
    if (name == "http") return refused("a server speaks https only");
    if (name != "https") return refused("the scheme is not https");
    rest.remove_prefix(scheme + 3);
  }
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty()) return refused("there is no host in it");
  if (rest.find_first_of("/?#@ \t\"'\\%") != std::string_view::npos)
    return refused("only a host and a port are wanted");
  std::string_view host = rest, port = usual_port;
  const auto bracket = rest.find(']');
  if (rest[0] == '[') {
    if (bracket == std::string_view::npos) return refused("there is no ] after the [");
    host = rest.substr(0, bracket + 1);
    if (bracket + 1 < rest.size() && rest[bracket + 1] != ':') return refused("a port comes after a colon");
    if (bracket + 1 < rest.size()) port = rest.substr(bracket + 2);
  } else if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    if (rest.find(':', colon + 1) != std::string_view::npos) return refused("an IPv6 address is written in [ ]");
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
  }
  if (host.empty()) return refused("there is no host in it");
  if (!is_port(port)) return refused("'" + std::string(port) + "' is not a port");
  return "https://" + text::lower(host) + ':' + std::string(port);
}

std::string host_of(std::string_view url) {
  std::string_view host = url;
  if (const auto scheme = host.find("://"); scheme != std::string_view::npos) host.remove_prefix(scheme + 3);
  host = host.substr(0, host.rfind(':'));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

}  // namespace kontena::client
