#pragma once

#include "routes.h"
#include "kontena/model/alert.h"

namespace kontena::server {

inline constexpr std::size_t most_alert_rules = 100;  // of a place

// Where rules are: a project, or a grid itself (no project).
struct AlertPlace {
  std::string grid;
  std::string project;
  std::string text() const { return grid + '/' + project; }
};

// Whether the place may have such a rule: everything that is wrong with it is in the one error.
Status check_alert(const model::ClusterView&, const AlertPlace&, const model::AlertSpec&);
// REQUIRES: it is checked.
model::AlertRule alert_rule_of(const AlertPlace&, std::string name, std::string stack, const model::AlertSpec&, const Call&);

// Makes the rules that a stack's file asks for those of the stack: what is the same stays as it is, with its silence and what
// it has found. Adds to `warnings` where nobody would be told.
Status put_stack_alerts(const model::ClusterView&, const Call&, const model::StackPath&, const model::StackSpec&, store::Commit&,
                        std::vector<std::string>& warnings);
void drop_stack_alerts(const model::ClusterView&, const model::StackPath&, store::Commit&);

}  // namespace kontena::server
