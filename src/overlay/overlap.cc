#include "kontena/overlay/overlap.h"

#include <algorithm>

namespace kontena::overlay {
namespace {

constexpr int nearly_everywhere_bits = 3;

}  // namespace

std::vector<Used> overlaps(const Subnet& pool, std::vector<Used> used) {
  std::erase_if(used, [&](const Used& one) { return one.subnet.bits <= nearly_everywhere_bits || !one.subnet.overlaps(pool); });
  std::ranges::stable_sort(used, [](const Used& a, const Used& b) { return a.subnet.bits > b.subnet.bits; });
  return used;
}

std::string overlap_text(const std::vector<Used>& used) {
  std::string text = to_text(used.front().subnet) + ", " + used.front().by;
  if (used.size() > 1) text += "; and " + std::to_string(used.size() - 1) + " more";
  return text;
}

}  // namespace kontena::overlay
