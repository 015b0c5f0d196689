#pragma once

#include <cstdint>
#include <string>

namespace kontena {

// Where fresh ids and secrets come from. Decisions get them as arguments.
class IdSource {
 public:
  virtual ~IdSource() = default;
  virtual std::string bytes(std::size_t count) = 0;  // unpredictable in production
  std::string id();                                  // 12 hex digits: ids of nodes, instances, deployments, tokens
  std::uint64_t number();
};

// The kernel's random numbers. Safe from any thread.
class SystemIds final : public IdSource {
 public:
  std::string bytes(std::size_t count) override;
};

// 1, 2, 3 …: for tests.
class CountedIds final : public IdSource {
 public:
  std::string bytes(std::size_t count) override;

 private:
  std::uint64_t next_ = 1;
};

}  // namespace kontena
