#include <algorithm>
#include <deque>

#include "../commands.h"
#include "../describe.h"
#include "../records.h"
#include "../session.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr Duration longest_silence{15'000};  // the server sends beats
constexpr Duration longest_outage{30'000};   // while nobody follows
constexpr int rounds_between = 10;           // of the usual pace, between two attempts
constexpr std::size_t looked_ahead = 1'000;  // lines, to know how wide their names are

Result<http::Query> query_of(Session& session) {
  http::Query query;
  const auto take = [&](const char* option, const char* name) {
    if (session.arguments.has(option)) query[name] = session.arguments.value(option);
  };
  if (session.arguments.has("--follow")) query["follow"] = "true";
  if (session.arguments.value("--tail") != "all") {
    KTN_TRY(const auto tail, number_option(session, "--tail", 0));
    if (tail) query["tail"] = std::to_string(*tail);
  }
  for (const char* option : {"--since", "--until"}) {
    if (!session.arguments.has(option)) continue;
    KTN_TRY(const std::int64_t at, parse_since(session.arguments.value(option), session.now()));
    query[option + 2] = std::to_string(at);
  }
  take("--grep", "grep");
  take("--node", "node");
  take("--stream", "stream");
  if (const std::string stream = session.arguments.value("--stream"); !stream.empty() && stream != "stdout" && stream != "stderr")
    return Error{Code::invalid_argument, "--stream: '" + stream + "' is neither stdout nor stderr"};
  for (const std::string& word : session.arguments.words) {
    KTN_TRY(const ServiceName name, parse_service_name(word));
    std::string& of = query["of"];
    of += (of.empty() ? "" : ",") + name.stack + (name.service.empty() ? "" : '/' + name.service);
  }
  return query;
}

// How far the answer was told, so that another one goes on there: api/logs.h says how.
class Told {
 public:
  // What to ask for now.
  http::Query query(http::Query query) {
    if (mark_ > 0) {
      query["after"] = std::to_string(mark_);
      query.erase("tail");
    }
    if (upto_ > 0) query["upto"] = std::to_string(upto_);
    skip_ = lines_;
    return query;
  }
  void begin(std::int64_t upto) {
    if (upto != upto_) lines_ = skip_ = 0;  // else it is the same once more
    upto_ = upto;
  }
  void mark(std::int64_t mark) {
    mark_ = mark;
    upto_ = 0;
    lines_ = skip_ = 0;
  }
  bool reading() const { return upto_ > 0; }
  // Whether a line of those in order of time is new.
  bool is_new() {
    if (skip_ > 0) return skip_ -= 1, false;
    lines_ += 1;
    return true;
  }

 private:
  std::int64_t mark_ = 0;
  std::int64_t upto_ = 0;    // of the lines that are being told
  std::uint64_t lines_ = 0;  // of these were told
  std::uint64_t skip_ = 0;   // of these come again
};

class Printing {
 public:
  explicit Printing(Session& session)
      : session_(session),
        printer_({.prefix = !session.arguments.has("--no-prefix"),
                  .with_stack = session.arguments.words.size() != 1,
                  .timestamps = session.arguments.has("--timestamps"),
                  .colour = session.look.colour_out}) {}

  Told told;

  void take(api::LogLine record, std::string_view line) {
    if (!record.error.empty()) return fail(record.error);
    if (!record.warning.empty()) return warn(record.warning);
    if (record.upto > 0) return told.begin(record.upto);
    if (record.mark > 0) {
      flush();
      return told.mark(record.mark);
    }
    if (record.stream.empty()) return flush();  // a beat
    // Of those in order of time the same come again after an outage; of those that come one by one, all since the mark.
    if (told.reading() && !told.is_new()) return;
    waiting_.push_back({std::move(record), session_.look.machine() ? std::string(line) : std::string()});
    if (told.reading() && waiting_.size() >= looked_ahead) flush();
  }

  void flush() {
    if (waiting_.empty()) return;
    for (const Waiting& each : waiting_) printer_.know(each.record);
    for (const Waiting& each : waiting_)
      session_.out() << (session_.look.machine() ? each.line + '\n' : printer_.line(each.record));
    waiting_.clear();
    session_.out() << std::flush;
  }
  // The stream broke off: what came since the mark comes again.
  void broke_off() {
    if (told.reading()) flush();
    waiting_.clear();
  }
  const std::string& failure() const { return failure_; }

 private:
  struct Waiting {
    api::LogLine record;
    std::string line;
  };
  void warn(const std::string& text) {
    if (std::ranges::find(warned_, text) != warned_.end()) return;
    warned_.push_back(text);
    session_.out() << std::flush;
    session_.warn(plain_text(text));
  }
  void fail(const std::string& why) {
    flush();
    failure_ = plain_text(why);
  }

  Session& session_;
  LinePrinter printer_;
  std::vector<Waiting> waiting_;
  std::vector<std::string> warned_;
  std::string failure_;
};

bool is_passing(int status) { return status == 502 || status == 503 || status == 504; }

}  // namespace

Result<int> logs(Session& session) {
  if (session.look.format == Format::json)
    return Error{Code::invalid_argument, "logs are a stream, and no one JSON document",
                 "--format jsonl prints an object a line"};
  KTN_TRY(const std::string path, session.link.path(paths::logs));
  KTN_TRY(const http::Query query, query_of(session));
  KTN_TRY(http::Client * client, session.link.client());
  const bool follow = session.arguments.has("--follow");
  Printing printing(session);
  bool answered = false, told_outage = false;
  Duration since = session.outside.clock.steady();
  while (true) {
    RecordReader reader;
    Status read = Done{};
    bool came = false;
    const auto answer = client->stream({.path = path, .query = printing.told.query(query)}, longest_silence, [&](std::string_view bytes) {
      came = true;
      read = reader.feed(bytes, [&](api::LogLine record, std::string_view line) { printing.take(std::move(record), line); });
      return read.has_value() && session.out().good() && printing.failure().empty();
    });
    if (!session.out().good()) return 0;  // whoever read has gone
    if (!read) return std::move(read).error();
    if (!printing.failure().empty()) return Error{Code::permission_denied, printing.failure()};
    if (came) answered = true, since = session.outside.clock.steady();
    if (answer && answer->status < 300 && !follow) {
      printing.flush();
      return 0;
    }
    if (answer && answer->status >= 300 && !(answered && is_passing(answer->status))) return api::error_of(*answer);
    printing.broke_off();
    const std::string why = answer ? "the server has ended it" : answer.error().message;
    if (!answered || (!follow && session.outside.clock.steady() - since > longest_outage))
      return Error{Code::unavailable, "the logs broke off: " + why, answer ? "" : answer.error().hint};
    if (came) told_outage = false;
    if (!std::exchange(told_outage, true)) session.warn("the logs broke off: " + plain_text(why) + "; they go on when the server is back");
    session.outside.pause(session.outside.pace * rounds_between);
  }
}

}  // namespace kontena::client
