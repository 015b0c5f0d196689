#include "seen_address.h"

#include <algorithm>

#include "kontena/base/ipv4.h"

namespace kontena::server {
namespace {

// Of "192.0.2.7:51820" and "[2001:db8::7]:51820".
std::string host_of(const std::string& endpoint) {
  std::string host = endpoint.substr(0, endpoint.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

std::string seen_address(std::string from) {
  constexpr std::string_view mapped = "::ffff:";
  if (from.starts_with(mapped)) from.erase(0, mapped.size());
  if (const auto four = parse_ipv4(from)) {
    static const Subnet nowhere[] = {*parse_subnet("0.0.0.0/8"), *parse_subnet("127.0.0.0/8"), *parse_subnet("169.254.0.0/16")};
    return std::ranges::any_of(nowhere, [&](const Subnet& space) { return space.contains(*four); }) ? "" : from;
  }
  // Of IPv6 one with a link in it is of that link alone.
  const bool is_six = from.find(':') != std::string::npos && from != "::" && from != "::1";
  return is_six && from.find('%') == std::string::npos && !from.starts_with("fe80:") ? from : "";
}

model::Strings endpoints_of(const model::NodeFacts& facts) {
  model::Strings endpoints = facts.mesh_endpoints;
  const std::string& seen = facts.seen_address;
  if (seen.empty() || endpoints.empty() ||
      std::ranges::any_of(endpoints, [&](const std::string& one) { return host_of(one) == seen; }))
    return endpoints;
  const auto colon = endpoints.back().rfind(':');
  if (colon == std::string::npos) return endpoints;
  const std::string port = endpoints.back().substr(colon);
  endpoints.push_back((seen.find(':') == std::string::npos ? seen : '[' + seen + ']') + port);
  return endpoints;
}

}  // namespace kontena::server
