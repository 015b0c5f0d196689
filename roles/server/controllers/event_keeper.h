#pragma once

#include "../routes.h"
#include "kontena/base/loop.h"

namespace kontena::server {

// Drops events that are kept no longer: by age, and by number (events.h, too_many).
class EventKeeper {
 public:
  explicit EventKeeper(Context& context) : context_(context), loop_("events", pace, [this] { step(); }) {}

  void start() { loop_.start(); }
  void stop() { loop_.stop(); }
  void tick() { loop_.tick(); }
  const Loop& loop() const { return loop_; }

  static constexpr Duration pace{60'000};

 private:
  void step();
  Status trim(const std::string& grid);

  Context& context_;
  Loop loop_;
};

}  // namespace kontena::server
