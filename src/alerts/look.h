#pragma once

#include "kontena/alerts/alerts.h"

// What the kinds of rules have in common. Each kind is a function from the rule and the facts to what it finds.
namespace kontena::alerts {

inline constexpr std::size_t longest_reason = 200;

// One line, not too long: what containers say comes into it.
std::string line(std::string text);
std::string scope_of(const model::AlertRule&);  // what keys of its instances begin with
std::string on_node(const model::ClusterView&, const model::Instance&);  // " on n1"

// The services with instances that are bad: `judge` gives the reason why an instance is, "" where it is not.
Found of_instances(const model::AlertRule& rule, const model::ClusterView& view, const std::string& what, const auto& judge) {
  struct Bad {
    std::int64_t count = 0, all = 0;
    std::string first;
  };
  std::map<std::string, Bad> services;
  view.instances.each(scope_of(rule), [&](const auto& item) {
    const model::Instance& instance = item.value;
    if (instance.desired != model::Desired::running) return;
    Bad& bad = services[instance.stack + '/' + instance.service];
    ++bad.all;
    const std::string reason = judge(item);
    if (reason.empty()) return;
    if (bad.count++ == 0) bad.first = instance.service + '-' + std::to_string(instance.slot) + reason;
  });
  Found found;
  for (const auto& [service, bad] : services)
    if (bad.count > 0)
      found[service] = std::to_string(bad.count) + " of " + std::to_string(bad.all) + ' ' + what + ": " + line(bad.first);
  return found;
}

// look_use.cc
Found certificate(const model::AlertRule&, const Facts&);
Found cpu(const model::AlertRule&, const Facts&);
Found disk(const model::AlertRule&, const Facts&);
Found log(const model::AlertRule&, const Facts&);
Found memory(const model::AlertRule&, const Facts&);

}  // namespace kontena::alerts
