// x-kontena.alerts: whom the stack's people want to be told of what.
#include "kontena/model/names.h"
#include "specify.h"
#include "stack_forms.h"
#include "tables.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::AlertSpec;

// "80%", and 5 as it is.
void limit(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::integer) return become(value, Kind::text, value.text);
  text_value(reader, value, path);
}

void specify_for(Specifier&, const Node& value, const std::string&, AlertSpec& alert) { alert.for_ms = milliseconds_of(value); }

void specify_when(Specifier& to, const Node& value, const std::string& path, AlertSpec& alert) {
  if (const auto kind = model::named<model::AlertKind>(value.text)) {
    alert.kind = *kind;
    return;
  }
  std::string known;
  for (const model::AlertKindRow& row : model::alert_kinds())
    if (row.of_project) known += (known.empty() ? "" : ", ") + std::string(model::name(row.kind));
  to.notes.problem(value.at, path, "'" + value.text + "' is nothing that an alert watches for", "one of " + known);
}

constexpr auto alert_rows = std::to_array<Key<AlertSpec>>({
    runs<AlertSpec>("for", duration, specify_for),
    runs<AlertSpec>("over", limit, nothing<AlertSpec>),
    runs<AlertSpec>("pattern", text_value, into<&AlertSpec::pattern>),
    runs<AlertSpec>("service", text_value, into<&AlertSpec::service>),
    runs<AlertSpec>("webhooks", texts, into<&AlertSpec::webhooks>),
    runs<AlertSpec>("when", text_value, specify_when),
});
static_assert(well_formed(alert_rows));

}  // namespace

constinit const Table alert_table = table_of<alert_rows>("x-kontena.alerts.*");

void specify_alerts(Specifier& to, const Node& value, const std::string& path, model::StackSpec& stack) {
  for (const Member& member : value.members) {
    const std::string at = under(path, member.key);
    AlertSpec& alert = stack.alerts[member.key];
    specify_map<AlertSpec>(to, member.value, at, alert_rows, alert);
    if (!member.value.find("when")) to.notes.problem(member.at, at, "'when' is missing: what is watched for", "when: unhealthy");
    // What the limit is hangs on the kind.
    const Node* over = member.value.find("over");
    if (!over || model::row_of(alert.kind).limit == model::AlertLimit::none) {
      if (over) alert.limit = 0;  // which the model's check refuses
      continue;
    }
    alert.limit = model::alert_limit(alert.kind, over->text);
    if (!alert.limit) to.notes.problem(over->at, under(at, "over"), "'" + over->text + "' is no limit of '" + std::string(model::name(alert.kind)) + "'", "80%, or a number of lines of a log");
  }
}

}  // namespace kontena::compose
