#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "asked.h"
#include "kontena/base/loop.h"
#include "kontena/base/synced.h"
#include "kontena/model/view.h"
#include "kontena/store/store.h"

namespace kontena::server {

using View = std::shared_ptr<const model::ClusterView>;

// An instance that the store no longer has: what its node must be told.
struct Removal {
  std::int64_t revision = 0;
  std::string by_node;  // GRID/NODE
  std::string instance;
  std::vector<std::string> networks;   // engine names that it used
  std::vector<std::string> member_of;  // GRID/PROJECT/NETWORK
};

// The decoded tables in memory, brought up to date from the store's feed by a
// thread of their own, and who waits for a change of what. Safe from any thread.
class Views {
 public:
  explicit Views(store::Store& store) : store_(store) {}
  ~Views() { stop(); }

  Status load();  // before all else
  void start();
  void stop();    // ends all waits

  View now() const;

  // Counts publications and nudges: take it before looking, give it to wait().
  std::int64_t sequence() const;

  // Waits until the view has come to the revision: what a writer calls before it
  // answers, so that its caller reads what it wrote.
  void await(std::int64_t revision);

  // Waits for something after sequence `seen` under one of the prefixes (store keys cut at
  // a '/', "by_node/GRID/NODE", or "members/GRID/PROJECT/NETWORK"), at most until `limit` has passed. False: none.
  bool wait(std::int64_t seen, const std::vector<std::string>& prefixes, Duration limit);

  // Calls with each view and the keys that were written since the one before ("":
  // not known which), on the feed's thread and before anyone else sees the view:
  // only note and wake.
  using Subscriber = std::function<void(const View&, const std::vector<std::string>&)>;
  void subscribe(Subscriber);

  Asked& asked() { return asked_; }

  // The removals on a node after a revision, or nothing where they are no longer
  // all known.
  std::optional<std::vector<Removal>> removals(const std::string& by_node, std::int64_t after) const;

  // Likewise of the instances that were on one of these networks (GRID/PROJECT/NAME).
  std::optional<std::vector<std::string>> removed_members(const std::set<std::string>& networks, std::int64_t after) const;

  // The services whose instances got other names without being replaced (GRID/PROJECT/STACK/SERVICE).
  std::optional<std::set<std::string>> renamed(std::int64_t after) const;

  // Ends the present and later waits under this prefix at once, without a change.
  void nudge(const std::string& prefix);

  const Loop& loop() const { return loop_; }

 private:
  struct State {
    View view = std::make_shared<model::ClusterView>();
    std::deque<Removal> removals;
    std::deque<std::pair<std::int64_t, std::string>> renamed;  // at a revision, a service
    std::int64_t removals_since = 0;  // what is older is forgotten
    std::int64_t sequence = 0;
    bool stopped = false;
  };

  void follow();
  void publish(model::ClusterView next, std::vector<std::string> keys, std::vector<Removal> removals,
               std::vector<std::pair<std::int64_t, std::string>> renamed);
  void wake(const std::vector<std::string>& keys);

  store::Store& store_;
  mutable Synced<State> state_;
  // Waiters by prefix. Each has a condition of its own, so that a change wakes
  // those it concerns and no other: a thousand agents may wait here.
  struct Gate;
  mutable Synced<std::map<std::string, std::set<Gate*>, std::less<>>> gates_;
  Synced<std::vector<Subscriber>> subscribers_;
  Asked asked_;
  Loop loop_{"views", Duration(1), [this] { follow(); }};
};

}  // namespace kontena::server
