#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kontena/rollout/rollout.h"
#include "together.h"

// One round's working state, shared by the parts of rollout::step. What is put
// into the plan is also done here, so that later parts decide on what will be.
namespace kontena::rollout {

// Why an instance is to be replaced by one on another node.
enum class Away {
  no,
  lost,     // its node is
  drained,  // its node is
  moved,    // somebody asked for it
  failing,  // it keeps failing where it is
};

// An instance as it will be once the plan is carried out.
struct Entry {
  model::Instance instance;
  const model::InstanceStatus* status = nullptr;  // never null
  const model::ServiceSpec* made_from = nullptr;  // never null
  bool current = false;                           // made from what the service is now
  bool parked = false;  // of a global service, on a node that takes no new work: left as it is
  bool lost = false;    // on a lost node: what its status says is of long ago, and nobody hears what is wished of it
  Away away = Away::no;
  std::string held = {};  // why it stays although it should be elsewhere: what it needs is where it is

  // A job that has ended well: it is not run again in its revision, whatever becomes of its node.
  bool has_done_its_job() const;
  bool placed() const { return !instance.node.empty(); }
  bool leaving() const { return instance.desired == model::Desired::removed; }
  bool serves() const {
    return !lost && !leaving() && instance.desired == model::Desired::running &&
           status->state == model::InstanceState::running && status->health != model::Health::unhealthy;
  }
};

// One service. Its record is absent where it was lost; then its instances go.
struct Part {
  model::ServicePath path;
  const model::Service* service = nullptr;
  bool going = false;                                    // it, or its stack, is removed
  std::vector<Entry> entries;                            // in order of slot; a forgotten one is not in it
  std::vector<std::pair<NodeId, std::int64_t>> vacated;  // node and slot of those forgotten in this round
  std::vector<NodeId> eligible;                          // of a global service: nodes that are to have an instance

  const model::ServiceSpec& spec() const { return service->spec; }
  bool global() const { return spec().mode == model::Mode::global; }
};

struct Round {
  const model::ClusterView& view;
  const model::StackPath& path;
  schedule::Nodes& nodes;
  IdSource& ids;
  const std::int64_t now_ms;
  const model::Stack& stack;

  const model::Deployment* live = nullptr;  // the newest running one
  // The newest deployment failed or was aborted: what is left of a roll-out waits for the next one.
  bool halted = false;
  std::vector<Part> parts = {};                                         // in order of name
  std::map<std::string, NodeId> pins = {};                              // made in this round, by volume key
  std::map<std::pair<std::string, model::Condition>, bool> known = {};  // what `satisfied` said
  Together together{std::vector<const model::ServiceSpec*>()};          // who is beside whom
  // Of what is asked of nodes by name: whether any has it, and one of those that have not said so yet.
  struct Asked {
    bool anywhere = false;
    std::string unsaid = {};
  };
  std::map<std::string, Asked> asked = {};
  bool asking = false;     // somebody waits for what nodes will say
  bool unsure = false;     // a node has not said yet what is asked of it: what has no place may have one then
  std::string stuck = {};  // why the roll-out cannot go on, where no instance can tell
  Plan plan = {};

  void wake_at(std::int64_t ms) {
    if (ms != 0 && (plan.wake_ms == 0 || ms < plan.wake_ms)) plan.wake_ms = ms;
  }
};

// load.cc: what there is; forgets what is gone.
void load(Round&);
void forget(Round&, Part&, std::size_t entry);
// To be removed; forgotten at once where it has no node. Gives back what was promised.
void remove(Round&, Part&, std::size_t entry);
void set_desired(Round&, Entry&, model::Desired);

// away.cc: who is to be elsewhere.
void judge_place(Round&, Part&);                                // sets lost, away and held
bool is_drained(const Round&, const Entry&);                    // its node is
std::vector<NodeId> still_avoided(const Round&, const Entry&);  // where its predecessors kept failing of late
void replace_away(Round&, Part&);  // start-first, where another node takes it; the lost are replaced by fill()

// place.cc: its pre_start hooks for all replicas have not ended well in this revision.
bool is_unprepared(const Part&);
// Somebody is to run them.
bool prepares(const Part&);

// update.cc: what replaces instances of an older revision.
bool roll_out(Round&, Part&);  // the next ones, if it is their turn

// slots.cc
bool wanted(const Part&, const Entry&);              // its slot, or its node, is to have an instance
std::vector<std::int64_t> empty_slots(const Part&);  // of a replicated service
std::vector<NodeId> empty_nodes(const Part&);        // of a global service
void remove_superfluous(Round&, Part&);
void remove_broken(Round&, Part&);   // those of an older revision that serve nobody; on a new deploy, the dead
void forget_surplus(Round&, Part&);  // of a global service: those that wait for a node that went
// A current one that does what is asked of it, and has for as long as is asked.
bool good(Round&, const Part&, const Entry&);

// place.cc
schedule::Request request(Round&, const Part&, std::string& why_not, const model::ServiceSpec* older = nullptr);
// What its nodes are to have; why it cannot be said yet.
schedule::Needs needs(Round&, const model::ServiceSpec&, std::string& why_not);
Entry fresh(const Round&, const Part&, std::int64_t slot, const Entry* in_place_of = nullptr);
void create(Round&, Part&, Entry, const NodeId& node);
bool dependencies_hold(Round&, const Part&);
void fill(Round&);  // makes and places what is wanting, in all parts

// seats.cc: those that share namespaces or volumes are on one node, and go from there together.
std::vector<Part*> owners_first(Round&);  // all that are not going; those before whom others have to be there
// One that it is beside has no node yet: "x-1"; "" otherwise.
std::string waits_for(const Round&, const Part&, std::int64_t slot);
// As Nodes::place, where those are that it is to be with; on a node that takes them too, where it is the first.
schedule::Placement place(Round&, const Part&, std::int64_t slot, const schedule::Request&);
// As Nodes::instead_of, likewise.
schedule::Placement instead_of(Round&, const Part&, const Entry& old, const schedule::Request&);
bool follows(const Round&, const Part&);  // it goes where others go, and never by itself
void remove_parted(Round&);               // what is not where those are by now that it is to be with

// verdict.cc: what became of the deployments.
void judge(Round&);
std::string broken(const Round&, const Entry&);  // why it is no good and will not mend by waiting; "" otherwise
// So many new ones of a service are broken that its roll-out must not go on.
bool failed(const Round&, const Part&);
std::string instance_name(const model::Instance&);  // "web-1"

}  // namespace kontena::rollout
