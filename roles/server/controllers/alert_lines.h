#pragma once

#include <map>
#include <memory>
#include <string>

#include "../routes.h"
#include "kontena/alerts/alerts.h"
#include "kontena/logs/pattern.h"

namespace kontena::server {

// Counts the lines that rules ask for, as they arrive: each is read once for each rule of its project. After a start
// what is kept of the rule's time is read again, so that a restart forgets none. One thread.
class AlertLines {
 public:
  explicit AlertLines(const Context& context) : context_(context) {}

  // By alert_key of the rule, by subject. Rules that cannot be looked at have none.
  std::map<std::string, std::map<std::string, alerts::Lines>> look(const model::ClusterView&, Time now);

 private:
  struct Known {
    std::int64_t created_ms = 0;
    std::shared_ptr<const logs::Pattern> pattern;
    std::uint64_t read = 0;  // up to this batch
    bool begun = false;
    alerts::LineWindow window;
  };
  void read(const model::ClusterView&, const model::AlertRule&, Known&, Time now) const;

  const Context& context_;
  std::map<std::string, Known> rules_;
};

}  // namespace kontena::server
