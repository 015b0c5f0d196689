#include "kontena/dns/resolv.h"

#include <sys/stat.h>

#include <algorithm>

#include "kontena/base/files.h"
#include "kontena/base/text.h"

namespace kontena::dns {
namespace {

constexpr std::size_t most_nameservers = 3;
constexpr std::size_t most_search = 32;
constexpr std::int64_t most_ndots = 15;
constexpr std::size_t most_bytes = 64u << 10;

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> words;
  constexpr std::string_view blanks = " \t\r\v\f";
  for (std::size_t at = 0; (at = line.find_first_not_of(blanks, at)) != line.npos;) {
    const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

void add_nameserver(Resolv& resolv, std::string_view word, std::span<const Ipv4> own) {
  const auto address = parse_ipv4(word);
  // 0.0.0.0 is this host, by any of its addresses.
  const bool usable = address && address->value != 0 && std::ranges::find(own, *address) == own.end();
  if (!usable || resolv.nameservers.size() == most_nameservers) {
    resolv.skipped.emplace_back(word);
    return;
  }
  const Endpoint server{*address};
  if (std::ranges::find(resolv.nameservers, server) == resolv.nameservers.end()) resolv.nameservers.push_back(server);
}

void add_search(Resolv& resolv, std::span<const std::string_view> domains) {
  resolv.search.clear();
  for (std::string_view domain : domains) {
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (!domain.empty() && resolv.search.size() < most_search) resolv.search.push_back(text::lower(domain));
  }
}

}  // namespace

Resolv parse_resolv(std::string_view text, std::span<const Ipv4> own) {
  Resolv resolv;
  for (const std::string& line : text::split(text, '\n')) {
    if (line.starts_with('#') || line.starts_with(';')) continue;
    const auto parts = words(line);
    if (parts.size() < 2) continue;
    const auto values = std::span(parts).subspan(1);
    if (parts[0] == "nameserver") add_nameserver(resolv, values[0], own);
    if (parts[0] == "domain") add_search(resolv, values.first(1));
    if (parts[0] == "search") add_search(resolv, values);
    if (parts[0] != "options") continue;
    constexpr std::string_view ndots = "ndots:";
    for (const std::string_view option : values) {
      if (!option.starts_with(ndots)) continue;
      const auto number = text::integer(option.substr(ndots.size()));
      if (number && *number >= 0) resolv.ndots = static_cast<int>(std::min(*number, most_ndots));
    }
  }
  return resolv;
}

std::optional<std::string> ResolvFile::changed() {
  struct stat found {};
  Stamp now;
  if (::stat(path_.c_str(), &found) == 0)
    now = {static_cast<std::int64_t>(found.st_ino), found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
  if (seen_ && *seen_ == now) return std::nullopt;
  seen_ = now;
  auto text = files::read(path_, most_bytes);
  return text ? *std::move(text) : std::string();
}

}  // namespace kontena::dns
