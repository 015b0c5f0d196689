#include "kontena/forward/target.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "kontena/base/text.h"

namespace kontena::forward {
namespace {

struct Scheme {
  std::string_view name;
  Protocol protocol;
  bool tls;
  int port;
  std::string_view path;  // unless said; "" = it has none
};
constexpr std::array schemes{
    Scheme{"fluentd+tcp", Protocol::fluentd, false, 24'224, "/kontena"},
    Scheme{"fluentd+tls", Protocol::fluentd, true, 24'224, "/kontena"},
    Scheme{"otlp+http", Protocol::otlp, false, 4'318, "/v1/logs"},
    Scheme{"otlp+https", Protocol::otlp, true, 4'318, "/v1/logs"},
    Scheme{"syslog+tcp", Protocol::syslog, false, 601, ""},
    Scheme{"syslog+tls", Protocol::syslog, true, 6'514, ""},
};

constexpr std::size_t longest_url = 1'000;
constexpr std::size_t most_headers = 8, longest_name = 64, longest_value = 4'096;
// What says how the request is sent.
constexpr std::array<std::string_view, 8> reserved{"connection", "content-encoding", "content-length", "content-type",
                                                   "expect",     "host",             "te",             "transfer-encoding"};

Error wrong(const std::string& url, const std::string& why) {
  return {Code::invalid_argument, "'" + url + "' is no place to forward logs to: " + why,
          "it looks like syslog+tls://logs.example.com:6514, fluentd+tcp://10.0.0.9:24224/TAG or otlp+https://otel.example.com/v1/logs"};
}

bool plain(std::string_view text, std::string_view others) {
  for (const char c : text) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (!word && others.find(c) == std::string_view::npos) return false;
  }
  return !text.empty();
}

}  // namespace

Result<Target> parse(const std::string& url) {
  if (url.size() > longest_url) return Error{Code::invalid_argument, "a place to forward logs to has at most 1,000 characters"};
  const auto colon = url.find("://");
  const Scheme* scheme = nullptr;
  for (const Scheme& one : schemes)
    if (url.substr(0, colon) == one.name) scheme = &one;
  if (colon == std::string::npos || !scheme)
    return wrong(url, "it begins with syslog+tcp, syslog+tls, fluentd+tcp, fluentd+tls, otlp+http or otlp+https, and ://");
  Target target{.protocol = scheme->protocol, .tls = scheme->tls, .port = scheme->port, .path = std::string(scheme->path)};
  std::string_view rest = std::string_view(url).substr(colon + 3);
  std::string_view path;
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    path = rest.substr(slash);
    rest = rest.substr(0, slash);
  }
  if (path.size() > 1) {
    if (scheme->path.empty()) return wrong(url, "syslog has no path");
    if (target.protocol == Protocol::fluentd && path.find('/', 1) != std::string_view::npos) return wrong(url, "a tag has no '/'");
    if (!plain(path.substr(1), "/~%+:@=")) return wrong(url, "there is an odd character in its path");
    target.path = path;
  }
  if (rest.find('@') != std::string_view::npos) return wrong(url, "no user or password is told by it");
  std::string_view host = rest, port;
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return wrong(url, "an IPv6 address ends with ']'");
    host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
    if (!plain(host, ":")) return wrong(url, "there is no address in its brackets");
  } else {
    if (const auto at = rest.find(':'); at != std::string_view::npos) {
      host = rest.substr(0, at);
      port = rest.substr(at);
    }
    if (!plain(host, "")) return wrong(url, "there is no host in it");
  }
  if (!port.empty()) {
    const auto number = port.starts_with(':') ? text::integer(port.substr(1)) : std::nullopt;
    if (!number || *number < 1 || *number > 65'535) return wrong(url, "a port is 1 to 65535");
    target.port = static_cast<int>(*number);
  }
  target.host = host;
  return target;
}

Status check_headers(const Target& target, const std::map<std::string, std::string>& headers) {
  if (headers.empty()) return Done{};
  if (target.protocol != Protocol::otlp) return Error{Code::invalid_argument, "only otlp+http and otlp+https have headers"};
  if (headers.size() > most_headers) return Error{Code::invalid_argument, "a place has at most 8 headers"};
  for (const auto& [name, value] : headers) {
    const std::string shown = "'" + name.substr(0, 100) + "'";
    if (name.size() > longest_name || !plain(name, "") || name != text::lower(name))
      return Error{Code::invalid_argument, shown + " is no name of a header: 1 to 64 of a-z 0-9 - . _"};
    if (std::ranges::find(reserved, name) != reserved.end()) return Error{Code::invalid_argument, "the header " + shown + " is not one to be given"};
    const bool printable = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
    if (value.empty() || value.size() > longest_value || !printable || value.front() == ' ' || value.back() == ' ')
      return Error{Code::invalid_argument, "the value of the header " + shown + " is not one line of 1 to 4,096 printable characters"};
  }
  return Done{};
}

std::string text(const Target& target) {
  std::string text;
  for (const Scheme& scheme : schemes)
    if (scheme.protocol == target.protocol && scheme.tls == target.tls) text = scheme.name;
  text += "://";
  text += target.host.find(':') == std::string::npos ? target.host : '[' + target.host + ']';
  return text + ':' + std::to_string(target.port) + target.path;
}

}  // namespace kontena::forward
