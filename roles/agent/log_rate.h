#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace kontena::agent {

// So many lines a second and service are taken on this node; a long line counts as one for each KiB begun.
// `burst` may come at once, after quiet. Counted is by the lines' own times: what is read late, because
// the agent or the server was away, is not over the rate for that. Pure.
class LogRate {
 public:
  LogRate(std::uint64_t lines_a_second, std::uint64_t burst) : rate_(lines_a_second), burst_(burst) {}  // 0: no limit

  bool take(const std::string& service, std::int64_t time_ns, std::size_t bytes);
  std::uint64_t lines_a_second() const { return rate_; }
  void forget(const std::string& service) { services_.erase(service); }

 private:
  struct Bucket {
    double left;
    std::int64_t time_ns;
  };
  const std::uint64_t rate_;
  const std::uint64_t burst_;
  std::map<std::string, Bucket> services_;
};

}  // namespace kontena::agent
