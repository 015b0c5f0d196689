#pragma once

#include "../routes.h"
#include "kontena/base/loop.h"

namespace kontena::server {

// Removes the blobs that no record names and nobody has asked for within an hour.
class UnusedBlobs {
 public:
  explicit UnusedBlobs(Context& context) : context_(context), loop_("unused blobs", pace, [this] { step(); }) {}

  void start() { loop_.start(); }
  void stop() { loop_.stop(); }
  void tick() { loop_.tick(); }
  const Loop& loop() const { return loop_; }

  static constexpr Duration pace{300'000};
  static constexpr Duration kept_unused{3'600'000};

 private:
  void step();
  Status remove_unused();
  Status remove_unused_secrets();

  Context& context_;
  Loop loop_;
};

}  // namespace kontena::server
