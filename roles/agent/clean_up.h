#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "carry_out.h"
#include "state.h"

namespace kontena::agent {

struct CleanUpRules {
  Duration keep_images = std::chrono::hours(24);      // since they were used last
  Duration keep_containers = std::chrono::hours(24);  // since they ended
  int disk_pressure = 85;  // percent: fuller than this, and unused images go at once; 0 = never
};

// How full the disk is that has this folder, in percent as df has it; none if unknown.
std::optional<int> disk_fullness(const std::string& folder);
using Fullness = std::function<std::optional<int>(const std::string& folder)>;

// Collects what nobody wants any more: containers of ours that have ended and that
// no assignment names, images that we pulled and nothing uses, and networks of ours
// without containers. What it is in doubt about it leaves.
class CleanUp {
 public:
  CleanUp(Context context, CarryOut& carry_out, CleanUpRules rules, Fullness fullness)
      : context_(std::move(context)), carry_out_(carry_out), rules_(rules), fullness_(std::move(fullness)) {}

  void step();   // waits until it is time, and cleans up
  void round();  // at once

 private:
  Status mark_images();  // which of ours are used, and since when others are not
  Status remove_images();
  Result<bool> remove(const std::string& id, const PulledImage&, bool has_its_name);
  Status remove_containers();
  Status remove_networks();
  std::optional<int> fullness() const;

  Context context_;
  CarryOut& carry_out_;
  const CleanUpRules rules_;
  const Fullness fullness_;
  Duration round_at_{0};  // steady; the last one
};

}  // namespace kontena::agent
