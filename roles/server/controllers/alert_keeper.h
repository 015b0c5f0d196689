#pragma once

#include "../routes.h"
#include "alert_lines.h"
#include "kontena/alerts/alerts.h"
#include "kontena/base/loop.h"

namespace kontena::server {

// Holds the rules against what is so, writes what fires and what is over, and has webhooks told. What is written
// down is told even after a restart; a notice may then come twice.
class AlertKeeper {
 public:
  explicit AlertKeeper(Context& context)
      : context_(context), lines_(context), look_("alerts", pace, [this] { look(); }), tell_("webhooks", pace, [this] { tell(); }) {}

  void start();
  void stop();
  void tick() { look_.tick(), tell_.tick(); }
  std::vector<const Loop*> loops() const { return {&look_, &tell_}; }

  static constexpr Duration pace{2'000};
  static constexpr std::size_t at_once = 8;  // webhooks that are spoken to

 private:
  void look();
  alerts::Facts facts(const model::ClusterView&, const model::Liveness&);
  void tell();
  void note_told(const alerts::Notice&, Time at);

  Context& context_;
  alerts::Watch watch_;  // the first loop's thread only
  AlertLines lines_;     // likewise
  std::optional<std::int64_t> authority_ends_ms_;
  Loop look_;
  Loop tell_;
};

}  // namespace kontena::server
