#pragma once

#include <array>
#include <string_view>

#include "kontena/model/event_kinds.h"

// The help of `events`, with the table of kinds in it.
namespace kontena::client {
namespace event_help {

inline constexpr std::string_view head =
    "The newest is the last. Of the grid's nodes is shown what who may see the grid sees, of stacks what\n"
    "who may see those does. Kept are 7 days and 10,000 events of a grid, or as `grid set` says; who asked\n"
    "for what is in `audit ls`, and what it all means for one thing in `why`.\n"
    "\n"
    "Types:";
inline constexpr std::size_t column = 24;

constexpr std::size_t size() {
  std::size_t size = head.size();
  for (const auto& kind : model::event_kinds) size += 1 + 2 + column + kind.text.size();
  return size;
}

inline constexpr auto bytes = [] {
  std::array<char, size()> text{};
  std::size_t at = 0;
  const auto add = [&](std::string_view part) {
    for (const char c : part) text[at++] = c;
  };
  add(head);
  for (const auto& kind : model::event_kinds) {
    add("\n  ");
    add(kind.name);
    for (std::size_t i = kind.name.size(); i < column; ++i) add(" ");
    add(kind.text);
  }
  return text;
}();

}  // namespace event_help

inline constexpr std::string_view events_text{event_help::bytes.data(), event_help::bytes.size()};

}  // namespace kontena::client
