#include "observe.h"

#include <algorithm>

#include "exits.h"
#include "failures.h"
#include "kontena/base/log.h"
#include "status.h"

namespace kontena::agent {
namespace {

constexpr Duration list_period{30'000};
constexpr std::int64_t kept_lines = 20;
constexpr std::size_t longest_line = 1'000;

bool answers(const Error& error) { return error.code != Code::unavailable; }

model::Strings last_lines(engine::Engine& engine, const std::string& id) {
  model::Strings lines;
  const auto read = engine.logs(id, {.follow = false, .tail = kept_lines}, [&](const engine::LogLine& line) {
    lines.push_back(one_line(line.text, longest_line));
    return lines.size() < kept_lines;
  });
  if (!read)
    log::debug("the log of a failed container cannot be read", {{"container", id}, {"reason", read.error().message}});
  return lines;
}

}  // namespace

void engine_is_away(const Context& context, const Error& error) {
  const bool news = context.state.change([](State& s) { return !std::exchange(s.engine_away, true); });
  if (news) log::warn("the engine does not answer", {{"reason", error.message}});
}

Status look_at(const Context& context, const std::string& id) {
  Progress::noted();  // many may be looked at in one step
  const auto ticket = context.state.with([](State& s) { return s.seen.ticket(); });
  auto found = context.engine.inspect(id);
  if (!found && found.error().code == Code::not_found) {
    context.state.change([&](State& s) {
      if (const auto* known = s.seen.with_id(id)) s.touch(instance_of(*known));
      s.seen.note_gone(id, ticket);
    });
    return Done{};
  }
  if (!found) {
    if (answers(found.error())) {
      log::warn("a container cannot be inspected", {{"container", id}, {"reason", found.error().message}});
      return Done{};  // the next list tries again
    }
    return std::move(found).error();
  }
  const auto node = found->labels.find(std::string(engine::node_label));
  if (node == found->labels.end() || node->second != context.node) return Done{};

  // What is asked about its instance's work, where it is one that is assigned to us and the newest of it.
  const auto work_on = [&](State& s, auto&& use) {
    const auto wanted = s.kept->instances.find(instance_of(*found));
    if (wanted == s.kept->instances.end()) return;
    const auto* known = s.seen.of_instance(wanted->first);
    if (known && known->id != id && known->created_ms > found->created_ms) return;
    use(wanted->second, s.work[wanted->first]);
  };
  bool with_lines = false;
  context.state.with([&](State& s) {
    work_on(s, [&](const auto& wanted, Work& work) { with_lines = shows_failure(wanted, *found, work); });
  });
  model::Strings lines;
  if (with_lines) lines = last_lines(context.engine, id);
  const std::int64_t now_ms = to_ms(context.clock.now());
  context.state.change([&](State& s) {
    const std::string instance = instance_of(*found);
    work_on(s, [&](const model::Assignment& wanted, Work& work) {
      if (with_lines && shows_failure(wanted, *found, work))
        note_failure(wanted, *found, std::move(lines), now_ms, work);
      note_fitness(wanted, *found, now_ms, work);
    });
    s.seen.note(std::move(*found), ticket);
    s.touch(instance);
  });
  return Done{};
}

Status Observe::list(bool inspect_all) {
  const auto ticket = context_.state.with([](State& s) { return s.seen.ticket(); });
  KTN_TRY(const auto containers, context_.engine.list(context_.node));
  const auto to_inspect = context_.state.change([&](State& s) {
    const auto before = s.seen.instances();
    auto ids = s.seen.note_list(containers, ticket);
    if (inspect_all) {
      ids.clear();
      for (const auto& container : containers) ids.push_back(container.id);
    }
    for (const std::string& instance : before)
      if (!s.seen.of_instance(instance)) s.touch(instance);
    return ids;
  });
  for (const std::string& id : to_inspect) KTN_OK(look_at(context_, id));
  listed_at_ = context_.clock.steady();
  return Done{};
}

Status Observe::find_engine() {
  KTN_TRY(engine::EngineFacts facts, context_.engine.facts());
  KTN_OK(list(true));  // what ended and began anew meanwhile looks the same in a list
  bool tell_frail = false;
  const bool frail = !facts.live_restore;
  const bool back = context_.state.change([&](State& s) {
    // At the start, and when it was on before.
    tell_frail = frail && (!s.engine || s.engine->live_restore);
    s.engine = std::move(facts);
    s.report_facts = true;
    const bool first = !std::exchange(s.listed, true);
    const bool was_away = std::exchange(s.engine_away, false);
    s.touch_all();
    return was_away && !first;
  });
  if (back) log::info("the engine answers again");
  if (tell_frail)
    log::warn("a restart of Docker stops all containers",
              {{"hint",
                "let them live on: \"live-restore\": true in /etc/docker/daemon.json, then systemctl reload docker"}});
  return Done{};
}

void Observe::look() {
  const bool away = context_.state.with([](const State& s) { return s.engine_away; });
  if (away) {
    const auto found = find_engine();
    if (found) {
      failures_ = 0;
      return;
    }
    if (found.error().code == Code::unsupported) {
      log::error("the engine cannot be used", {{"reason", found.error().message}});
      context_.state.change([](State& s) { s.exit = exit_misconfigured; });
    }
    const Duration delay = std::min(Duration(200) * (1 << std::min(failures_++, 5)), Duration(5'000));
    context_.state.wait(delay, [](const State& s) { return s.stopping; });
    return;
  }
  const Duration left = std::max(Duration(1), listed_at_ + list_period - context_.clock.steady());
  struct Todo {
    bool list = false;
    std::set<std::string> look_at;
    bool stopping = false;
  };
  const auto something = [](const State& s) {
    return s.list_again || !s.look_at.empty() || s.engine_away || s.stopping;
  };
  Todo todo = context_.state.wait_then(left, something, [&](State& s) {
    return Todo{std::exchange(s.list_again, false), std::exchange(s.look_at, {}), s.stopping || s.engine_away};
  });
  if (todo.stopping) return;
  Status looked = Done{};
  for (auto id = todo.look_at.begin(); looked && id != todo.look_at.end(); ++id) looked = look_at(context_, *id);
  const bool due = context_.clock.steady() >= listed_at_ + list_period;
  if (looked && (todo.list || due)) {
    looked = list(false);
    if (due) context_.state.change([](State& s) { s.replan = true; });  // what was given up for now is tried again
  }
  if (looked) return;
  if (!answers(looked.error())) return engine_is_away(context_, looked.error());
  log::warn("the containers cannot be listed", {{"reason", looked.error().message}});
  listed_at_ = context_.clock.steady();
}

void Observe::watch() {
  const auto ready = [](const State& s) { return (s.listed && !s.engine_away) || s.stopping; };
  if (!context_.state.wait(Duration(3'600'000), ready)) return;
  const Duration begun = context_.clock.steady();
  bool first = true;
  const Status watched = context_.engine.watch(context_.node, [&](const engine::Event& event) {
    Progress::noted();
    return context_.state.change([&](State& s) {
      // What happened between the list and the start of the events is seen by one more list.
      if (std::exchange(first, false)) s.list_again = true;
      if (event.happened != engine::Happened::other && !event.container.empty()) s.look_at.insert(event.container);
      return !s.stopping;
    });
  });
  const bool stopping = context_.state.with([](const State& s) { return s.stopping; });
  if (stopping) return;
  engine_is_away(context_, watched ? Error{Code::unavailable, "its events ended"} : watched.error());
  short_watches_ = context_.clock.steady() - begun < Duration(2'000) ? short_watches_ + 1 : 0;
  if (short_watches_ < 2) return;
  const Duration delay = std::min(Duration(500) * (1 << std::min(short_watches_, 5)), Duration(15'000));
  context_.state.wait(delay, [](const State& s) { return s.stopping; });
}

}  // namespace kontena::agent
