#pragma once

#include "../routes.h"
#include "kontena/base/loop.h"
#include "kontena/crypto/chain.h"

namespace kontena::server {

// Looks after the audit trail: writes what was refused, signs where the trail has come to,
// and cuts off what is older than it is to be kept.
class AuditKeeper {
 public:
  // `kept`: how long records are; 0 = for ever.
  AuditKeeper(Context& context, Duration kept)
      : context_(context), kept_(kept), loop_("audit", pace, [this] { step(); }) {}

  void start() { loop_.start(); }
  void stop();  // and writes what is left
  void tick() { loop_.tick(); }
  const Loop& loop() const { return loop_; }

  static constexpr Duration pace{1'000};
  static constexpr std::int64_t records_to_sign = 1'000;
  static constexpr Duration time_to_sign{3'600'000};
  static constexpr Duration cut_pace{60'000};

 private:
  void step();
  Status sign();
  Status cut();
  Result<bool> cut_page();  // whether there may be more

  Context& context_;
  const Duration kept_;
  std::optional<model::Checkpoint> signed_;  // the newest, once it was looked for
  Duration next_cut_{};
  Loop loop_;
};

}  // namespace kontena::server
