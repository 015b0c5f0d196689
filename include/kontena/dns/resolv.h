#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/dns/endpoint.h"

// The host's /etc/resolv.conf.
namespace kontena::dns {

struct Resolv {
  std::vector<Endpoint> nameservers;  // IPv4, at most 3, each once
  std::vector<std::string> search;    // of `search` or `domain`, the last of them
  int ndots = 1;                      // 0..15
  std::vector<std::string> skipped;   // nameservers that we do not ask: IPv6, our own, beyond 3, no address
  friend bool operator==(const Resolv&, const Resolv&) = default;
};

// As resolv.conf(5) says: unknown lines and options are passed over. `own` are addresses where
// we answer ourselves: to ask there would be a loop.
Resolv parse_resolv(std::string_view text, std::span<const Ipv4> own);

// Reads the file again when it has changed.
class ResolvFile {
 public:
  explicit ResolvFile(std::string path = "/etc/resolv.conf") : path_(std::move(path)) {}

  // Its text where it is another one than at the last call; also once at the first. An absent
  // file is an empty one. Asks for the file's time and size only, as long as they stay.
  std::optional<std::string> changed();

 private:
  struct Stamp {
    std::int64_t inode = 0, size = -1, seconds = 0, nanoseconds = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  const std::string path_;
  std::optional<Stamp> seen_;
};

}  // namespace kontena::dns
