// What CarryOut's lanes do: one method a job.
#include <algorithm>

#include "carry_out.h"
#include "kontena/base/log.h"
#include "observe.h"
#include "status.h"

namespace kontena::agent {
namespace {

constexpr std::size_t longest_message = 500;

std::string text_of(const Error& error) {
  return one_line(error.hint.empty() ? error.message : error.message + " (" + error.hint + ')', longest_message);
}

}  // namespace

void CarryOut::done(const std::string& instance, const std::function<void(State&, Work&)>& note) {
  context_.state.change([&](State& s) {
    s.touch(instance);
    const auto work = s.work.find(instance);
    if (work == s.work.end()) return;  // forgotten meanwhile
    work->second.doing = Doing::nothing;
    work->second.progress.clear();
    note(s, work->second);
  });
}

void note_failed_try(const Context& context, State& state, const std::string& instance, Doing at,
                     const std::string& message, bool hopeless) {
  const auto found = state.work.find(instance);
  if (found == state.work.end()) return;
  Work& work = found->second;
  const std::int64_t now_ms = to_ms(context.clock.now());
  work.message = message;
  work.failed_at = at;
  work.hopeless = hopeless;
  work.history.jitter = static_cast<std::int64_t>(context.ids.number() % 1'000);
  work.history.retry_at_ms = now_ms + reconcile::retry_delay_ms(++work.history.tries, work.history.jitter);
  ++work.history.failures;
  const char* what = at == Doing::pull ? "its image cannot be had: " : "cannot be started: ";
  work.failure = model::Failure{.at_ms = now_ms, .message = what + message};
}

// The engine's absence is nobody's failure: it is tried again when the engine is back.
void CarryOut::engine_went(const std::string& instance, const Error& error) {
  engine_is_away(context_, error);
  done(instance, [](State&, Work&) {});
}

void CarryOut::failed(const std::string& instance, Doing at, const Error& error, bool hopeless) {
  if (error.code == Code::unavailable) return engine_went(instance, error);
  bool news = false;
  done(instance, [&](State& state, Work& work) {
    news = work.message != text_of(error);
    note_failed_try(context_, state, instance, at, text_of(error), hopeless);
  });
  if (news) log::warn("an instance cannot be started", {{"instance", instance}, {"reason", text_of(error)}});
}

// ---- create and start

Status CarryOut::make_places(const model::Assignment& wanted) {
  KTN_OK(networks_.ensure(wanted, owner_));
  for (const auto& [key, volume] : wanted.volumes)
    if (volume.seed.empty() || !content_) KTN_OK(context_.engine.ensure_volume(volume.name, volume, shared_labels(wanted, owner_, volume.labels)));
  return Done{};
}

Result<std::string> CarryOut::make(const model::Assignment& wanted) {
  KTN_OK(have_mounted_images(wanted));
  KTN_OK(make_places(wanted));
  engine::ContainerSpec spec = container_of(wanted, owner_);
  KTN_OK(share(wanted, spec));
  KTN_OK(give_content(wanted, spec));
  if (overlay_.prepare && !wanted.networks.empty()) {
    KTN_TRY(spec.resolv_conf, overlay_.prepare(wanted));
  }
  return context_.engine.create(spec);
}

void CarryOut::create(const model::Assignment& wanted) {
  const std::string& instance = *wanted.id;
  if (!has_content(wanted, Doing::create)) return;
  const auto made = make(wanted);
  if (!made) {
    if (made.error().code == Code::already_exists) {
      const Status known = look_who_has(wanted.container_name);
      // If it is one of ours, the next plan starts it, or waits for its removal.
      if (known) return done(instance, [](State&, Work&) {});
      return failed(instance, Doing::create, known.error(), known.error().code == Code::already_exists);
    }
    if (made.error().code == Code::not_found) {
      networks_.doubt(wanted);
      context_.state.with([&](State& s) {
        s.images.erase(wanted.spec.image);
        if (const auto work = s.work.find(instance); work != s.work.end()) work->second.pulled = false;
      });
    }
    return failed(instance, Doing::create, made.error(), made.error().code == Code::unsupported);
  }
  if (content_) content_->forget_variables(instance);
  const bool still_wanted = context_.state.with([&](State& s) {
    // Known even where the engine goes before it can be looked at: it must not be told to be gone.
    engine::Container fresh{.id = *made, .name = wanted.container_name, .labels = container_of(wanted, owner_).labels};
    fresh.created_ms = to_ms(context_.clock.now());
    s.seen.note(std::move(fresh), s.seen.ticket());
    if (const auto work = s.work.find(instance); work != s.work.end()) {
      work->second.pulled = false;  // a next container of it asks anew
      work->second.message.clear();
    }
    const auto now = s.kept->instances.find(instance);
    return !s.stopping && now != s.kept->instances.end() && now->second.desired == model::Desired::running;
  });
  if (still_wanted) return start(wanted, *made, false);
  const Status looked = look_at(context_, *made);
  looked ? done(instance, [](State&, Work&) {}) : engine_went(instance, looked.error());
}

// Notes ours that has the name; otherwise says whose it is.
Status CarryOut::look_who_has(const std::string& name) {
  KTN_TRY(const auto containers, context_.engine.list(context_.node));
  const auto holder = std::ranges::find(containers, name, &engine::Container::name);
  if (holder != containers.end()) return look_at(context_, holder->id);
  const auto foreign = context_.engine.inspect(name);
  const auto node =
      foreign ? foreign->labels.find(std::string(engine::node_label)) : model::StringMap::const_iterator();
  if (foreign && node != foreign->labels.end())
    return Error{Code::already_exists, "the name '" + name + "' is taken by a container of node " + node->second +
                                           ", which this machine was earlier: docker rm -f " + name};
  return Error{Code::already_exists,
               "the name '" + name + "' is taken by a container that is not kontena's: docker rm or rename it"};
}

void CarryOut::start(const model::Assignment& wanted, const std::string& container, bool again) {
  const std::string& instance = *wanted.id;
  if (!has_content(wanted, Doing::start)) return;
  const bool stable = context_.state.with([&](const State& s) {
    const auto* before = s.seen.with_id(container);
    return before && reconcile::was_stable(wanted.spec.restart, found_of(*before));
  });
  const Status started = context_.engine.start(container);
  // Before the look, so that one report tells both.
  if (started) {
    context_.state.with([&](State& s) {
      const auto work = s.work.find(instance);
      if (work == s.work.end()) return;
      auto& history = work->second.history;
      history.stopped = false;
      history.retry_at_ms = 0;
      if (wanted.spec.post_start.empty()) {  // else it has not started well yet
        work->second.message.clear();
        history.tries = 0;
      }
      history.jitter = static_cast<std::int64_t>(context_.ids.number() % 1'000);
      if (!again) return;
      ++history.restarts;
      history.attempts = stable ? 1 : history.attempts + 1;
    });
  }
  const Status looked = look_at(context_, container);
  if (!started) return failed(instance, Doing::start, started.error());
  if (!looked) return engine_went(instance, looked.error());
  done(instance, [](State&, Work&) {});
  log::info(again ? "instance started again" : "instance started",
            {{"instance", instance}, {"name", wanted.container_name}});
}

// ---- stop and remove

void CarryOut::stop(const model::Assignment& wanted, const std::string& container) {
  Status stopped = stop_container(wanted, container);
  if (stopped) stopped = look_at(context_, container);
  if (stopped) {
    context_.state.with([&](State& s) {
      if (const auto work = s.work.find(*wanted.id); work != s.work.end()) work->second.history.stopped = true;
    });
    log::info("instance stopped", {{"instance", *wanted.id}, {"name", wanted.container_name}});
  }
  cleaned(*wanted.id, stopped);
}

Status CarryOut::remove_container(const std::string& id) {
  if (before_removal_) before_removal_(id);
  return context_.engine.remove(id);
}

void CarryOut::remove(const model::Assignment& wanted, const std::string& container) {
  const Status removed = remove_container(container);
  if (removed) {
    if (content_) content_->forget(*wanted.id);
    context_.state.with([&](State& s) { s.seen.note_gone(container, s.seen.ticket()); });
    log::info("instance removed", {{"instance", *wanted.id}, {"name", wanted.container_name}});
  }
  cleaned(*wanted.id, removed);
  // Whoever waits for its name is planned anew by that.
}

// Its log goes with it, so that its end was noted when it became unfit.
void CarryOut::replace(const model::Assignment& wanted, const std::string& container, bool along) {
  Status gone = stop_container(wanted, container);
  if (gone) gone = remove_container(container);
  if (gone) {
    context_.state.with([&](State& s) {
      s.seen.note_gone(container, s.seen.ticket());
      const auto work = s.work.find(*wanted.id);
      if (work == s.work.end()) return;
      auto& history = work->second.history;
      history.condemned.clear();
      ++history.restarts;
      history.attempts += along ? 0 : 1;
      history.jitter = static_cast<std::int64_t>(context_.ids.number() % 1'000);
      work->second.unfit_since_ms = 0;
      work->second.pulled = true;  // it is to be what it was: a registry that is away now must not keep it from that
    });
    log::info(along ? "a container is made anew with the one it is beside" : "an unfit container is replaced", {{"instance", *wanted.id}, {"name", wanted.container_name}});
  }
  cleaned(*wanted.id, gone);
}

void CarryOut::cleaned(const std::string& instance, const Status& status) {
  if (!status && status.error().code == Code::unavailable) return engine_went(instance, status.error());
  const std::int64_t now_ms = to_ms(context_.clock.now());
  done(instance, [&](State&, Work& work) {
    work.message = status ? "" : text_of(status.error());
    work.cleanup_failures = status ? 0 : work.cleanup_failures + 1;
    work.history.cleanup_at_ms = status ? 0 : now_ms + reconcile::retry_delay_ms(work.cleanup_failures);
  });
  if (!status)
    log::warn("an instance cannot be stopped or removed",
              {{"instance", instance}, {"reason", text_of(status.error())}});
}

// ---- networks and volumes of removed stacks

namespace {

enum class Use { none, wanted, ending };

// What the instances, as they are wanted and as they are, have to do with it.
Use use_of(const State& state, auto&& mentions) {
  Use use = Use::none;
  for (const auto& [instance, assignment] : state.kept->instances) {
    if (!mentions(assignment)) continue;
    if (assignment.desired != model::Desired::removed) return Use::wanted;
    if (state.seen.of_instance(instance)) use = Use::ending;
  }
  return use;
}

bool has_named(const auto& map, const std::string& name) {
  return std::ranges::any_of(map, [&](const auto& entry) { return entry.second.name == name; });
}

void take_off_list(State& state, bool is_volume, const std::string& name) {
  auto kept = std::make_shared<Kept>(*state.kept);
  std::erase(is_volume ? kept->volumes_unused : kept->networks_unused, name);
  state.kept = std::move(kept);
  state.unsaved = true;
  state.replan = true;
}

}  // namespace

void CarryOut::remove_unused(const Wanted& kept) {
  const auto each = [&](bool is_volume, const std::string& name) {
    const std::string mark = (is_volume ? "volume " : "network ") + name;
    const bool now = context_.state.change([&](State& s) {
      const Use use = use_of(s, [&](const model::Assignment& assignment) {
        return is_volume ? has_named(assignment.volumes, name) : has_named(assignment.networks, name);
      });
      if (use == Use::wanted) take_off_list(s, is_volume, name);
      return use == Use::none && s.being_removed.insert(mark).second;
    });
    if (!now) return;
    stopping_.add([this, is_volume, name, mark] {
      if (!is_volume) networks_.forget(name);
      const Status removed = is_volume ? context_.engine.remove_volume(name, context_.node)
                                       : context_.engine.remove_network(name, context_.node);
      if (!removed)
        log::warn("what a stack has left cannot be removed", {{"what", mark}, {"reason", removed.error().message}});
      context_.state.change([&](State& s) {
        s.being_removed.erase(mark);
        if (removed) take_off_list(s, is_volume, name);
      });
    });
  };
  for (const std::string& name : kept->networks_unused) each(false, name);
  for (const std::string& name : kept->volumes_unused) each(true, name);
}

}  // namespace kontena::agent
