#include "kontena/base/text.h"
#include "validate.h"

namespace kontena::model {

// What the file asks for is a rule of the project, under a name that has the stack's in it.
void check_alerts(Problems& problems, const StackSpec& stack) {
  const std::string all = "x-kontena.alerts";
  constexpr std::size_t most_alerts = 50;
  problems.expect(stack.alerts.size() <= most_alerts, all, "are more than " + std::to_string(most_alerts));
  for (const auto& [name, alert] : stack.alerts) {
    const std::string path = all + '.' + name;
    const std::string full = stack_alert_name(stack.name, name);
    problems.expect(text::is_label(name), path, quoted(name) + " is not a name of an alert: 1 to 63 of a-z, 0-9 and '-', not '-' at either end");
    problems.expect(!text::is_label(name) || text::is_label(full), path, "the alert would be called " + quoted(full) + ", which is longer than 63 bytes");
    problems.expect(alert.service.empty() || stack.services.contains(alert.service), path + ".service",
                    "the stack has no service " + quoted(alert.service));
    for (const WrongAlert& wrong : wrong_in_alert(alert, false))
      problems.add(path + '.' + wrong.field, wrong.what + (wrong.hint.empty() ? "" : ": " + wrong.hint));
  }
}

}  // namespace kontena::model
