#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/rollout/rollout.h"
#include "kontena/store/store.h"
#include "kontena/model/event.h"

// What of a change is told as events: written in the commit of the change itself, so that
// neither is there without the other. Nothing here looks at anything but its arguments.
namespace kontena::server {

// Adds one. `about` is for what has an id beyond the event's own names, as a deployment: of one
// kind, thing and time there may be one event in a commit.
void tell(store::Commit&, const std::string& grid, model::Event, Time now, const std::string& about = {});

// An instance's event: its names filled in.
model::Event event_of(const model::ClusterView&, const model::Instance&, std::string_view kind, std::string text);

// What an agent's word on an instance says that the word before did not. `before`: null = none.
// The same word twice tells nothing.
void tell_status(const model::ClusterView&, const model::Instance&, const model::InstanceStatus* before,
                 const model::InstanceStatus& after, Time now, store::Commit&);

// What the commit changes of nodes and deployments, in the view, brought about by `by`.
void tell_records(const model::ClusterView&, const std::string& by, Time now, store::Commit&);

// What a plan places, moves, stops and removes, and why.
class PlanTeller {
 public:
  PlanTeller(const model::ClusterView& view, const rollout::Plan& plan, Time now);

  void created(const model::Instance&);  // with a node, or why not
  void placed(const model::Instance&);   // one that had waited; or another reason
  void desired(const model::Instance&, model::Desired);
  void removed(const model::StackPath&);
  void finished(const model::Deployment&);

  void write(store::Commit&);  // adds all

 private:
  struct Missing {
    model::Event event;
    std::int64_t count = 0;
  };
  struct Told {
    model::Event event;
    std::string about;
  };
  void add(model::Event event, std::string about = {}) { told_.push_back({std::move(event), std::move(about)}); }
  void not_placed(const model::Instance&);
  void has_place(const model::Instance&);
  std::string why_here(const model::Instance&);
  const model::Instance* before(const model::Instance&);

  const model::ClusterView& view_;
  const Time now_;
  std::string grid_;
  std::vector<Told> told_;
  std::map<std::string, Missing> missing_;  // by service and reason: a thousand without a node are one event
  std::map<std::string, std::string> rules_;  // by service and revision: what of its spec chose
  // By service, the instance of each slot that has a node.
  std::map<std::string, std::map<std::int64_t, const model::Instance*>> former_;
  std::map<std::string, std::string> left_;  // SERVICE/SLOT → why the one before goes
};

// Two reasons that differ in their numbers alone are the same.
bool same_but_for_numbers(std::string_view, std::string_view);

}  // namespace kontena::server
