#include "kontena/api/logs.h"

#include <set>

#include "kontena/base/text.h"

#include "../identity.h"
#include "../log_keeper.h"
#include "find.h"
#include "handlers.h"
#include "logs.h"

namespace kontena::server {
namespace {

constexpr Duration look_again{1'000};          // whether the reader still may, and is still there
constexpr std::size_t piece = 64u << 10;       // bytes written at once
constexpr std::int64_t most_tail = 100'000;
constexpr std::size_t most_warnings = 20;
constexpr std::size_t most_words = 50;

// 1 for none yet: what is empty is left out.
std::int64_t mark_of(std::uint64_t sequence) { return static_cast<std::int64_t>(sequence) + 1; }

std::string time_text(std::int64_t ns) {
  const std::int64_t second = 1'000'000'000;
  const std::int64_t fraction = (ns % second + second) % second;
  std::string text = text::rfc3339(from_ms((ns - fraction) / 1'000'000)).substr(0, 19);
  std::string digits = std::to_string(fraction);
  return text + '.' + std::string(9 - digits.size(), '0') + digits + 'Z';
}

api::LogLine record_of(const logs::KeptLine& line) {
  static constexpr std::string_view streams[] = {"stdout", "stderr", "note"};
  return {.instance = line.origin.instance, .stack = line.source.stack, .service = line.source.service, .slot = line.origin.slot,
          .node = line.origin.node, .time = time_text(line.time_ns), .stream = std::string(streams[static_cast<int>(line.stream)]),
          .text = std::string(line.text), .more = line.more};
}

struct Filled {
  codec::Document& document;
  template <class T>
  void operator()(std::string_view name, const T& value) {
    if (value != T{}) codec::put(codec::member(document.root(), name), value);
  }
};

// What is empty is left out: it would be most of the text.
std::string text_of(const api::LogLine& line) {
  codec::Document document;
  codec::make_object(document.root());
  Filled visitor{document};
  codec::Fields<api::LogLine>::visit(visitor, line);
  return document.dump();
}

struct Wanted {
  logs::Selection selection;
  bool follow = false;
};

// Writes to one reader, at whose pace it is: nobody else waits.
class Telling {
 public:
  Telling(Context& context, logs::Kept& kept, Wanted wanted, Call call, http::Writer& writer)
      : context_(context), kept_(kept), wanted_(std::move(wanted)), call_(std::move(call)), writer_(writer) {
    // A role may be given at some stacks of the project only.
    wanted_.selection.may = [this](const logs::Source& source) {
      return call_.may(access::Verb::logs, {call_.at("grid"), call_.at("project"), source.stack});
    };
  }

  void tell() {
    if (!still_may()) return;
    const std::uint64_t newest = kept_.newest();
    std::uint64_t upto = std::min(wanted_.selection.up_to, newest);
    if (wanted_.selection.after > newest) {
      put({.warning = "the server's logs have begun anew: what was before is not kept"});
      wanted_.selection.after = 0;
    }
    put({.upto = mark_of(upto)});
    warn_of_absent_nodes();
    if (!tell_kept(wanted_.selection, upto)) return;
    if (wanted_.follow) follow(upto);
    flush();
  }

 private:
  bool put(const api::LogLine& record) {
    text_ += text_of(record) + '\n';
    return text_.size() < piece || flush();
  }
  bool flush() {
    if (text_.empty()) return good_;
    good_ = good_ && writer_.write(text_);
    text_.clear();
    return good_;
  }

  bool tell_kept(logs::Selection selection, std::uint64_t upto) {
    selection.up_to = upto;
    const Status read = kept_.read(selection, [&](const logs::KeptLine& line) { return put(record_of(line)); });
    if (!read) put({.error = read.error().message});
    return flush() && read.has_value();
  }

  // Who asks whether somebody may: again and again while following, and a stack at a time.
  bool still_may() {
    View view = context_.views.now();
    Status may = identify_again(*view, context_.clock.now(), call_);
    view_ = std::move(view);  // rights point into it
    context_.uses.note(call_.who.id, call_.from, context_.clock.now());
    if (may && !call_.who.rights.reaches({call_.at("grid"), call_.at("project"), call_.ask("stack")}, access::Verb::logs))
      may = Error{Code::permission_denied, "you may not read logs here any more"};
    if (may) return true;
    put({.error = may.error().message});
    flush();
    return false;
  }

  void follow(std::uint64_t seen) {
    // The time that was asked for, and the tail, are of what was; all that comes is new.
    logs::Selection& selection = wanted_.selection;
    selection.tail = -1;
    selection.up_to = UINT64_MAX;
    put({.mark = mark_of(seen)});
    Duration beat{};  // when the next line is owed, by the steady clock
    while (flush() && still_may()) {
      const auto news = kept_.wait(seen, look_again);
      if (news.stopped) return;
      if (news.missed) {
        const std::uint64_t upto = kept_.newest();
        selection.after = seen;
        put({.upto = mark_of(upto)});
        if (!tell_kept(selection, upto)) return;
        put({.mark = mark_of(seen = upto)});
        continue;
      }
      bool told = false;
      for (const auto& batch : news.batches) {
        told |= tell_batch(*batch);
        seen = batch->sequence;
      }
      // Of what others write a reader hears no more than that time goes on. Also where there was nothing: are they still there?
      const Duration now = context_.clock.steady();
      if (!told && !news.batches.empty() && now < beat) continue;
      put(news.batches.empty() ? api::LogLine{} : api::LogLine{.mark = mark_of(seen)});
      beat = now + look_again;
    }
  }

  // Whether any of its lines was wanted.
  bool tell_batch(const logs::Arrived& batch) {
    bool told = false;
    const logs::Selection& selection = wanted_.selection;
    for (std::size_t i = 0; i < batch.sources.size(); ++i) {
      const logs::Section& section = batch.batch.sections[i];
      const logs::Origin origin{section.instance, section.slot, batch.node};
      if (!selection.wants(batch.sources[i]) || !selection.wants(batch.sources[i], origin)) continue;
      for (const logs::Line& line : section.lines) {
        if (!selection.wants(line.stream, line.time_ns, line.text)) continue;
        told = true;
        if (!put(record_of({batch.sources[i], origin, batch.sequence, line.time_ns, line.stream, line.more, line.text}))) return told;
      }
    }
    return told;
  }

  // Their lines come when they are back.
  void warn_of_absent_nodes() {
    std::set<std::string> away;
    view_->instances.each(call_.at("grid") + '/' + call_.at("project") + '/', [&](const auto& item) {
      const model::Instance& instance = item.value;
      if (instance.node.empty() || !call_.may(access::Verb::logs, place_of(instance))) return;
      const auto* node = view_->nodes.get(instance.grid + '/' + *instance.node);
      if (!node || context_.liveness.state(instance.node) != model::NodeState::lost) return;
      const logs::Source source{wanted_.selection.project, instance.stack, instance.service};
      if (wanted_.selection.wants(source) && wanted_.selection.wants(source, {*instance.id, instance.slot, node->name}) && away.size() < most_warnings)
        away.insert(node->name);
    });
    for (const std::string& node : away)
      put({.node = node, .warning = "node '" + node + "' does not answer: its newest lines come when it is back"});
  }

  Context& context_;
  logs::Kept& kept_;
  Wanted wanted_;
  View view_;
  Call call_;
  http::Writer& writer_;
  std::string text_;
  bool good_ = true;
};

Status read_times(const Call& call, logs::Selection& selection) {
  KTN_TRY(const std::int64_t since, number_asked(call, "since", 0));
  KTN_TRY(const std::int64_t until, number_asked(call, "until", 0));
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1'000'000;
  if (std::abs(since) > most || std::abs(until) > most) return Error{Code::invalid_argument, "?since= and ?until= are ms since 1970"};
  if (since != 0) selection.since_ns = since * 1'000'000;
  if (until != 0) selection.until_ns = until * 1'000'000;
  return Done{};
}

Result<Wanted> wanted_of(const Call& call) {
  Wanted wanted{.follow = call.ask("follow") == "true"};
  logs::Selection& selection = wanted.selection;
  selection.instance = call.ask("instance");
  selection.node = call.ask("node");
  KTN_TRY(selection.tail, number_asked(call, "tail", -1));
  if (selection.tail > most_tail) return Error{Code::invalid_argument, "?tail= is " + std::to_string(most_tail) + " at most", "without --tail all lines come"};
  KTN_OK(read_times(call, selection));
  KTN_TRY(const std::int64_t upto, number_asked(call, "upto", 0));
  if (upto > 0) selection.up_to = static_cast<std::uint64_t>(upto - 1);
  KTN_TRY(const std::int64_t after, number_asked(call, "after", 0));
  if (after > 0) selection.after = static_cast<std::uint64_t>(after - 1);
  if (const std::string stream = call.ask("stream"); !stream.empty()) {
    if (stream != "stdout" && stream != "stderr") return Error{Code::invalid_argument, "?stream= is stdout or stderr"};
    selection.out = stream == "stdout";
    selection.err = stream == "stderr";
  }
  if (const std::string expression = call.ask("grep"); !expression.empty()) {
    KTN_TRY(selection.pattern, logs::Pattern::compile(expression));
  }
  return wanted;
}

// "shop", "shop/web", and "shop/web-2" is the service web-2 where there is or was one, else the second instance of web.
Result<logs::Selection::Of> named(const logs::Kept& kept, const ClusterView& view, const Call& call, const logs::Selection& selection, const std::string& word) {
  const auto slash = word.find('/');
  const std::string stack = word.substr(0, slash), service = slash == std::string::npos ? "" : word.substr(slash + 1);
  std::set<std::string> services;  // that are or were
  if (call.may(access::Verb::logs, {call.at("grid"), call.at("project"), stack})) {
    for (const auto& [source, use] : kept.use(selection.project))
      if (source.stack == stack) services.insert(source.service);
    view.services.each(call.at("grid") + '/' + call.at("project") + '/' + stack + '/', [&](const auto& item) { services.insert(item.value.spec.name); });
    if (service.empty() && (!services.empty() || view.stacks.get(call.at("grid") + '/' + call.at("project") + '/' + stack))) return logs::Selection::Of{stack};
  }
  if (service.empty()) return absent("stack", stack, "kontena client stack ls");
  if (services.contains(service)) return logs::Selection::Of{stack, service};
  const auto dash = service.rfind('-');
  const auto slot = dash == std::string::npos || dash == 0 ? std::nullopt : text::integer(service.substr(dash + 1));
  if (slot && *slot > 0 && services.contains(service.substr(0, dash))) {
    const logs::Selection::Of of{stack, service.substr(0, dash), *slot};
    bool known = false;
    view.instances.each(call.at("grid") + '/' + call.at("project") + '/' + stack + '/' + of.service + '/', [&](const auto& item) { known = known || item.value.slot == *slot; });
    if (known || kept.has_slot({selection.project, stack, of.service}, *slot)) return of;
  }
  if (services.empty()) return absent("stack", stack, "kontena client stack ls");
  return Error{Code::not_found, "there is neither an instance nor a service '" + word + "'", "kontena client ps " + stack};
}

}  // namespace

// Also of what is there no more: its lines are kept. So a stack or service is looked for among them as well.
Result<http::Response> stream_logs(Context& context, const View& view, const Call& call, http::Upload*) {
  KTN_OK(need_project(*view, call));
  KTN_TRY(Wanted wanted, wanted_of(call));
  KTN_TRY(logs::Kept * kept, context.log_keeper->kept());
  logs::Selection& selection = wanted.selection;
  const auto* project = view->projects.get(call.at("grid") + '/' + call.at("project"));
  selection.project = kept_project(*project);
  for (const std::string& word : text::split(call.ask("of"), ',')) {
    if (word.empty()) continue;
    if (selection.of.size() == most_words) return Error{Code::invalid_argument, "more than " + std::to_string(most_words) + " stacks, services and instances at once"};
    KTN_TRY(const logs::Selection::Of of, named(*kept, *view, call, selection, word));
    selection.of.push_back(of);
  }
  // What is older may be there still, until its file is dropped.
  selection.since_ns = std::max(selection.since_ns, to_ms(call.now) * 1'000'000 - context.log_keeper->room(*view, {project->grid, project->name}).age_ns);
  http::Response response{.content_type = "application/jsonl"};
  response.stream = [&context, kept, wanted, call](http::Writer& writer) { Telling(context, *kept, wanted, call, writer).tell(); };
  return response;
}

Result<http::Response> take_logs(Context& context, const View& view, const Call& call, http::Upload*) {
  auto decoded = logs::decode(call.body);
  if (!decoded) return Error{Code::invalid_argument, decoded.error().message};  // and so it will be the next time
  logs::Batch batch = *std::move(decoded);
  auto taken = context.log_keeper->take(*view, call.who.grid, call.who.id, std::move(batch), call.body);
  if (!taken) {
    // Whatever it is that keeps us from it: the agent is to try again, and keeps its lines.
    Error error = std::move(taken).error();
    error.code = Code::unavailable;
    return error;
  }
  return http::Response{.body = codec::to_json(api::LogsTaken{static_cast<std::int64_t>(taken->number), static_cast<std::int64_t>(taken->refused)})};
}

}  // namespace kontena::server
