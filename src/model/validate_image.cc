#include <algorithm>
#include <vector>

#include "kontena/base/text.h"
#include "validate.h"

// [HOST[:PORT]/]PATH[:TAG][@DIGEST], as the engine reads it.
namespace kontena::model {
namespace {

bool lower_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }

// Letters and digits, with '.', '_', '__' or any number of '-' between them.
bool is_component(std::string_view part) {
  if (part.empty() || !lower_or_digit(part.front()) || !lower_or_digit(part.back())) return false;
  for (std::size_t at = 0; at < part.size();) {
    const auto end = std::find_if(part.begin() + static_cast<std::ptrdiff_t>(at), part.end(), lower_or_digit);
    const auto between = part.substr(at, static_cast<std::size_t>(end - part.begin()) - at);
    const bool dashes = between.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && between != "." && between != "_" && between != "__") return false;
    at += between.size() + 1;
  }
  return true;
}

bool is_host(std::string_view host) {
  const bool bracketed = host.starts_with('[');  // an IPv6 address
  const auto port_at = host.find(':', bracketed ? host.find(']') : 0);
  const auto name = host.substr(0, port_at);
  if (port_at != std::string_view::npos) {
    const auto port = text::integer(host.substr(port_at + 1));
    if (!port || *port < 1 || *port > 65535) return false;
  }
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return lower_or_digit(text::lower({&c, 1}).front()) || c == '.' || c == '-' ||
           (bracketed && (c == ':' || c == '[' || c == ']'));
  });
}

bool is_tag(std::string_view tag) {
  const auto word = [](char c) { return lower_or_digit(text::lower({&c, 1}).front()) || c == '_'; };
  return !tag.empty() && tag.size() <= 128 && word(tag.front()) &&
         std::ranges::all_of(tag, [&](char c) { return word(c) || c == '.' || c == '-'; });
}

bool is_digest(std::string_view digest) {
  const auto colon = digest.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto hex = digest.substr(colon + 1);
  return hex.size() >= 32 && hex.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "" when it is well-formed.
std::string fault(std::string_view image) {
  if (const auto at = image.find('@'); at != std::string_view::npos) {
    if (!is_digest(image.substr(at + 1))) return "has no digest, such as sha256:…, after '@'";
    image = image.substr(0, at);
  }
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    if (!is_tag(image.substr(colon + 1))) return "has no valid tag after ':'";
    image = image.substr(0, colon);
  }
  const std::string name(image);
  auto parts = text::split(name, '/');
  const std::string& first = parts.front();
  if (parts.size() > 1 &&
      (first == "localhost" || first.find_first_of(".:[") != std::string::npos || first != text::lower(first))) {
    if (!is_host(first)) return "does not begin with a host";
    parts.erase(parts.begin());
  }
  if (std::ranges::all_of(parts, is_component)) return "";
  if (name != text::lower(name)) return "has upper case letters in its name";
  return "is not the name of an image";
}

}  // namespace

void check_image(Problems& problems, const std::string& path, std::string_view image) {
  if (image.empty()) return problems.add(path, "is empty: a service needs an image");
  if (image.size() > 512) return problems.add(path, "is longer than 512 bytes");
  const std::string what = fault(image);
  problems.expect(what.empty(), path, quoted(image) + ' ' + what);
}


// The name of an image that comes with its deploy is to be nobody else's: on a node it would be taken for that.
void check_image_digest(Problems& problems, const std::string& path, const ServiceSpec& spec) {
  constexpr std::string_view algorithm = "sha256:";
  constexpr std::size_t digits = 16;  // see image::name_on_nodes
  const std::string_view digest = spec.image_digest;
  if (digest.empty()) return;
  if (!digest.starts_with(algorithm) || digest.size() != algorithm.size() + 64 || !is_digest(digest))
    return problems.add(path + ".image_digest", "is no digest, such as sha256:…");
  const std::string mark(digest.substr(algorithm.size(), digits));
  const bool marked = spec.image.ends_with(':' + mark) || spec.image.ends_with('-' + mark);
  problems.expect(marked && spec.image.find('@') == std::string::npos, path + ".image",
                  quoted(spec.image) + " does not end with '" + mark + "', as one that comes with its deploy does");
  problems.expect(spec.pull_policy != PullPolicy::always && spec.pull_every_ms == 0, path + ".pull_policy",
                  "must be missing: the image comes with its deploy");
}

}  // namespace kontena::model
