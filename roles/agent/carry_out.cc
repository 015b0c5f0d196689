#include "carry_out.h"

#include <algorithm>

#include "beside.h"
#include "kontena/base/log.h"
#include "observe.h"
#include "status.h"

namespace kontena::agent {
namespace {

constexpr std::size_t most_pulls = 2;
constexpr std::size_t most_stops = 8;
constexpr std::size_t most_hooks = 32;

template <class... F>
struct Cases : F... {
  using F::operator()...;
};

reconcile::Observed observed(const State& state) {
  reconcile::Observed seen{.images = state.images};
  for (const auto& [instance, assignment] : state.kept->instances) {
    const auto* container = state.seen.of_instance(instance);
    if (!container) continue;
    seen.containers[instance] = found_of(*container);
    seen.containers[instance].stale = is_stale(state, assignment, *container);
    // Somebody removes it: when it is gone, another is made.
    if (container->state == engine::ContainerState::removing) seen.in_flight.insert(instance);
  }
  for (const auto& [instance, work] : state.work) {
    seen.history[instance] = work.history;
    if (const auto found = seen.containers.find(instance); found != seen.containers.end()) {
      found->second.unfit_since_ms = work.unfit_since_ms;
      found->second.hooked = is_hooked(state.kept->instances.at(instance), work, found->second.started_ms);
    }
    if (work.doing != Doing::nothing) seen.in_flight.insert(instance);
  }
  return seen;
}

// Why this instance's container cannot be made yet, by its name: either it is to
// wait (true), or somebody must do something (false).
struct Holder {
  bool waits = false;
  std::string why;
};
std::optional<Holder> holder_of_name(const State& state, const Kept& kept, const model::Assignment& wanted) {
  const engine::Container* holder = state.seen.named(wanted.container_name);
  if (!holder || instance_of(*holder) == *wanted.id) return std::nullopt;
  const auto other = kept.instances.find(instance_of(*holder));
  if (other != kept.instances.end() && other->second.desired == model::Desired::removed)
    return Holder{true, "waits until the container '" + holder->name + "' of an earlier instance is removed"};
  return Holder{false, "the name '" + holder->name + "' is taken by a container of an instance that " +
                           (other == kept.instances.end() ? "the server does not know: docker rm -f " + holder->name
                                                          : "is wanted too")};
}

// An image that is never pulled may be put there by somebody, so it is looked for
// now and then: pull() tells the policies apart.
void look_for_blocked(const Kept& kept, const reconcile::Observed& observed, std::int64_t now_ms,
                      reconcile::Plan& plan) {
  for (const auto& [instance, why] : plan.blocked) {
    const auto history = observed.history.find(instance);
    const std::int64_t due_ms = history == observed.history.end() ? 0 : history->second.retry_at_ms;
    if (due_ms <= now_ms)
      plan.actions.push_back(reconcile::Pull{instance, kept.instances.at(instance).spec.image});
    else
      plan.wake_ms = plan.wake_ms == 0 ? due_ms : std::min(plan.wake_ms, due_ms);
  }
}

}  // namespace

CarryOut::CarryOut(Context context, Keep keep, std::size_t cores, Remember remember, Overlay overlay)
    : context_(std::move(context)),
      keep_(std::move(keep)),
      remember_(std::move(remember)),
      owner_{context_.node, context_.grid},
      overlay_(std::move(overlay)),
      networks_(context_.engine, overlay_),
      pulling_("pull", most_pulls),
      starting_("start", std::max<std::size_t>(2, 2 * cores)),
      hooks_("hook", most_hooks),
      stopping_("stop", most_stops) {}

void CarryOut::close() {
  pulling_.close();
  starting_.close();
  hooks_.close();
  stopping_.close();
}

bool CarryOut::wait_idle(Duration limit) {
  const Duration end = context_.clock.steady() + limit;
  for (Lane* lane : {&pulling_, &starting_, &hooks_, &stopping_})
    if (!lane->wait_idle(std::max(Duration(0), end - context_.clock.steady()))) return false;
  return true;
}

bool CarryOut::save() {
  const auto [kept, unsaved] = context_.state.with([](const State& s) { return std::pair(s.kept, s.unsaved); });
  if (!unsaved) return true;
  const Status saved = keep_(*kept);
  if (!saved) {
    // A full disk must not keep containers from being started and stopped.
    if (!std::exchange(unkept_, true))
      log::error("the assignments cannot be kept: after a reboot older ones would be run",
                 {{"reason", saved.error().message}});
    return false;
  }
  if (std::exchange(unkept_, false)) log::info("the assignments are kept again");
  context_.state.with([&](State& s) {
    if (s.kept == kept) s.unsaved = false;
  });
  return true;
}

std::int64_t CarryOut::round() {
  const bool saved = save();
  struct View {
    Wanted kept;
    reconcile::Observed observed;
  };
  const auto view = context_.state.with([&](State& s) -> std::optional<View> {
    // What came while that was written is kept first, by the next round.
    s.replan = saved && s.unsaved;
    if (s.replan || !s.listed || s.engine_away || s.stopping) return std::nullopt;
    return View{s.kept, observed(s)};
  });
  if (!view) return 0;

  const Time now = context_.clock.now();
  reconcile::Plan plan = reconcile::actions(view->kept->instances, view->observed, now);
  look_for_blocked(*view->kept, view->observed, to_ms(now), plan);
  std::vector<Job> jobs;
  bool remember_now = false;  // a container was condemned, or hooks have ended well
  context_.state.change([&](State& s) {
    remember_now = std::exchange(s.remember_now, false);
    // What has changed since the view was taken is planned in the next round.
    if (s.kept != view->kept) return;
    for (const std::string& instance : plan.stable) {
      auto& history = s.work[instance].history;
      history.attempts = history.failures = history.tries = 0;
      s.report.insert(instance);
    }
    for (const reconcile::Action& action : plan.actions) {
      Job job = job_of(action, s, *view->kept);
      if (!begin(s, *view->kept, job)) continue;
      remember_now = remember_now || job.doing == Doing::replace;
      jobs.push_back(std::move(job));
    }
  });
  const std::int64_t remember_again = remember(remember_now);
  for (const Job& job : jobs) hand_out(view->kept, job);
  remove_unused(view->kept);
  remove_hook_containers(view->kept);
  tidy_content(view->kept);
  const std::int64_t save_again = saved ? 0 : to_ms(now) + 5'000;
  std::int64_t wake_ms = 0;
  for (const std::int64_t one : {plan.wake_ms, save_again, remember_again})
    if (one != 0) wake_ms = wake_ms == 0 ? one : std::min(wake_ms, one);
  return wake_ms;
}

std::int64_t CarryOut::remember(bool at_once) {
  if (!remember_) return 0;
  constexpr Duration period{1'000};
  Memory memory = context_.state.with([](const State& s) { return memory_of(s); });
  if (memory == remembered_) return 0;
  const Duration since = context_.clock.steady() - remembered_at_;
  const bool was_tried = remembered_at_ != Duration(0);
  if (was_tried && since < period && !at_once) return to_ms(context_.clock.now()) + (period - since).count();
  remembered_at_ = context_.clock.steady();
  if (const Status saved = remember_(memory); !saved) {
    if (!std::exchange(forgetful_, true))
      log::warn("what is remembered of restarts cannot be kept", {{"reason", saved.error().message}});
    return to_ms(context_.clock.now()) + 5'000;
  }
  forgetful_ = false;
  remembered_ = std::move(memory);
  return 0;
}

CarryOut::Job CarryOut::job_of(const reconcile::Action& action, const State& state, const Kept& kept) const {
  using namespace reconcile;
  const auto pulled = [&](const std::string& instance) {
    const auto work = state.work.find(instance);
    return work != state.work.end() && work->second.pulled;
  };
  const auto creation = [&](const std::string& instance) {
    const auto work = state.work.find(instance);
    const bool prepared = work != state.work.end() && work->second.prepared;
    return prepared || kept.instances.at(instance).spec.pre_start.empty() ? Doing::create : Doing::prepare;
  };
  return std::visit(
      Cases{// `images` knows of no instance: where one asks for a pull of its own, what counts is whether it had one.
            [&](const Pull& a) {
              return Job{pulled(a.instance) ? creation(a.instance) : Doing::pull, a.instance};
            },
            [&](const Create& a) {
              const auto policy = pull_policy_of(state, kept.instances.at(a.instance), to_ms(context_.clock.now()));
              const bool always = policy == model::PullPolicy::always;
              return Job{always && !pulled(a.instance) ? Doing::pull : creation(a.instance), a.instance};
            },
            [](const Start& a) {
              return Job{Doing::start, a.instance, a.container, a.again};
            },
            [](const RunHooks& a) {
              return Job{Doing::hook, a.instance, a.container};
            },
            [](const Stop& a) {
              return Job{Doing::stop, a.instance, a.container};
            },
            [](const Remove& a) {
              return Job{Doing::remove, a.instance, a.container};
            },
            [](const Replace& a) {
              return Job{Doing::replace, a.instance, a.container, a.along};
            }},
      action);
}

// Marks the instance as worked on; false where the job must not be begun now.
bool CarryOut::begin(State& state, const Kept& kept, const Job& job) {
  Work& work = state.work[job.instance];
  work.waits.clear();
  if (job.doing == Doing::create || job.doing == Doing::prepare) {
    const model::Assignment& wanted = kept.instances.at(job.instance);
    if (const auto holder = holder_of_name(state, kept, wanted)) {
      state.report.insert(job.instance);
      if (holder->waits) {
        work.waits = holder->why;
        work.message.clear();
        return false;
      }
      note_failed_try(context_, state, job.instance, Doing::create, holder->why, true);
      state.replan = true;  // for the time to wake at
      return false;
    }
  }
  const bool ends = job.doing == Doing::stop || job.doing == Doing::remove || job.doing == Doing::replace;
  if (!ends && job.doing != Doing::pull) {
    work.waits = beside(state, kept.instances.at(job.instance)).waits;
    if (!work.waits.empty()) {
      work.message.clear();
      state.report.insert(job.instance);
      return false;
    }
  }
  if (job.doing == Doing::replace) work.history.condemned = job.container;
  work.doing = job.doing;
  state.report.insert(job.instance);
  return true;
}

void CarryOut::hand_out(const Wanted& kept, const Job& job) {
  const model::Assignment& wanted = kept->instances.at(job.instance);
  switch (job.doing) {
    case Doing::nothing:
      return;
    case Doing::pull: {
      // Of each project by its own user at the registry, if it has one.
      const std::string key = wanted.project + ' ' + wanted.spec.image;
      const bool first = pulls_.with([&](auto& pulls) {
        const auto [waiting, is_new] = pulls.try_emplace(key);
        waiting->second.insert(job.instance);
        return is_new;
      });
      if (first) pulling_.add([this, key] { pull(key); });
      return;
    }
    case Doing::prepare:
      return hooks_.add([this, kept, &wanted] { prepare(wanted); });
    case Doing::hook:
      return hooks_.add([this, kept, &wanted, job] { run_hooks(wanted, job.container); });
    case Doing::create:
      return starting_.add([this, kept, &wanted] { create(wanted); });
    case Doing::start:
      return starting_.add([this, kept, &wanted, job] { start(wanted, job.container, job.again); });
    case Doing::stop:
      return stopping_.add([this, kept, &wanted, job] { stop(wanted, job.container); });
    case Doing::remove:
      return stopping_.add([this, kept, &wanted, job] { remove(wanted, job.container); });
    case Doing::replace:
      return stopping_.add([this, kept, &wanted, job] { replace(wanted, job.container, job.again); });
  }
}

}  // namespace kontena::agent
