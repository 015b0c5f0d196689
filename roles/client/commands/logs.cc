#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../records.h"
#include "../session.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr Duration longest_silence{15'000};     // the server sends beats
constexpr std::size_t most_sorted = 64u << 20;  // bytes kept to be sorted by time

// The word as stack and service, or as an instance of it: "shop/web-2" is the
// service web-2 where there is one, else the second instance of web.
Status narrow(Session& session, const std::string& word, http::Query& query) {
  KTN_TRY(const ServiceName name, parse_service_name(word));
  query["stack"] = name.stack;
  if (name.service.empty()) return Done{};
  query["service"] = name.service;
  const auto dash = name.service.rfind('-');
  const auto slot =
      dash == std::string::npos || dash == 0 ? std::nullopt : text::integer(name.service.substr(dash + 1));
  if (!slot) return Done{};
  KTN_TRY(const std::string path, session.link.path(paths::instances));
  KTN_TRY(const api::InstanceList list, session.link.get<api::InstanceList>(path, {{"stack", name.stack}}));
  const std::string service = name.service.substr(0, dash);
  const api::InstanceSummary* found = nullptr;
  for (const api::InstanceSummary& each : list.instances) {
    if (each.service == name.service) return Done{};
    // While one replaces the other, two have the slot: the newer is meant.
    if (each.service == service && each.slot == *slot && (!found || each.created_ms > found->created_ms)) found = &each;
  }
  if (!found) {
    KTN_TRY(const std::string services, session.link.path(paths::services));
    KTN_TRY(const api::ServiceList all, session.link.get<api::ServiceList>(services, {{"stack", name.stack}}));
    if (std::ranges::find(all.services, name.service, &api::ServiceSummary::name) != all.services.end()) return Done{};
    return Error{Code::not_found, "there is neither an instance nor a service '" + word + "'",
                 "kontena client ps " + name.stack};
  }
  query["service"] = service;
  query["instance"] = found->id;
  return Done{};
}

Result<http::Query> query_of(Session& session) {
  http::Query query;
  if (session.arguments.has("--follow")) query["follow"] = "true";
  if (session.arguments.value("--tail") != "all") {
    KTN_TRY(const auto tail, number_option(session, "--tail", 0));
    if (tail) query["tail"] = std::to_string(*tail);
  }
  if (session.arguments.has("--since")) {
    KTN_TRY(const std::int64_t since, parse_since(session.arguments.value("--since"), session.now()));
    query["since"] = std::to_string(since);
  }
  if (!session.arguments.words.empty()) KTN_OK(narrow(session, session.arguments.words[0], query));
  return query;
}

// Takes records in order of arrival; prints them so, or sorted at the end.
class Printing {
 public:
  Printing(Session& session, bool sorted, bool with_stack)
      : session_(session),
        sorted_(sorted),
        printer_({.prefix = !session.arguments.has("--no-prefix"),
                  .with_stack = with_stack,
                  .timestamps = session.arguments.has("--timestamps"),
                  .colour = session.look.colour_out}) {}

  void take(api::LogRecord record, std::string_view line) {
    if (!record.error.empty()) {
      errors_ += 1;
      session_.out() << std::flush;
      session_.warn(record.service + '-' + std::to_string(record.slot) +
                    (record.node.empty() ? "" : " on " + record.node) + ": " + plain_text(record.error));
      return;
    }
    if (!sorted_) return print(record, line);
    kept_bytes_ += line.size();
    kept_.push_back({std::move(record), session_.look.machine() ? std::string(line) : std::string()});
    if (kept_bytes_ > most_sorted) flush();
  }

  void flush() {
    std::ranges::stable_sort(kept_, [](const Kept& a, const Kept& b) { return earlier(a.record, b.record); });
    for (const Kept& each : kept_) printer_.know(each.record);
    for (const Kept& each : kept_) print(each.record, each.line);
    kept_.clear();
    kept_bytes_ = 0;
    session_.out() << std::flush;
  }

  int errors() const { return errors_; }

 private:
  struct Kept {
    api::LogRecord record;
    std::string line;
  };

  void print(const api::LogRecord& record, std::string_view line) {
    if (session_.look.machine())
      session_.out() << line << '\n';
    else
      session_.out() << printer_.line(record);
  }

  Session& session_;
  const bool sorted_;
  LinePrinter printer_;
  std::vector<Kept> kept_;
  std::size_t kept_bytes_ = 0;
  int errors_ = 0;
};

}  // namespace

Result<int> logs(Session& session) {
  if (session.look.format == Format::json)
    return Error{Code::invalid_argument, "logs are a stream, and no one JSON document",
                 "--format jsonl prints an object a line"};
  KTN_TRY(const std::string path, session.link.path(paths::logs));
  KTN_TRY(const http::Query query, query_of(session));
  KTN_TRY(http::Client * client, session.link.client());
  const bool follow = session.arguments.has("--follow");
  Printing printing(session, !follow, session.arguments.words.empty());
  RecordReader reader;
  Status read = Done{};
  const auto answer = client->stream({.path = path, .query = query}, longest_silence, [&](std::string_view bytes) {
    read = reader.feed(bytes,
                       [&](api::LogRecord record, std::string_view line) { printing.take(std::move(record), line); });
    if (follow) session.out() << std::flush;
    return read.has_value() && session.out().good();
  });
  printing.flush();
  if (!read) return std::move(read).error();
  if (!answer) {
    Error error = answer.error();
    return Error{Code::unavailable, "the log stream broke off: " + error.message, std::move(error.hint)};
  }
  if (answer->status >= 300) return api::error_of(*answer);
  if (follow && session.out().good())
    return Error{Code::unavailable, "the log stream broke off: the server has ended it"};
  return printing.errors() > 0 ? exit_status(Code::unavailable) : 0;
}

}  // namespace kontena::client
