#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "channel.h"
#include "kontena/api/message_fields.h"
#include "kontena/base/clock.h"

// Nodes without machines: they speak to the server as an agent does, and say of
// each instance they are given that it runs.
namespace kontena::load {

// Written by all fleets, read by whoever prints.
struct Counts {
  static constexpr std::size_t longest = 20'000;
  std::array<std::atomic<std::uint32_t>, longest> beats_by_ms{};  // the answers' times; the last: as much or more
  std::atomic<std::int64_t> failed{0};                            // beats without an answer
  std::atomic<std::int64_t> polls{0}, statuses{0}, connections{0};
  std::atomic<std::int64_t> up{0};         // nodes whose last beat was answered
  std::atomic<std::int64_t> worst_gap{0};  // between two answered beats of a node, while up

  std::int64_t beats() const;
  std::int64_t later_than(std::size_t ms) const;
  std::int64_t worst() const;
  std::int64_t quantile(double part) const;  // ms
};

struct Member {  // of a grid
  std::string name;
  Papers papers;
};

// Some of the nodes, on one thread.
class Fleet {
 public:
  Fleet(const Place&, std::vector<Member>, Counts&);
  ~Fleet();

  void run(const std::atomic<bool>& stop);
  std::int64_t held() const { return held_; }  // long polls that wait

 private:
  class Node;
  const Place& place_;
  Counts& counts_;
  int epoll_;
  std::vector<Member> members_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::atomic<std::int64_t> held_{0};
};

}  // namespace kontena::load
