#include "kontena/api/events.h"

#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/base/text.h"
#include "kontena/model/event_kinds.h"
#include "names.h"

namespace kontena::client {
namespace {

constexpr Duration longest_question{api::longest_wait_ms + 10'000};

// "shop/web-1", "shop/web", "shop"; of another project than `default` with that before it.
std::string of(const model::Event& e) {
  if (e.stack.empty()) return "";
  std::string name = (e.project == "default" ? "" : e.project + '/') + e.stack;
  if (!e.service.empty()) name += '/' + e.service;
  if (e.slot > 0) name += '-' + std::to_string(e.slot);
  return plain_text(name);
}

Tone tone_of_event(const model::Event& e) {
  const auto* kind = model::find_event_kind(e.kind);
  if (!kind || kind->severity == model::Severity::info) return Tone::plain;
  return kind->severity == model::Severity::error ? Tone::bad : Tone::busy;
}

std::string what(const model::Event& e) {
  std::string text = plain_text(e.text);
  // Of what the cluster did by itself nobody needs to be named.
  if (!e.by.empty() && e.by != "server" && !e.by.starts_with("node ")) text += " (by " + plain_text(e.by) + ')';
  return text;
}

Status check_kinds(const std::vector<std::string>& kinds) {
  std::vector<std::string_view> known;
  for (const auto& kind : model::event_kinds) known.push_back(kind.name);
  for (const std::string& kind : kinds)
    if (!model::find_event_kind(kind)) {
      const auto near = text::nearest(kind, known);
      return Error{Code::invalid_argument, "--type: there are no events '" + kind + "'",
                   near.empty() ? "kontena client events --help has the types" : "did you mean '" + std::string(near) + "'?"};
    }
  return Done{};
}

Result<http::Query> query_of(Session& session) {
  http::Query query;
  const auto& given = session.arguments;
  if (given.has("--node")) query["node"] = given.value("--node");
  if (const auto kinds = listed(session, "--type"); !kinds.empty()) {
    KTN_OK(check_kinds(kinds));
    query["kind"] = text::join(kinds, ",");
  }
  for (const auto& [option, name] : {std::pair{"--since", "since"}, {"--until", "until"}}) {
    if (!given.has(option)) continue;
    KTN_TRY(const std::int64_t at, parse_since(given.value(option), session.now()));
    query[name] = std::to_string(at);
  }
  std::string stack = given.value("--stack", ""), service = given.value("--service", "");
  if (!service.empty()) {
    if (service.find('/') == std::string::npos && !stack.empty()) service = stack + '/' + service;
    KTN_TRY(const ServiceName name, parse_service(service));
    if (!stack.empty() && stack != name.stack)
      return Error{Code::invalid_argument, "--stack " + stack + " and --service " + service + " are of two stacks"};
    stack = name.stack;
    query["service"] = name.service;
  }
  if (!stack.empty()) {
    KTN_TRY(query["project"], session.link.project());
    query["stack"] = stack;
  }
  return query;
}

// One as it comes: a table would have to know how wide the later ones are.
void print(Session& session, const model::Event& e) {
  if (session.look.quiet)
    session.out() << plain_text(e.text) << '\n';
  else if (session.look.machine())
    session.out() << machine_list(session.look, std::vector{e});
  else
    session.out() << time_text(e.last_ms) << "  " << paint(pad(e.kind, 22), tone_of_event(e), session.look.colour_out)
                  << "  " << pad(plain_text(e.node_name), 8) << "  " << pad(of(e), 16) << "  " << what(e) << '\n';
}

bool is_passing(Code code) { return code == Code::unavailable || code == Code::deadline_exceeded; }

// Goes on where it was when the server is back: nothing is left out, nothing is told twice.
Result<int> follow(Session& session, const std::string& path, http::Query query) {
  KTN_TRY(api::EventList list, session.link.get<api::EventList>(path, query));
  std::ranges::reverse(list.events);
  query["limit"] = "1000";
  std::int64_t revision = list.revision;
  bool lost = false;
  while (true) {
    for (const model::Event& event : list.events) print(session, event);
    session.out() << std::flush;
    if (!session.out().good()) return 0;
    query["after"] = std::to_string(revision);
    auto next = session.link.get<api::EventList>(path, query, longest_question);
    if (next) {
      if (lost) session.note("the server is back");
      lost = false;
      list = *std::move(next);
      revision = std::max(revision, list.revision);
      continue;
    }
    if (!is_passing(next.error().code)) return std::move(next).error();
    if (!lost) session.warn("waiting for the server: " + next.error().message);
    lost = true;
    list.events.clear();
    session.outside.pause(session.outside.pace * 10);
  }
}

}  // namespace

Result<int> events(Session& session) {
  const bool follows = session.arguments.has("--follow");
  if (follows && session.look.format == Format::json)
    return Error{Code::invalid_argument, "what is followed is a stream, and no one JSON document",
                 "--format jsonl prints an object a line"};
  if (follows && session.arguments.has("--until"))
    return Error{Code::invalid_argument, "--follow goes on, and --until ends"};
  KTN_TRY(http::Query query, query_of(session));
  KTN_TRY(const auto tail, number_option(session, "--tail", follows ? 0 : 1));
  if (tail && *tail > 0) query["limit"] = std::to_string(*tail);
  KTN_TRY(const std::string path, session.link.path(api::paths::events));
  if (follows) return follow(session, path, std::move(query));
  KTN_TRY(api::EventList list, session.link.get<api::EventList>(path, query));
  std::ranges::reverse(list.events);
  return session.list(
      list.events, {"TIME", "TYPE", "NODE", "OF", "TIMES", "WHAT"},
      [](const model::Event& e) -> std::vector<Cell> {
        return {time_text(e.last_ms), Cell(e.kind, tone_of_event(e)), plain_text(e.node_name), of(e), e.count, what(e)};
      },
      [](const model::Event& e) { return plain_text(e.text); });
}

}  // namespace kontena::client
