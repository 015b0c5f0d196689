#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "kontena/base/result.h"
#include "kontena/codec/fields.h"

// What the agent has seen itself and nobody else could tell it again, as it is
// kept on disk beside the assignments.
namespace kontena::agent {

// Of one instance. What says nothing is not kept.
struct Remembered {
  std::int64_t restarts = 0;
  std::int64_t attempts = 0;
  std::int64_t failures = 0;
  std::string condemned;
  std::int64_t ended_ms = 0;  // the end that was counted last
  std::optional<model::Failure> failure;
  bool prepared = false;       // its pre_start hooks have ended well
  std::int64_t hooked_ms = 0;  // the start after which its post_start hooks ended well
  friend bool operator==(const Remembered&, const Remembered&) = default;
};

// An image that this agent pulled, and which was not on the node before.
struct PulledImage {
  std::string name;
  std::int64_t unused_since_ms = 0;  // 0 = it is used, or was not looked for yet
  std::string built = {};  // the name that a build on this node gave it; what other names it has may be somebody's
  friend bool operator==(const PulledImage&, const PulledImage&) = default;
};

struct Memory {
  std::int64_t format = 1;
  std::map<std::string, Remembered> instances;   // by InstanceId
  std::map<std::string, PulledImage> images;     // by the engine's id
  std::map<std::string, std::int64_t> pulls_ms;  // by name: when it was pulled last, where some spec asks for its age
  friend bool operator==(const Memory&, const Memory&) = default;
};

// Without a file, or with one that cannot be read, nothing is remembered: counts
// begin anew, and images are left where they are.
Memory load_memory(const std::string& state_dir);

using Remember = std::function<Status(const Memory&)>;
Remember remember_in(std::string state_dir);

}  // namespace kontena::agent

namespace kontena::codec {
template <>
struct Fields<agent::Remembered> {
  static void visit(auto& v, auto& s) {
    v("restarts", s.restarts);
    v("attempts", s.attempts);
    v("failures", s.failures);
    v("condemned", s.condemned);
    v("ended_ms", s.ended_ms);
    v("failure", s.failure);
    v("prepared", s.prepared);
    v("hooked_ms", s.hooked_ms);
  }
};
template <>
struct Fields<agent::PulledImage> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("unused_since_ms", s.unused_since_ms);
    v("built", s.built);
  }
};
template <>
struct Fields<agent::Memory> {
  static void visit(auto& v, auto& s) {
    v("format", s.format);
    v("instances", s.instances);
    v("images", s.images);
    v("pulls_ms", s.pulls_ms);
  }
};
}  // namespace kontena::codec
