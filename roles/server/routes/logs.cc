#include <set>

#include "../identity.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/message_fields.h"

namespace kontena::server {
namespace {

constexpr Duration look_again{1'000};          // for new instances, while following
constexpr Duration agent_has_to_answer{10'000};
constexpr std::size_t most_instances = 500;    // in one answer

struct Wanted {
  std::string scope;  // GRID/PROJECT[/STACK[/SERVICE]]/
  std::string instance;
  bool follow = false;
  std::int64_t tail = -1;
  std::int64_t since_ms = 0;
};

// Asks the nodes for the logs of what is in scope and was not asked for yet.
class Asker {
 public:
  Asker(Context& context, Wanted wanted, Call call) : context_(context), wanted_(std::move(wanted)), call_(std::move(call)), session_(context.logs.open()) {}

  // Code::unauthenticated, or permission_denied, where the caller may not any more.
  Status ask() {
    const View view = context_.views.now();
    KTN_OK(identify_again(*view, context_.clock.now(), call_));
    context_.uses.note(call_.who.id, call_.from, context_.clock.now());
    if (!call_.who.rights.reaches({call_.at("grid"), call_.at("project"), call_.ask("stack")}, access::Verb::logs))
      return Error{Code::permission_denied, "you may not read logs here any more"};
    if (!first_ && !wanted_.follow) return Done{};
    std::set<std::string> nudged;
    view->instances.each(wanted_.scope, [&](const auto& item) {
      const model::Instance& instance = item.value;
      if (!call_.may(access::Verb::logs, place_of(instance))) return;
      if (!wanted_.instance.empty() && *instance.id != wanted_.instance) return;
      // Who follows hears of it once it has a container: asked now, its node would say that there is none, and that be all.
      const auto* status = view->statuses.get(item.key);
      if (wanted_.follow && (!status || status->container.empty())) return;
      if (instance.node.empty() || asked_.size() >= most_instances || !asked_.insert(*instance.id).second) return;
      const std::string by_node = instance.grid + '/' + *instance.node;
      const auto* node = view->nodes.get(by_node);
      context_.logs.ask(session_,
                        {by_node, instance.stack, instance.service, node ? node->name : *instance.node, instance.slot},
                        {.stream = context_.ids.id(),
                         .kind = "logs",
                         .instance = *instance.id,
                         .follow = wanted_.follow,
                         // Of an instance that came while following, all is new.
                         .tail = first_ ? wanted_.tail : -1,
                         .since_ms = wanted_.since_ms});
      nudged.insert("streams/" + by_node);
    });
    first_ = false;
    for (const std::string& prefix : nudged) context_.views.nudge(prefix);
    return Done{};
  }

  LogHub::Session& session() { return *session_; }
  void give_up() { context_.logs.give_up(session_); }

 private:
  Context& context_;
  const Wanted wanted_;
  Call call_;
  const std::shared_ptr<LogHub::Session> session_;
  std::set<std::string> asked_;
  bool first_ = true;
};

void write_logs(Context& context, const Wanted& wanted, const Call& call, http::Writer& writer) {
  Asker asker(context, wanted, call);
  Status may = asker.ask();
  const Duration patience = context.clock.steady() + agent_has_to_answer;
  bool gave_up = false;
  while (may && (wanted.follow || !asker.session().ended())) {
    const auto records = asker.session().next(look_again, wanted.follow);
    std::string text;
    for (const api::LogRecord& record : records) text += codec::to_json(record) + '\n';
    if (records.empty()) text = codec::to_json(api::LogRecord{}) + '\n';  // a beat: is the reader still there?
    if (!writer.write(text)) break;
    if (!gave_up && context.clock.steady() > patience) {
      asker.give_up();
      gave_up = true;
    }
    // New instances join; and who may not any more is let go within a second.
    may = asker.ask();
  }
  if (!may) writer.write(codec::to_json(api::LogRecord{.error = may.error().message}) + '\n');
  asker.session().close();
}

}  // namespace

// ?stack= ?service= ?instance= narrow it; ?follow=true; ?tail=N; ?since=MS.
Result<http::Response> stream_logs(Context& context, const View& view, const Call& call, http::Upload*) {
  KTN_OK(need_project(*view, call));
  Wanted wanted{.scope = call.at("grid") + '/' + call.at("project") + '/', .instance = call.ask("instance"), .follow = call.ask("follow") == "true"};
  KTN_TRY(wanted.tail, number_asked(call, "tail", -1));
  KTN_TRY(wanted.since_ms, number_asked(call, "since", 0));
  const std::string stack = call.ask("stack"), service = call.ask("service");
  if (!stack.empty()) {
    KTN_OK(check_asked_stack(*view, call, access::Verb::logs));
    wanted.scope += stack + '/';
  }
  if (!service.empty()) {
    if (stack.empty()) return Error{Code::invalid_argument, "?service= needs ?stack="};
    if (!view->services.get(wanted.scope + service)) return absent("service", stack + '/' + service, "kontena client service ls");
    wanted.scope += service + '/';
  }
  http::Response response{.content_type = "application/jsonl"};
  response.stream = [&context, wanted, call](http::Writer& writer) { write_logs(context, wanted, call, writer); };
  return response;
}

}  // namespace kontena::server
