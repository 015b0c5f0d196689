#pragma once

#include <span>
#include <string_view>

namespace kontena::sim {

class World;
struct Machine;

// What happens by chance: an act of the user's, or a fault. One a row.
struct Row {
  std::string_view name;
  unsigned weight;
  void (*happen)(World&);
};
std::span<const Row> acts();    // acts.cc
std::span<const Row> faults();  // faults.cc

void furnish(Machine&);            // images, what is not ours, and how containers behave
void soothe(Machine&);             // ends what is wrong with it
void activate(World&);             // nodes that were drained or paused; by a fiber
void leave(Machine&, int status);  // its agent ended by itself: joins anew after a while

}  // namespace kontena::sim
