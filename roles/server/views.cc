#include "views.h"

#include <algorithm>

#include "kontena/base/log.h"
#include "networks.h"
#include "kontena/model/ids.h"
#include "kontena/store/tables.h"

namespace kontena::server {
namespace {

constexpr std::size_t kept_removals = 10'000;
constexpr std::size_t batch = 256;

// The networks that an instance was on: their keys, or what engines call them.
std::vector<std::string> networks_of(const model::Instance& instance) {
  std::vector<std::string> keys;
  for (const auto& [name, address] : instance.addresses) keys.push_back(network_key(instance.grid, instance.project, name));
  return keys;
}
std::vector<std::string> engine_networks_of(const model::Instance& instance) {
  std::vector<std::string> names;
  for (const auto& [name, address] : instance.addresses) names.push_back(engine_network(instance.project, name));
  return names;
}

// Who waits for something of an instance.
void add_keys(const model::Instance* instance, std::vector<std::string>& keys) {
  if (!instance) return;
  if (!instance->node.empty()) keys.push_back("by_node/" + instance->grid + '/' + *instance->node);
  for (const std::string& network : networks_of(*instance)) keys.push_back("members/" + network);
}

// The services whose revisions a change writes with other names. One that is written as it was has
// another name too: that of its stack.
std::vector<std::string> renamed_by(const model::ClusterView& before, const store::Changed& changed) {
  std::vector<std::string> services;
  for (const store::Entry& entry : changed.put) {
    if (!entry.key.starts_with("revisions/")) continue;
    const std::string key = entry.key.substr(10);
    const auto* was = before.revisions.get(key);
    const auto is = was ? store::revisions.read(entry) : Result<model::ServiceRevision>(model::ServiceRevision{});
    if (!was || !is) continue;
    const bool other = was->spec.links != is->spec.links || was->spec.container_name != is->spec.container_name;
    if (other || was->spec == is->spec) services.push_back(key.substr(0, key.rfind('/')));
  }
  return services;
}

// Who waits for names of the service.
void add_named(const model::ClusterView& view, const std::string& service, std::vector<std::string>& keys) {
  std::set<std::string> networks;
  view.instances.each(service + '/', [&](const auto& item) {
    for (std::string& network : networks_of(item.value)) networks.insert(std::move(network));
  });
  for (const std::string& network : networks) keys.push_back("members/" + network);
}

void tell_unreadable(const Ordered<std::string>& before, const Ordered<std::string>& now) {
  now.each("", [&](const auto& item) {
    if (before.get(item.key)) return;
    log::error("a record cannot be read: what it is about is left as it is",
               {{"key", item.key}, {"reason", item.value}, {"hint", "kontena client status shows all of them"}});
  });
  before.each("", [&](const auto& item) {
    if (!now.get(item.key)) log::info("a record can be read again, or is gone", {{"key", item.key}});
  });
}

}  // namespace

struct Views::Gate {
  Synced<bool> open;
};

Status Views::load() {
  KTN_TRY(model::ClusterView view, store::load_view(store_));
  tell_unreadable({}, view.unreadable);
  state_.change([&](State& s) {
    s.removals_since = view.revision;
    s.view = std::make_shared<const model::ClusterView>(std::move(view));
  });
  return Done{};
}

void Views::start() { loop_.start(); }

void Views::stop() {
  state_.change([](State& s) { s.stopped = true; });
  gates_.with([](auto& gates) {
    for (auto& [prefix, waiting] : gates)
      for (Gate* gate : waiting) gate->open.change([](bool& open) { open = true; });
  });
  loop_.stop();
}

View Views::now() const {
  return state_.with([](const State& s) { return s.view; });
}

std::int64_t Views::sequence() const {
  return state_.with([](const State& s) { return s.sequence; });
}

void Views::await(std::int64_t revision) {
  state_.wait(Duration(10'000), [&](const State& s) { return s.stopped || s.view->revision >= revision; });
}

// One round of the feed. One that ran ahead of us means that all is read anew.
void Views::follow() {
  const View before = now();
  auto changes = store_.changes(before->revision, batch, Duration(5'000));
  if (changes && changes->empty()) return;
  model::ClusterView next = *before;
  std::vector<std::string> keys;
  std::vector<Removal> removed;
  std::vector<std::pair<std::int64_t, std::string>> renamed;
  for (std::size_t i = 0; changes && i < changes->size(); ++i) {
    const store::Changed& changed = (*changes)[i];
    for (const std::string& key : changed.deleted) {
      keys.push_back(key);
      if (!key.starts_with("instances/")) continue;
      const auto* instance = next.instances.get(std::string_view(key).substr(10));
      if (!instance || instance->node.empty()) continue;
      add_keys(instance, keys);
      removed.push_back({changed.revision, instance->grid + '/' + *instance->node, *instance->id, engine_networks_of(*instance), networks_of(*instance)});
    }
    for (std::string& service : renamed_by(next, changed)) {
      add_named(next, service, keys);
      renamed.emplace_back(changed.revision, std::move(service));
    }
    store::apply(next, changed);
    for (const store::Entry& entry : changed.put) {
      keys.push_back(entry.key);
      if (entry.key.starts_with("instances/")) add_keys(next.instances.get(std::string_view(entry.key).substr(10)), keys);
      if (!entry.key.starts_with("statuses/")) continue;
      if (const auto* instance = next.instances.get(std::string_view(entry.key).substr(9)))
        for (const std::string& network : networks_of(*instance)) keys.push_back("members/" + network);
    }
  }
  if (!changes) {
    log::warn("the view is read anew", {{"reason", changes.error().message}});
    auto all = store::load_view(store_);
    if (!all) {
      log::error("the store cannot be read", {{"reason", all.error().message}});
      return;
    }
    state_.with([&](State& s) { s.removals.clear(), s.renamed.clear(), s.removals_since = all->revision; });
    next = *std::move(all);
    keys = {""};
    removed.clear();
    renamed.clear();
  }
  tell_unreadable(before->unreadable, next.unreadable);
  publish(std::move(next), std::move(keys), std::move(removed), std::move(renamed));
  loop_.wake();  // what was written meanwhile is read at once
}

void Views::publish(model::ClusterView next, std::vector<std::string> keys, std::vector<Removal> removals,
                    std::vector<std::pair<std::int64_t, std::string>> renamed) {
  const View view = std::make_shared<const model::ClusterView>(std::move(next));
  // First those who keep something by it: who waits for a revision finds that they know of it.
  asked_.note(*view, keys);
  const auto subscribers = subscribers_.with([](const auto& list) { return list; });
  for (const auto& subscriber : subscribers) subscriber(view, keys);
  state_.change([&](State& s) {
    s.view = view;
    ++s.sequence;
    for (Removal& removal : removals) s.removals.push_back(std::move(removal));
    for (auto& one : renamed) s.renamed.push_back(std::move(one));
    while (s.removals.size() > kept_removals) {
      s.removals_since = std::max(s.removals_since, s.removals.front().revision);
      s.removals.pop_front();
    }
    while (s.renamed.size() > kept_removals) {
      s.removals_since = std::max(s.removals_since, s.renamed.front().first);
      s.renamed.pop_front();
    }
  });
  wake(keys);
}

void Views::wake(const std::vector<std::string>& keys) {
  gates_.with([&](auto& gates) {
    const auto open = [&](std::string_view prefix) {
      const auto found = gates.find(prefix);
      if (found == gates.end()) return;
      for (Gate* gate : found->second) gate->open.change([](bool& is_open) { is_open = true; });
    };
    for (const std::string& key : keys) {
      open(key);
      for (auto slash = key.find('/'); slash != std::string::npos; slash = key.find('/', slash + 1))
        open(std::string_view(key).substr(0, slash));
    }
    if (keys.size() == 1 && keys[0].empty())
      for (const auto& [prefix, waiting] : gates) open(prefix);
  });
}

void Views::nudge(const std::string& prefix) {
  state_.with([](State& s) { ++s.sequence; });
  wake({prefix});
}

bool Views::wait(std::int64_t seen, const std::vector<std::string>& prefixes, Duration limit) {
  struct Waiting {
    Views& views;
    const std::vector<std::string>& prefixes;
    Gate gate = {};

    Waiting(Views& v, const std::vector<std::string>& p) : views(v), prefixes(p) {
      views.gates_.with([&](auto& gates) {
        for (const std::string& prefix : prefixes) gates[prefix].insert(&gate);
      });
    }
    ~Waiting() {
      views.gates_.with([&](auto& gates) {
        for (const std::string& prefix : prefixes) {
          const auto found = gates.find(prefix);
          if (found == gates.end()) continue;
          found->second.erase(&gate);
          if (found->second.empty()) gates.erase(found);
        }
      });
    }
  } waiting(*this, prefixes);
  // Registered first, looked second: what came between is seen here.
  const bool moved = state_.with([&](const State& s) { return s.stopped || s.sequence != seen; });
  return moved || waiting.gate.open.wait(limit, [](bool open) { return open; });
}

void Views::subscribe(Subscriber subscriber) {
  subscribers_.with([&](auto& list) { list.push_back(std::move(subscriber)); });
}

std::optional<std::vector<Removal>> Views::removals(const std::string& by_node, std::int64_t after) const {
  return state_.with([&](const State& s) -> std::optional<std::vector<Removal>> {
    if (after < s.removals_since) return std::nullopt;
    std::vector<Removal> found;
    for (const Removal& removal : s.removals)
      if (removal.revision > after && removal.by_node == by_node) found.push_back(removal);
    return found;
  });
}

std::optional<std::vector<std::string>> Views::removed_members(const std::set<std::string>& networks, std::int64_t after) const {
  return state_.with([&](const State& s) -> std::optional<std::vector<std::string>> {
    if (after < s.removals_since) return std::nullopt;
    std::vector<std::string> found;
    for (const Removal& removal : s.removals)
      if (removal.revision > after && std::ranges::any_of(removal.member_of, [&](const auto& n) { return networks.contains(n); }))
        found.push_back(removal.instance);
    return found;
  });
}

std::optional<std::set<std::string>> Views::renamed(std::int64_t after) const {
  return state_.with([&](const State& s) -> std::optional<std::set<std::string>> {
    if (after < s.removals_since) return std::nullopt;
    std::set<std::string> found;
    for (const auto& [revision, service] : s.renamed)
      if (revision > after) found.insert(service);
    return found;
  });
}

}  // namespace kontena::server
