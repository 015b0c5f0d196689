// Ways into containers: who may, and what passes between a client and a node's agent.
#include <algorithm>
#include <array>
#include <memory>

#include "../identity.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/channel.h"
#include "kontena/base/log.h"

namespace kontena::server {
namespace {

using channel::Kind;

constexpr Duration beat_after{2'000};
constexpr Duration look_again{1'000};  // whether the caller still may
constexpr Duration agent_has_to_answer{10'000};
constexpr Duration ask_again_after{2'000};
constexpr std::size_t longest_path = 4'096;

std::string scope_of(const Call& call) { return call.at("grid") + '/' + call.at("project"); }
std::string key_of(const Call& call) { return call.who.grid + '/' + call.who.id; }  // of a node

Error no_channel(const Call& call) {
  return absent("channel", call.at("channel"), "it may have ended: start the command again");
}

// What is wrong with it whoever asks.
Status check_order(const api::ChannelOrder& order) {
  const auto wrong = [](const std::string& what) { return Error{Code::invalid_argument, what}; };
  const auto has_zero = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (order.kind == "exec") {
    if (order.command.empty() || order.command[0].empty()) return wrong("an exec needs a command");
    std::size_t size = order.user.size() + order.working_dir.size();
    bool zero = has_zero(order.user) || has_zero(order.working_dir);
    for (const std::string& word : order.command) size += word.size() + 1, zero = zero || has_zero(word);
    for (const auto& [name, value] : order.environment) {
      if (name.empty() || name.find('=') != std::string::npos) return wrong("'" + name.substr(0, 100) + "' is no name of a variable");
      size += name.size() + value.size() + 2, zero = zero || has_zero(name) || has_zero(value);
    }
    if (zero) return wrong("a command has no bytes of zero");
    if (size > api::most_command)
      return wrong("the command and its variables are longer than " + std::to_string(api::most_command) + " bytes");
    return Done{};
  }
  if (order.kind == "attach") return Done{};
  if (order.kind == "get" || order.kind == "put") {
    if (!order.path.starts_with('/') || order.path.size() > longest_path || has_zero(order.path))
      return wrong("a path in a container begins with '/', and has at most " + std::to_string(longest_path) + " bytes");
    return Done{};
  }
  if (order.kind == "dial") {
    if (order.port < 1 || order.port > 65'535) return wrong("a port is between 1 and 65535");
    return Done{};
  }
  return wrong("'" + order.kind.substr(0, 100) + "' is no way into a container");
}

// The audit has what is done and where. Of a command line only the program's name: the rest may be secret.
std::string said_of(const api::ChannelOrder& order) {
  const auto plain = [](std::string text) {
    for (char& c : text)
      if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
    return text.substr(0, 200);
  };
  if (order.kind == "exec") return "exec " + plain(order.command[0].substr(order.command[0].rfind('/') + 1));
  if (order.kind == "get" || order.kind == "put") return (order.kind == "get" ? "read " : "write ") + plain(order.path);
  if (order.kind == "dial") return "connect to port " + std::to_string(order.port);
  return order.kind;
}

// Passes whole frames on, of the kinds that come from there.
template <std::size_t N>
Status feed(ChannelPipe& pipe, http::Upload& upload, const std::array<Kind, N>& allowed) {
  channel::Cutter cutter;
  Status cut = Done{};
  bool open = true;
  std::string frames;
  const Status read = upload.read([&](std::string_view bytes) {
    frames.clear();
    bool wrong = false;
    cut = cutter.take(bytes, [&](Kind kind, std::string_view, std::string_view whole) {
      if (kind == Kind::beat) return;  // beats are each connection's own
      if (std::ranges::find(allowed, kind) == allowed.end()) wrong = true;
      frames += whole;
    });
    if (cut && wrong) cut = Error{Code::corrupt, "a frame of a channel that does not come from there"};
    if (!cut) return false;
    open = frames.empty() ? !pipe.ended() : pipe.put(frames);
    return open;
  });
  if (!cut) return Error{Code::invalid_argument, cut.error().message};
  return read;
}

// For as long as the client hears.
class Hearing {
 public:
  Hearing(Context& context, ChannelHub::Open open, Call call)
      : context_(context), open_(std::move(open)), call_(std::move(call)), session_(context.logs.open()) {}
  Hearing(const Hearing&) = delete;
  ~Hearing() {
    session_->close();
    context_.channels.end(open_->id);
  }

  void run(http::Writer& writer) {
    context_.logs.ask(session_, {.by_node = open_->by_node, .stack = {}, .service = {}, .node = open_->node},
                      {.stream = open_->id, .kind = "channel", .order = open_->order});
    context_.views.nudge("streams/" + open_->by_node);
    const Duration began = context_.clock.steady();
    Duration look = began + look_again, again = began + ask_again_after, quiet = began;
    while (true) {
      const std::string frames = open_->down.take(agent_ ? look_again : Duration(200));
      const Duration now = context_.clock.steady();
      if (!frames.empty()) {
        if (!writer.write(frames)) return;
        quiet = now;
      } else if (open_->down.ended()) {
        return;
      } else if (now - quiet >= beat_after) {
        if (!writer.write(channel::frame(Kind::beat))) return;
        quiet = now;
      } else if (!writer.write({})) {
        return;
      }
      agent_ = agent_ || open_->ends.with([](const ChannelHub::Channel::Ends& e) { return e.agent_speaks; });
      Status goes_on = agent_ ? Status(Done{}) : awaited(now - began);
      if (goes_on && now >= look) {
        goes_on = may_still();
        look = now + look_again;
      }
      if (!goes_on) {
        writer.write(channel::frame(Kind::failed, channel::failure_text(goes_on.error())));
        return;
      }
      if (!agent_ && now >= again) {  // the poll that took it may have been a dead one's
        context_.logs.ask_again(session_);
        context_.views.nudge("streams/" + open_->by_node);
        again += ask_again_after;
      }
    }
  }

 private:
  // An agent that knows no channels says so by the stream that it takes this for.
  Status awaited(Duration waited) {
    const std::string of = "node '" + open_->node + "'";
    for (const api::LogRecord& record : session_->next(Duration(0), true)) {
      if (record.error.find("too old") != std::string::npos)
        return Error{Code::unsupported, "the agent of " + of + " is too old for exec, attach, cp and port-forward",
                     "upgrade kontena on that node"};
      if (!record.error.empty()) return Error{Code::unavailable, of + ": " + record.error};
    }
    if (waited < agent_has_to_answer) return Done{};
    return Error{Code::unavailable, of + " does not answer", "kontena client node show " + open_->node};
  }

  Status may_still() {
    const View view = context_.views.now();
    KTN_OK(identify_again(*view, context_.clock.now(), call_));
    context_.uses.note(call_.who.id, call_.from, context_.clock.now());
    if (!call_.may(access::Verb::exec, open_->place))
      return Error{Code::permission_denied, "you may not exec here any more"};
    const auto* node = view->nodes.get(open_->by_node);
    if (!node || context_.liveness.state(node->id) == model::NodeState::lost)
      return Error{Code::unavailable, "node '" + open_->node + "' is lost", "kontena client node ls"};
    return Done{};
  }

  Context& context_;
  const ChannelHub::Open open_;
  Call call_;
  const std::shared_ptr<LogHub::Session> session_;
  bool agent_ = false;  // has taken it up
};

// Once each.
bool seize(ChannelHub::Channel& one, bool ChannelHub::Channel::Ends::*end) {
  return one.ends.change([&](ChannelHub::Channel::Ends& ends) { return !std::exchange(ends.*end, true); });
}

}  // namespace

// Offered here and begun by who hears it, so that nothing happens before its record in the audit is durable.
Result<Change> order_channel(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  KTN_TRY(const api::ChannelOrder order, body_of<api::ChannelOrder>(call));
  KTN_OK(check_order(order));
  const model::Instance* instance = nullptr;
  view.instances.each(scope_of(call) + '/', [&](const auto& item) {
    if (*item.value.id == order.instance) instance = &item.value;
  });
  // What they may not see is as absent as what is not there.
  if (!instance || !call.may(access::Verb::exec, place_of(*instance))) {
    if (instance && call.may(access::Verb::view, place_of(*instance)))
      return Error{Code::permission_denied, "you may not exec in stack '" + instance->stack + "'", "kontena client can-i exec " + place_of(*instance).text()};
    return absent("instance", order.instance.substr(0, 100), "kontena client ps");
  }
  const std::string name = instance->service + '-' + std::to_string(instance->slot);
  if (instance->node.empty())
    return Error{Code::failed_precondition, "instance '" + instance->stack + '/' + name + "' has no node yet", "kontena client ps " + instance->stack};
  const std::string by_node = instance->grid + '/' + *instance->node;
  const auto* node = view.nodes.get(by_node);
  if (!node) return Error{Code::unavailable, "the instance's node is not there any more"};
  if (context.liveness.state(node->id) == model::NodeState::lost)
    return Error{Code::unavailable, "node '" + node->name + "' is lost: its containers cannot be reached", "kontena client node ls"};

  // The request's own id: an order that is decided anew is the same order.
  const auto one = std::make_shared<ChannelHub::Channel>();
  one->id = "c" + call.request;
  one->user = call.who.name;
  one->scope = scope_of(call);
  one->place = place_of(*instance);
  one->by_node = by_node;
  one->node = node->name;
  one->order = codec::to_json(order);
  one->offered = context.clock.steady();
  KTN_OK(context.channels.offer(one));
  Change change{.commit = {}, .reply = json(api::ChannelOpened{one->id}), .resource = instance->grid + '/' + instance->project + '/' + instance->stack + '/' + name + ": " + said_of(order)};
  change.place = one->place;
  change.acts = true;
  return change;
}

Result<http::Response> hear_channel(Context& context, const View&, const Call& call, http::Upload*) {
  const ChannelHub::Open one = context.channels.of_user(call.at("channel"), call.who.name, scope_of(call));
  if (!one || !seize(*one, &ChannelHub::Channel::Ends::client_hears)) return no_channel(call);
  const auto hearing = std::make_shared<Hearing>(context, one, call);
  http::Response response{.content_type = "application/octet-stream"};
  response.stream = [hearing](http::Writer& writer) { hearing->run(writer); };
  return response;
}

Result<http::Response> speak_channel(Context& context, const View&, const Call& call, http::Upload* upload) {
  const ChannelHub::Open one = context.channels.of_user(call.at("channel"), call.who.name, scope_of(call));
  if (!upload) return Error{Code::internal, "the request has no body"};
  if (!one || !seize(*one, &ChannelHub::Channel::Ends::client_speaks)) return no_channel(call);
  constexpr std::array allowed{Kind::input, Kind::end, Kind::credit, Kind::signal, Kind::resize};
  const Status fed = feed(one->up, *upload, allowed);
  if (!fed && fed.error().code == Code::invalid_argument) {
    context.channels.end(one->id);
    return fed.error();
  }
  return http::Response{.body = "{}"};
}

// ---- the node's side

Result<http::Response> hear_agent_channel(Context& context, const View&, const Call& call, http::Upload*) {
  const ChannelHub::Open one = context.channels.of_node(call.at("channel"), key_of(call));
  if (!one || !seize(*one, &ChannelHub::Channel::Ends::agent_hears)) return no_channel(call);
  http::Response response{.content_type = "application/octet-stream"};
  response.stream = [one](http::Writer& writer) {
    while (true) {
      std::string frames = one->up.take(beat_after);
      if (frames.empty() && one->up.ended()) return;
      if (frames.empty()) frames = channel::frame(Kind::beat);
      if (!writer.write(frames)) return;
    }
  };
  return response;
}

Result<http::Response> speak_agent_channel(Context& context, const View&, const Call& call, http::Upload* upload) {
  if (!upload) return Error{Code::internal, "the request has no body"};
  const ChannelHub::Open one = context.channels.of_node(call.at("channel"), key_of(call));
  if (!one || !seize(*one, &ChannelHub::Channel::Ends::agent_speaks)) return no_channel(call);
  constexpr std::array allowed{Kind::output, Kind::error_output, Kind::end,  Kind::credit,
                               Kind::ready,  Kind::exit,         Kind::failed};
  const Status fed = feed(one->down, *upload, allowed);
  if (!fed)
    one->down.put(channel::frame(Kind::failed, channel::failure_text({Code::unavailable, "the connection to node '" + one->node + "' broke off", "the agent there was stopped, or cannot reach the server: kontena client node show " + one->node})));
  // The client's request takes what there is yet, and ends the rest.
  one->down.end();
  one->up.end();
  return http::Response{.body = "{}"};
}

}  // namespace kontena::server
