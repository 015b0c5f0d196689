#include "channels.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>

#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::agent {
namespace {

using channel::Kind;

constexpr Duration longest_quiet{20'000};  // the server sends a beat every 2 s
constexpr Duration look_again{1'000};

int signal_named(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, int>, 6> all{
      {{"HUP", SIGHUP}, {"INT", SIGINT}, {"KILL", SIGKILL}, {"QUIT", SIGQUIT}, {"TERM", SIGTERM}, {"USR1", SIGUSR1}}};
  const auto found = std::ranges::find(all, name, &std::pair<std::string_view, int>::first);
  return found == all.end() ? 0 : found->second;
}

}  // namespace

void Channels::run(const api::StreamWanted& wanted) {
  Synced<std::string> exec;
  Synced<std::pair<api::ChannelOrder, std::string>> of;  // what it is about, and in which container
  if (auto order = codec::from_json<api::ChannelOrder>(wanted.order)) {
    auto container = container_of(order->instance);
    of.with([&](auto& o) { o = {*std::move(order), container ? *container : ""}; });
  }
  channel::End end([&](const channel::Frame& frame) {
    const auto [order, container] = of.with([](const auto& o) { return o; });
    control(frame, order, container, exec.with([](const std::string& id) { return id; }));
  });
  const std::string path = api::path(api::paths::agent_channel, {wanted.stream});
  http::Client& server = uplink_.server();
  std::jthread hears([&] {
    const auto answer = server.stream({.path = path}, longest_quiet, [&](std::string_view bytes) { return end.take(bytes); });
    const bool ended = answer && answer->status < 300;
    end.broke({Code::unavailable, ended ? "the other end has gone" : answer ? api::error_of(*answer).message : answer.error().message});
  });
  const bool free = running_.change([](std::size_t& count) { return count < most_channels && ++count > 0; });
  std::jthread acts([&] {
    if (free)
      act(wanted.order, end, exec);
    else
      end.fail({Code::exhausted, "this node has " + std::to_string(most_channels) + " ways into containers open", "try again when some have ended"});
    end.close();
  });
  const http::Request request{.method = http::Method::post, .path = path, .headers = {{"content-type", "application/octet-stream"}}};
  const auto response = server.upload(request, longest_quiet, [&]() -> std::string {
    if (context_.state.with([](const State& s) { return s.stopping; })) end.broke({Code::unavailable, "the agent is being stopped"});
    return end.next();
  });
  end.broke({Code::unavailable, "the connection to the server has ended"});
  if (!response) log::debug("a channel broke off", {{"channel", wanted.stream}, {"reason", response.error().message}});
  acts.join();
  if (free) running_.change([](std::size_t& count) { --count; });
}

Result<std::string> Channels::container_of(const std::string& instance) const {
  return context_.state.with([&](const State& s) -> Result<std::string> {
    if (!s.kept->instances.contains(instance)) return Error{Code::not_found, "the instance is not on this node"};
    const auto* container = s.seen.of_instance(instance);
    if (!container) return Error{Code::failed_precondition, "the instance has no container yet"};
    return container->id;
  });
}

void Channels::act(const std::string& text, channel::End& end, Synced<std::string>& exec) {
  auto order = codec::from_json<api::ChannelOrder>(text);
  if (!order) return end.fail(std::move(order).error().in("this agent does not understand what is wanted"));
  auto container = container_of(order->instance);
  if (!container) return end.fail(container.error());
  Work work{*std::move(order), *std::move(container), end, exec};
  if (const Status done = serve(work); !done) end.fail(done.error());
}

Status Channels::serve(Work& work) {
  const std::string& kind = work.order.kind;
  if (kind == "exec") return exec(work);
  if (kind == "attach") return attach(work);
  if (kind == "get") return get(work);
  if (kind == "put") return put(work);
  if (kind == "dial") return dial(work);
  return Error{Code::unsupported, "this agent is too old for '" + kind + "'", "upgrade kontena on this node"};
}

// A connection is over when both ways are; all else when its output has ended.
bool Channels::carry(Work& work, engine::Conduit& stream) {
  channel::End& end = work.end;
  const bool both = work.order.kind == "dial";
  Synced<bool> done{false};
  std::jthread feeder([&] {
    for (bool fed = false; !end.over() && !(both ? fed : done.with([](bool is) { return is; }));) {
      const auto frame = end.receive(look_again);
      if (!frame) continue;
      // What reads no more has its input thrown away: its output counts.
      if (frame->kind == Kind::input && !stream.write(frame->bytes)) fed = both;
      if (frame->kind != Kind::end) continue;
      // Of an attached container the engine would take it for a leave, and end the output too: its input is open to others.
      if (work.order.kind != "attach") stream.end_input();
      fed = true;
    }
    if (end.over()) stream.cut();
  });
  bool there = true;
  while (there) {
    const auto piece = stream.read(look_again);
    if (!piece) break;
    there = end.send(Kind::output, piece->output) && end.send(Kind::error_output, piece->error_output) && !end.over();
    if (piece->ended) break;
  }
  if (both && there)
    end.finish();
  else
    stream.cut();
  done.with([](bool& is) { is = true; });
  if (!both) end.hear_no_more();
  feeder.join();
  return there && !end.over();
}

Status Channels::exec(Work& work) {
  const api::ChannelOrder& order = work.order;
  const engine::ExecSpec spec{.command = order.command, .environment = order.environment, .user = order.user, .working_dir = order.working_dir, .terminal = order.terminal};
  KTN_TRY(auto begun, inside_.exec(work.container, spec, order.input));
  work.exec.with([&](std::string& id) { id = begun.id; });
  if (order.terminal && order.rows > 0) control({Kind::resize, channel::size_text(order.rows, order.columns)}, order, work.container, begun.id);
  work.end.say(Kind::ready);
  if (!order.input) begun.stream->end_input();
  const bool there = carry(work, *begun.stream);
  // Its output ends a moment before the engine has noted the end; one that shuts its output goes on.
  Synced<bool> never;
  for (Duration pause{2}; there; pause = std::min(pause * 2, look_again)) {
    KTN_TRY(const auto state, inside_.exec_state(begun.id));
    if (!state.running) {
      work.end.say(Kind::exit, channel::number_text(static_cast<std::uint32_t>(state.exit_code)));
      return Done{};
    }
    never.wait(pause, [](bool is) { return is; });
    if (work.end.over()) break;
  }
  // Who ran it has gone: it is told so, as by a terminal that is closed.
  if (const auto state = inside_.exec_state(begun.id); state && state->running && state->pid > 0)
    if (const Status told = signal_inside(state->pid, work.container, order.terminal ? SIGHUP : SIGTERM); !told)
      log::info("a command that nobody waits for goes on", {{"instance", order.instance}, {"reason", told.error().message}});
  return Done{};
}

Status Channels::attach(Work& work) {
  KTN_TRY(const auto stream, inside_.attach(work.container, work.order.input));
  if (work.order.rows > 0) control({Kind::resize, channel::size_text(work.order.rows, work.order.columns)}, work.order, work.container, "");
  work.end.say(Kind::ready);
  if (!carry(work, *stream)) return Done{};
  KTN_TRY(const engine::Container is, context_.engine.inspect(work.container));
  // The stream ends a moment before the engine has noted the end.
  engine::Container now = is;
  Synced<bool> never;
  for (int tries = 0; tries < 10 && now.state == engine::ContainerState::running; ++tries) {
    never.wait(Duration(100), [](bool is) { return is; });
    KTN_TRY(now, context_.engine.inspect(work.container));
  }
  work.end.say(Kind::exit, channel::number_text(static_cast<std::uint32_t>(now.exit_code)));
  return Done{};
}

// On the thread that hears: a word to the engine, and no more.
void Channels::control(const channel::Frame& frame, const api::ChannelOrder& order, const std::string& container, const std::string& exec) {
  if (container.empty()) return;
  if (frame.kind == Kind::resize) {
    const std::uint32_t size = channel::number_in(frame.bytes);
    const int rows = static_cast<int>(size >> 16), columns = static_cast<int>(size & 0xffff);
    if (order.kind == "attach") {
      [[maybe_unused]] const Status done = inside_.resize(container, rows, columns);
      return;
    }
    // A process that is being started has no terminal yet.
    Synced<bool> never;
    for (int tries = 0; !exec.empty() && tries < 5 && !inside_.resize_exec(exec, rows, columns); ++tries)
      never.wait(Duration(20), [](bool is) { return is; });
    return;
  }
  const int number = frame.kind == Kind::signal ? signal_named(frame.bytes) : 0;
  if (number == 0 || order.kind != "exec" || exec.empty()) return;
  const auto state = inside_.exec_state(exec);
  if (!state || !state->running || state->pid <= 0) return;
  if (const Status sent = signal_inside(state->pid, container, number); !sent)
    log::info("a signal did not reach its command", {{"instance", order.instance}, {"reason", sent.error().message}});
}

}  // namespace kontena::agent
