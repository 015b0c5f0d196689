#include "kontena/api/alerts.h"

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/base/text.h"
#include "kontena/model/alert.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

struct Paths {
  std::string_view project, grid;
};
Result<std::string> path_of(Session& session, const Paths& either, const std::string& name) {
  return session.link.path(session.arguments.has("--of-grid") ? either.grid : either.project, {name});
}
Result<std::string> list_path(Session& session) {
  return session.link.path(session.arguments.has("--of-grid") ? paths::grid_alerts : paths::project_alerts);
}

constexpr Paths one{paths::project_alert, paths::grid_alert};
constexpr Paths ack{paths::project_alert_ack, paths::grid_alert_ack};
constexpr Paths silence{paths::project_alert_silence, paths::grid_alert_silence};
constexpr Paths test{paths::project_alert_test, paths::grid_alert_test};

// A line of `alert ls`: an alert, or one thing that it has found.
struct Line {
  const api::AlertEntry* alert;
  const api::AlertFinding* finding;
};

Cell state_of(const Line& line, Time now) {
  const bool silent = line.alert->silent_until_ms > to_ms(now);
  if (!line.finding && !line.alert->trouble.empty()) return {"blind", Tone::bad};
  if (!line.finding) return silent ? Cell{"silenced", Tone::faint} : Cell{"ok", Tone::good};
  if (!line.finding->firing) return {"resolved", Tone::faint};
  if (silent) return {"silenced", Tone::busy};
  return line.finding->acked_by.empty() ? Cell{"firing", Tone::bad} : Cell{"acked", Tone::busy};
}

std::string about(const Line& line) {
  if (line.finding) return plain_text(line.finding->subject);
  if (line.alert->stack.empty()) return "-";
  return plain_text(line.alert->stack) + (line.alert->service.empty() ? "" : '/' + plain_text(line.alert->service));
}

// "cpu over 80%", "log /ERROR/", "certificate, 7d before".
std::string when(const api::AlertEntry& alert) {
  const std::string kind = plain_text(alert.when);
  const auto known = model::named<model::AlertKind>(alert.when);
  if (!known) return kind;  // of a newer server
  const std::string limit = model::alert_limit_text(*known, alert.limit);
  switch (model::row_of(*known).limit) {
    case model::AlertLimit::percent: return kind + " over " + limit;
    case model::AlertLimit::lines: return kind + " /" + plain_text(alert.pattern) + '/' + (alert.limit > 1 ? " " + limit + " times" : "");
    case model::AlertLimit::time: return kind + ", " + limit + " before";
    case model::AlertLimit::none: break;
  }
  return kind;
}

std::string what(const Line& line) {
  if (!line.alert->trouble.empty() && !line.finding) return "cannot look: " + plain_text(line.alert->trouble);
  if (!line.finding) return "";
  std::string text = plain_text(line.finding->summary);
  if (!line.finding->acked_by.empty()) text += "; known to " + plain_text(line.finding->acked_by);
  if (!line.finding->untold.empty()) text += "; not told yet: " + plain_text(text::join(line.finding->untold, ", "));
  return text;
}

Result<Duration> duration_option(const Session& session, std::string_view option) {
  const std::string given = session.arguments.value(option);
  auto duration = text::duration(given);
  if (!duration) return Error{Code::invalid_argument, std::string(option) + ": " + duration.error().message, "as in 90s, 5m, 2h"};
  return duration;
}

// Its unit is the kind's.
Status take_limit(const Session& session, api::AlertRequest& request) {
  const auto kind = model::named<model::AlertKind>(request.when);
  const model::AlertLimit unit = kind ? model::row_of(*kind).limit : model::AlertLimit::none;
  const bool of_time = unit == model::AlertLimit::time;
  for (const std::string_view option : {"--before", "--over"}) {
    if (!session.arguments.has(option) || !kind) continue;  // the server says what kinds there are
    const std::string name(option), given = session.arguments.value(option);
    if (unit == model::AlertLimit::none || of_time != (option == "--before"))
      return Error{Code::invalid_argument, name + " is not for '" + request.when + "'", "kontena client help alert create"};
    request.limit = model::alert_limit(*kind, given);
    if (!request.limit)
      return Error{Code::invalid_argument, name + ": '" + given + "' is no limit of '" + request.when + "'",
                   of_time ? "as in 7d" : unit == model::AlertLimit::lines ? "a number of lines" : "as in 80%"};
  }
  return Done{};
}

std::string fires(const api::AlertEntry& made) {
  const std::string time = text::human_duration(Duration(made.for_ms));
  if (made.when == "log") return "fires when " + std::to_string(made.limit) + (made.limit == 1 ? " line matches" : " lines match") + " within " + time;
  return "fires when '" + when(made) + "' is so" + (made.for_ms == 0 ? "" : " for " + time);
}

}  // namespace

Result<int> alert_ack(Session& session) {
  const auto& words = session.arguments.words;
  KTN_TRY(const std::string path, path_of(session, ack, words[0]));
  KTN_TRY(const auto acked,
          session.link.send<api::AlertAcked>(http::Method::post, path, api::AlertAck{words.size() > 1 ? words[1] : std::string()}));
  session.note(acked.acked == 0 ? "nothing of it was firing that was not known already"
                                : count_text(acked.acked, "firing") + " acknowledged: told again when it is over");
  return session.show(acked, words[0], [] { return std::string(); });
}

Result<int> alert_create(Session& session) {
  const auto& words = session.arguments.words;
  api::AlertRequest request{.when = session.arguments.value("--when"), .webhooks = listed(session, "--webhook")};
  if (request.when.empty()) return Error{Code::invalid_argument, "--when says what the alert watches for", "kontena client help alert create"};
  if (words.size() > 1) {
    KTN_TRY(const ServiceName name, parse_service_name(words[1]));
    request.stack = name.stack;
    request.service = name.service;
  }
  if (session.arguments.has("--for")) {
    KTN_TRY(const Duration wait, duration_option(session, "--for"));
    request.for_ms = wait.count();
  }
  request.pattern = session.arguments.value("--pattern");
  KTN_OK(take_limit(session, request));
  KTN_TRY(const std::string path, path_of(session, one, words[0]));
  KTN_TRY(const auto made, session.link.send<api::AlertEntry>(http::Method::put, path, request));
  session.note(fires(made) + "; try the way by: kontena client alert test " +
               made.name + (session.arguments.has("--of-grid") ? " --of-grid" : ""));
  return session.show(made, made.name, [&] { return made.name + '\n'; });
}

Result<int> alert_ls(Session& session) {
  KTN_TRY(const std::string path, list_path(session));
  KTN_TRY(const auto list, session.link.get<api::AlertList>(path));
  if (session.look.machine() || session.look.quiet)
    return session.list(
        list.alerts, {}, [](const api::AlertEntry&) -> std::vector<Cell> { return {}; },
        [](const api::AlertEntry& alert) { return alert.name; });
  Table table({"ALERT", "WHEN", "ABOUT", "STATE", "SINCE", "WHAT"});
  for (const api::AlertEntry& alert : list.alerts) {
    const auto add = [&](const Line& line) {
      table.add({plain_text(alert.name), when(alert), about(line), state_of(line, session.now()),
                 line.finding ? session.age(line.finding->firing ? line.finding->since_ms : line.finding->resolved_ms) : std::string(), what(line)});
    };
    if (alert.findings.empty()) add({&alert, nullptr});
    for (const api::AlertFinding& finding : alert.findings) add({&alert, &finding});
  }
  session.out() << table.text(session.look);
  return 0;
}

Result<int> alert_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("remove the alert " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& word) -> Status {
    KTN_TRY(const std::string path, path_of(session, one, word));
    KTN_OK(session.link.remove(path));
    if (session.look.quiet) session.out() << word << '\n';
    return Done{};
  });
}

Result<int> alert_silence(Session& session) {
  const std::string& name = session.arguments.words[0];
  api::AlertSilence request{.for_ms = 0, .why = session.arguments.value("--why")};
  if (session.arguments.has("--off") == session.arguments.has("--for"))
    return Error{Code::invalid_argument, "either --for TIME, or --off", "kontena client alert silence " + name + " --for 2h"};
  if (session.arguments.has("--for")) {
    KTN_TRY(const Duration wait, duration_option(session, "--for"));
    if (wait <= Duration(0)) return Error{Code::invalid_argument, "--for is longer than nothing", "--off ends it"};
    request.for_ms = wait.count();
  }
  KTN_TRY(const std::string path, path_of(session, silence, name));
  KTN_TRY(const auto entry, session.link.send<api::AlertEntry>(http::Method::post, path, request));
  session.note(entry.silent_until_ms == 0 ? "'" + name + "' tells again" : "nobody is told of '" + name + "' until " + time_text(entry.silent_until_ms));
  return session.show(entry, name, [] { return std::string(); });
}

Result<int> alert_test(Session& session) {
  const std::string& name = session.arguments.words[0];
  KTN_TRY(const std::string path, path_of(session, test, name));
  KTN_TRY(http::Client * client, session.link.client());
  http::Request request{.method = http::Method::post, .path = path};
  KTN_TRY(const auto tried, api::call<api::AlertTest>(*client, request, Duration(150'000)));
  const int status = session.list(
      tried.results, {"WEBHOOK", "RESULT"},
      [](const api::WebhookResult& each) -> std::vector<Cell> {
        return {plain_text(each.webhook), each.error.empty() ? Cell{"taken", Tone::good} : Cell{plain_text(each.error), Tone::bad}};
      },
      [](const api::WebhookResult& each) { return each.webhook; });
  for (const api::WebhookResult& each : tried.results)
    if (!each.error.empty()) return 1;
  return status;
}

}  // namespace kontena::client
