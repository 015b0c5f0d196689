#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "kontena/engine/engine.h"

namespace kontena::engine::docker {

// Takes apart what POST /exec/{id}/start answers with where there is no terminal:
// frames, each with a head of 8 bytes (stream, 0, 0, 0, length). What has no such
// head is the engine saying, bare, why the command cannot be run. Holds at most a
// head. Pure.
class Frames {
 public:
  using Sink = std::function<bool(const ExecOutput&)>;
  // False, and from then on always, when the sink returned false.
  bool take(std::string_view bytes, const Sink&);
  void finish(const Sink&);  // the stream has ended: what looked like the begin of a head was none

 private:
  std::string head_;
  std::uint32_t left_ = 0;
  bool is_error_ = false;
  bool bare_ = false;
  bool wanted_ = true;
};

}  // namespace kontena::engine::docker
