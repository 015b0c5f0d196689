#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "content.h"
#include "hooks.h"
#include "lane.h"
#include "make.h"
#include "state.h"

namespace kontena::agent {

// What the overlay network does for containers of this node; without it they have
// the engine's networks alone.
struct Overlay {
  std::function<int()> mtu = {};  // of their networks, when they are made
  std::function<Status(const model::AssignedNetwork&)> before = {};  // one is made
  // Once their networks are there, and before a container is made: waits until the node
  // lets it through, and tells the file that is to be its /etc/resolv.conf.
  std::function<Result<std::string>(const model::Assignment&)> prepare = {};
};

// Networks that containers of this node need, each made once even where many
// containers want it at the same time: the engine would make two of one name.
class Networks {
 public:
  Networks(engine::Engine& engine, const Overlay& overlay) : engine_(engine), mtu_(overlay.mtu), before_(overlay.before) {}
  Status ensure(const model::Assignment&, const Owner&);
  void doubt(const model::Assignment&);  // the engine says that one is missing
  void forget(const std::string& name);

 private:
  struct State {
    std::set<std::string> making;
    std::set<std::string> made;
  };
  Status ensure_one(const model::AssignedNetwork&, const model::StringMap& labels);

  engine::Engine& engine_;
  const std::function<int()> mtu_;
  const std::function<Status(const model::AssignedNetwork&)> before_;
  Synced<State> state_;
};

// What it says of this instance, with the age of its image: `always` where that is too old.
model::PullPolicy pull_policy_of(const State&, const model::Assignment&, std::int64_t now_ms);

// Counts a pull, a create or a start that failed, and says when it is tried again.
void note_failed_try(const Context&, State&, const std::string& instance, Doing, const std::string& message,
                     bool hopeless);

// Does what reconcile::actions says, on lanes: so that a slow pull or stop keeps
// nothing else waiting. Results go into the State, which is planned from anew.
class CarryOut {
 public:
  CarryOut(Context, Keep, std::size_t cores, Remember = {}, Overlay = {});

  // Plans, and hands out what is to be done; tells when to plan again at the
  // latest, 0 where nothing waits for the time. From one thread only.
  std::int64_t round();

  // How an image that comes with its deploy is had; before the first round. Without it the engine is asked for all.
  using Bring = std::function<Status(const std::string& name, const std::string& manifest,
                                     const std::function<void(const engine::PullProgress&)>&)>;
  void bring_images_by(Bring bring) { bring_ = std::move(bring); }

  // As whom the registry of an image is asked for an instance; without it, or where it knows none, as nobody.
  using RegistryUserOf = std::function<Result<std::optional<engine::RegistryUser>>(const std::string& instance, const std::string& image)>;
  void registry_users_by(RegistryUserOf of) { registry_user_of_ = std::move(of); }

  // What instances find in their containers besides their image; likewise. It outlives us.
  void content_by(Content& content) { content_ = &content; }

  // What is to be done before a container is removed, which may take some seconds; before the first round.
  void before_removal_by(std::function<void(const std::string& container)> hook) { before_removal_ = std::move(hook); }
  Status remove_container(const std::string& id);  // from any thread

  void forget_network(const std::string& name) { networks_.forget(name); }  // it was removed

  void close();                    // hands out no more; what has begun goes on
  bool wait_idle(Duration limit);  // waits for what has begun

 private:
  using Wanted = std::shared_ptr<const Kept>;  // keeps the assignment that a job works on alive
  struct Job {
    Doing doing = Doing::nothing;
    std::string instance;
    std::string container;
    bool again = false;
  };
  bool save();
  // What is remembered, where that has changed: at most once a second, for it is of use rather than of need, but
  // at once where asked. Tells when to come again, 0 = never.
  std::int64_t remember(bool at_once);
  Job job_of(const reconcile::Action&, const State&, const Kept&) const;
  bool begin(State&, const Kept&, const Job&);
  void hand_out(const Wanted&, const Job&);
  void remove_unused(const Wanted&);

  // pulls.cc
  void pull(const std::string& key);  // of pulls_
  Status have_mounted_images(const model::Assignment&);  // mounted_images.cc
  Status pull_as_user(const std::string& image, const std::set<std::string>& instances,
                      const std::function<void(const engine::PullProgress&)>&);
  std::map<std::string, Status> look_for(const std::string& image, const std::set<std::string>& waiting);
  void pulled(const std::string& image, const std::set<std::string>& waiting, const Status&);
  void create(const model::Assignment&);
  Result<std::string> make(const model::Assignment&);
  Status share(const model::Assignment&, engine::ContainerSpec&);  // beside.cc: what it has of others
  bool has_content(const model::Assignment&, Doing);  // else it waits, or has failed
  Status give_content(const model::Assignment&, engine::ContainerSpec&);
  void tidy_content(const Wanted&);
  Status make_places(const model::Assignment&);  // its networks and volumes
  Status look_who_has(const std::string& name);
  void start(const model::Assignment&, const std::string& container, bool again);
  void stop(const model::Assignment&, const std::string& container);
  // hooks.cc
  void prepare(const model::Assignment&);                                         // its pre_start hooks
  void run_hooks(const model::Assignment&, const std::string& container);         // its post_start hooks
  Status stop_container(const model::Assignment&, const std::string& container);  // its pre_stop hooks before
  void remove_hook_containers(const Wanted&);  // those of pre_start hooks that nobody waits for
  void hook_failed(const model::Assignment&, const std::string& container, const HookFailure&);
  bool still_wanted(const std::string& instance);
  Result<std::string> hook_container_of(const model::Assignment&, std::size_t index);
  Result<std::optional<HookFailure>> prepare_one(const model::Assignment&, std::size_t index, bool& go_on);
  void remove(const model::Assignment&, const std::string& container);
  void replace(const model::Assignment&, const std::string& container, bool along);

  // How a job ends: the instance is free for the next one.
  void done(const std::string& instance, const std::function<void(State&, Work&)>& note);
  void failed(const std::string& instance, Doing at, const Error&, bool hopeless = false);
  void engine_went(const std::string& instance, const Error&);
  void cleaned(const std::string& instance, const Status&);

  Context context_;
  const Keep keep_;
  const Remember remember_;
  Memory remembered_;          // as it was saved last
  Duration remembered_at_{0};  // steady; when that was tried
  bool forgetful_ = false;     // it failed, and the log says so
  bool unkept_ = false;        // likewise of the assignments
  const Owner owner_;
  const Overlay overlay_;
  Bring bring_;
  RegistryUserOf registry_user_of_;
  std::function<void(const std::string&)> before_removal_;
  Networks networks_;
  Synced<std::map<std::string, std::set<std::string>>> pulls_;  // "PROJECT IMAGE" → InstanceIds that wait; one job each
  Content* content_ = nullptr;
  Wanted tidied_for_;  // the planning thread's
  Lane pulling_;
  Lane starting_;
  Lane hooks_;  // of their own, since they may take any time
  Lane stopping_;
};

}  // namespace kontena::agent
