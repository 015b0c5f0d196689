#include "hooks.h"

#include <algorithm>

#include "carry_out.h"
#include "kontena/base/log.h"
#include "kontena/base/progress.h"
#include "kontena/base/text.h"
#include "observe.h"
#include "status.h"

namespace kontena::agent {
namespace {

constexpr std::size_t kept_lines = 20, longest_line = 1'000, longest_command = 80;
constexpr std::size_t most_bytes = kept_lines * longest_line;
constexpr Duration usual_grace{10'000};
constexpr Duration beat{1'000};

Duration grace_of(const model::Assignment& wanted) {
  const auto& ms = wanted.spec.stop_grace_period_ms;
  return ms ? Duration(*ms) : usual_grace;
}

HookFailure failure_of(std::string_view kind, std::size_t index, const model::Hook& hook, std::int64_t status,
                       const Tail& tail) {
  return {hook_name(kind, index, hook) + " exited with status " + std::to_string(status), status, tail.lines()};
}

bool is_of(const engine::Container& container, const std::string& instance) {
  const auto label = container.labels.find(std::string(hook_label));
  return label != container.labels.end() && label->second == instance;
}

}  // namespace

void Tail::add(std::string_view bytes) {
  text_ += bytes;
  if (text_.size() > 2 * most_bytes) text_.erase(0, text_.size() - most_bytes);
}

model::Strings Tail::lines() const {
  model::Strings all;
  for (const auto& line : text::split(text_, '\n')) all.push_back(one_line(line, longest_line));
  while (!all.empty() && all.back().empty()) all.pop_back();
  if (all.size() > kept_lines) all.erase(all.begin(), all.end() - kept_lines);
  return all;
}

std::string hook_name(std::string_view kind, std::size_t index, const model::Hook& hook) {
  return "its " + std::string(kind) + " hook " + std::to_string(index + 1) + " (" +
         one_line(text::join(hook.command, " "), longest_command) + ')';
}

Result<engine::ExecEnd> run_in(engine::Engine& engine, const std::string& container, const model::Hook& hook,
                               Tail& tail, const std::function<bool()>& go_on) {
  const engine::ExecSpec spec{.command = hook.command,
                              .environment = hook.environment,
                              .user = hook.user,
                              .working_dir = hook.working_dir,
                              .privileged = hook.privileged};
  return engine.exec(container, spec, [&](const engine::ExecOutput& piece) {
    Progress::noted();  // it may take hours
    tail.add(piece.bytes);
    return go_on();
  });
}

engine::ContainerSpec hook_container(const model::Assignment& wanted, std::size_t index, const Owner& owner) {
  const model::Hook& hook = wanted.spec.pre_start.at(index);
  engine::ContainerSpec spec = container_of(wanted, owner);
  spec.name += ".pre_start-" + std::to_string(index + 1);
  spec.labels = shared_labels(wanted, owner, wanted.spec.labels);
  spec.labels[std::string(hook_label)] = *wanted.id;
  model::ServiceSpec& service = spec.service;
  service.entrypoint = hook.command;
  service.command.reset();
  for (const auto& [name, value] : hook.environment) service.environment[name] = value;
  if (!hook.user.empty()) service.user = hook.user;
  if (!hook.working_dir.empty()) service.working_dir = hook.working_dir;
  if (!hook.image.empty()) service.image = hook.image;
  if (hook.privileged) {
    if (!service.options) service.options.emplace();
    service.options->privileged = true;
  }
  service.ports.clear();
  service.health_check = model::HealthCheck{.test = {"NONE"}};
  return spec;
}

// ---- how CarryOut runs them

// Wanted to run still, and nobody ends this process.
bool CarryOut::still_wanted(const std::string& instance) {
  return context_.state.with([&](const State& s) {
    const auto now = s.kept->instances.find(instance);
    return !s.stopping && now != s.kept->instances.end() && now->second.desired == model::Desired::running;
  });
}

void CarryOut::run_hooks(const model::Assignment& wanted, const std::string& container) {
  const std::string& instance = *wanted.id;
  const auto begun_ms = context_.state.with([&](const State& s) {
    const auto* known = s.seen.with_id(container);
    return known ? known->started_ms : 0;
  });
  for (std::size_t i = 0; i < wanted.spec.post_start.size(); ++i) {
    const model::Hook& hook = wanted.spec.post_start[i];
    Tail tail;
    const auto ended = run_in(context_.engine, container, hook, tail, [&] { return still_wanted(instance); });
    if (!ended && ended.error().code == Code::unavailable) return engine_went(instance, ended.error());
    if (ended && !*ended) return done(instance, [](State&, Work&) {});
    if (ended && **ended == 0) continue;
    // Where the container has ended, that is what happened; what is to become of it is for its policy.
    if (const Status looked = look_at(context_, container); !looked) return engine_went(instance, looked.error());
    const auto now = context_.state.with([&](const State& s) -> std::optional<engine::Container> {
      const auto* known = s.seen.with_id(container);
      return known ? std::optional(*known) : std::nullopt;
    });
    if (!now || !found_of(*now).running || now->started_ms != begun_ms) return done(instance, [](State&, Work&) {});
    if (!ended) return failed(instance, Doing::hook, ended.error());  // paused, as it were: tried again
    return hook_failed(wanted, container, failure_of("post_start", i, hook, **ended, tail));
  }
  done(instance, [&](State& state, Work& work) {
    state.remember_now = true;
    work.hooked_ms = begun_ms;
    work.message.clear();
    work.history.tries = 0;
    work.history.retry_at_ms = 0;
  });
  log::info("the post_start hooks have ended well", {{"instance", instance}, {"name", wanted.container_name}});
}

// Then the container has not started: it is stopped, and its policy says whether that is tried again.
void CarryOut::hook_failed(const model::Assignment& wanted, const std::string& container, const HookFailure& failure) {
  const std::string& instance = *wanted.id;
  log::warn("a hook failed", {{"instance", instance}, {"reason", failure.message}});
  context_.state.with([&](State& s) {  // its end is no failure of its own
    if (const auto work = s.work.find(instance); work != s.work.end()) work->second.doing = Doing::stop;
  });
  Status stopped = context_.engine.stop(container, grace_of(wanted));
  if (stopped) stopped = look_at(context_, container);
  if (!stopped && stopped.error().code == Code::unavailable) return engine_went(instance, stopped.error());
  done(instance, [&](State& state, Work& work) {
    const auto* now = state.seen.with_id(container);
    bool again = true;
    if (now && !found_of(*now).running) {
      work.ended_ms = now->finished_ms;
      again = reconcile::after_exit(wanted.spec.restart, found_of(*now), work.history).restart;
    }
    note_failed_try(context_, state, instance, Doing::start, failure.message, !again);
    work.failure->exit_code = failure.exit_code;
    work.failure->last_lines = failure.last_lines;
    if (work.ended_ms != 0) work.failure->at_ms = work.ended_ms;
  });
}

Status CarryOut::stop_container(const model::Assignment& wanted, const std::string& container) {
  const Duration grace = grace_of(wanted);
  const Duration end = context_.clock.steady() + grace;
  for (std::size_t i = 0; i < wanted.spec.pre_stop.size() && context_.clock.steady() < end; ++i) {
    const model::Hook& hook = wanted.spec.pre_stop[i];
    Tail tail;
    const auto ended = run_in(context_.engine, container, hook, tail, [&] { return context_.clock.steady() < end; });
    if (!ended && ended.error().code == Code::unavailable) return ended.error();
    if (!ended && ended.error().code == Code::not_found) break;
    if (!ended && ended.error().code == Code::conflict) break;  // it does not run: it has ended by itself
    if (ended && *ended && **ended == 0) continue;
    const std::string name = hook_name("pre_stop", i, hook);
    log::warn("a hook failed; the container is stopped all the same",
              {{"instance", *wanted.id},
               {"reason", !ended    ? name + ": " + ended.error().message
                          : !*ended ? name + " has not ended within the grace period"
                                    : failure_of("pre_stop", i, hook, **ended, tail).message},
               {"said", text::join(tail.lines(), " | ")}});
    if (ended && !*ended) break;
  }
  return context_.engine.stop(container, grace);
}

// ---- pre_start

// What one of this name did before: a hook is not run twice for an agent that was away meanwhile.
Result<std::string> CarryOut::hook_container_of(const model::Assignment& wanted, std::size_t index) {
  engine::ContainerSpec spec = hook_container(wanted, index, owner_);
  KTN_OK(share(wanted, spec));
  const auto there = context_.engine.inspect(spec.name);
  if (!there && there.error().code != Code::not_found) return there.error();
  if (there && !is_of(*there, *wanted.id))
    return Error{Code::already_exists, "the name '" + spec.name + "' is taken by another container"};
  if (there && (found_of(*there).running || (there->started_ms != 0 && there->exit_code == 0))) return there->id;
  if (there) KTN_OK(remove_container(there->id));

  const std::string& image = spec.service.image;
  KTN_TRY(const bool has, context_.engine.has_image(image));
  if (!has && wanted.spec.pull_policy == model::PullPolicy::never)
    return Error{Code::not_found, "image '" + image + "' is not on this node and pull_policy is never"};
  if (!has) KTN_OK(pull_as_user(image, {*wanted.id}, [](const engine::PullProgress&) { Progress::noted(); }));
  KTN_OK(make_places(wanted));
  if (overlay_.prepare && !wanted.networks.empty()) {
    KTN_TRY(spec.resolv_conf, overlay_.prepare(wanted));
  }
  KTN_OK(give_content(wanted, spec));
  KTN_TRY(const std::string id, context_.engine.create(spec));
  KTN_OK(context_.engine.start(id));
  return id;
}

// None: it is not to go on.
Result<std::optional<HookFailure>> CarryOut::prepare_one(const model::Assignment& wanted, std::size_t index,
                                                         bool& go_on) {
  KTN_TRY(const std::string id, hook_container_of(wanted, index));
  Tail tail;
  const Status read = context_.engine.logs(id, {.follow = true, .beat = beat}, [&](const engine::LogLine& line) {
    Progress::noted();
    if (!line.time.empty()) tail.add(line.text + '\n');
    return go_on = still_wanted(*wanted.id);
  });
  if (!go_on) return std::optional<HookFailure>();
  KTN_OK(read);
  KTN_TRY(const auto ended, context_.engine.inspect(id));
  if (found_of(ended).running) return Error{Code::failed_precondition, "its log ended before it did"};
  if (ended.exit_code == 0 && ended.error.empty()) return std::optional<HookFailure>();
  auto failure = failure_of("pre_start", index, wanted.spec.pre_start[index], ended.exit_code, tail);
  KTN_OK(remove_container(id));
  return std::optional(std::move(failure));
}

void CarryOut::prepare(const model::Assignment& wanted) {
  const std::string& instance = *wanted.id;
  if (!has_content(wanted, Doing::prepare)) return;
  bool go_on = true;
  for (std::size_t i = 0; i < wanted.spec.pre_start.size(); ++i) {
    const auto ran = prepare_one(wanted, i, go_on);
    if (!ran)
      return failed(instance, Doing::prepare,
                    Error(ran.error()).in(hook_name("pre_start", i, wanted.spec.pre_start[i])));
    if (!go_on) return done(instance, [](State&, Work&) {});
    if (!*ran) continue;
    log::warn("a hook failed", {{"instance", instance}, {"reason", (*ran)->message}});
    return done(instance, [&](State& state, Work& work) {
      note_failed_try(context_, state, instance, Doing::prepare, (*ran)->message, true);
      work.failure->exit_code = (*ran)->exit_code;
      work.failure->last_lines = (*ran)->last_lines;
    });
  }
  done(instance, [](State& state, Work& work) {
    state.remember_now = true;
    work.prepared = true;
    work.message.clear();
    work.history.tries = 0;
    work.history.retry_at_ms = 0;
  });
  log::info("the pre_start hooks have ended well", {{"instance", instance}, {"name", wanted.container_name}});
}

void CarryOut::remove_hook_containers(const Wanted& kept) {
  const auto ids = context_.state.with([&](State& s) {
    std::vector<std::string> found;
    for (const engine::Container* container : s.seen.all()) {
      const auto label = container->labels.find(std::string(hook_label));
      if (label == container->labels.end()) continue;
      const auto wanted = kept->instances.find(label->second);
      const auto work = s.work.find(label->second);
      const bool doing = work != s.work.end() && work->second.doing == Doing::prepare;
      const bool waits = wanted != kept->instances.end() && wanted->second.desired == model::Desired::running &&
                         !(work != s.work.end() && work->second.prepared);
      if (!doing && !waits && s.being_removed.insert(container->id).second) found.push_back(container->id);
    }
    return found;
  });
  for (const std::string& id : ids)
    stopping_.add([this, id] {
      const Status removed = remove_container(id);
      context_.state.change([&](State& s) {
        s.being_removed.erase(id);
        if (removed) s.seen.note_gone(id, s.seen.ticket());
      });
    });
}

}  // namespace kontena::agent
