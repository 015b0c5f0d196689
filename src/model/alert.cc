#include "kontena/model/alert.h"

namespace kontena::model {

std::string alert_key(const AlertRule& rule) { return rule.grid + '/' + rule.project + '/' + rule.name; }
std::string alert_key(const AlertState& state) {
  return state.grid + '/' + state.project + '/' + state.rule + '/' + state.subject;
}

}  // namespace kontena::model
