#include "seen.h"

#include <algorithm>

namespace kontena::agent {
namespace {

bool runs(const engine::Container& container) { return container.state == engine::ContainerState::running; }

bool better(const engine::Container& one, const engine::Container& other) {
  if (runs(one) != runs(other)) return runs(one);
  return one.created_ms > other.created_ms;
}

}  // namespace

std::string instance_of(const engine::Container& container) {
  const auto found = container.labels.find(std::string(engine::instance_label));
  return found == container.labels.end() ? std::string() : found->second;
}

void Seen::note(engine::Container container, std::uint64_t ticket) {
  const std::string id = container.id;
  if (const auto gone = gone_.find(id); gone != gone_.end() && gone->second >= ticket) return;
  if (const auto known = items_.find(id); known != items_.end()) {
    if (known->second.ticket >= ticket) return;
    take_off(known);
  }
  instances_[instance_of(container)].insert(id);
  names_[container.name] = id;
  items_[id] = {std::move(container), ticket};
}

void Seen::note_gone(const std::string& id, std::uint64_t ticket) {
  gone_[id] = std::max(gone_[id], ticket);
  if (const auto known = items_.find(id); known != items_.end() && known->second.ticket < ticket) take_off(known);
}

std::vector<std::string> Seen::note_list(const std::vector<engine::Container>& list, std::uint64_t ticket) {
  std::vector<std::string> to_inspect;
  std::set<std::string> present;
  for (const engine::Container& listed : list) {
    present.insert(listed.id);
    const auto known = items_.find(listed.id);
    if (known == items_.end() || known->second.container.state != listed.state ||
        known->second.container.health != listed.health || known->second.container.name != listed.name ||
        known->second.container.networks != listed.networks)
      to_inspect.push_back(listed.id);
  }
  for (auto item = items_.begin(); item != items_.end();) {
    const auto next = std::next(item);
    if (!present.contains(item->first) && item->second.ticket < ticket) take_off(item);
    item = next;
  }
  std::erase_if(gone_, [&](const auto& entry) { return entry.second < ticket; });
  return to_inspect;
}

void Seen::take_off(std::map<std::string, Item>::iterator item) {
  const auto ids = instances_.find(instance_of(item->second.container));
  ids->second.erase(item->first);
  if (ids->second.empty()) instances_.erase(ids);
  const auto name = names_.find(item->second.container.name);
  if (name != names_.end() && name->second == item->first) names_.erase(name);
  items_.erase(item);
}

const engine::Container* Seen::with_id(const std::string& id) const {
  const auto found = items_.find(id);
  return found == items_.end() ? nullptr : &found->second.container;
}

const engine::Container* Seen::of_instance(const std::string& instance) const {
  const auto ids = instances_.find(instance);
  if (ids == instances_.end()) return nullptr;
  const engine::Container* best = nullptr;
  for (const std::string& id : ids->second) {
    const engine::Container* one = with_id(id);
    if (!best || better(*one, *best)) best = one;
  }
  return best;
}

const engine::Container* Seen::named(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : with_id(found->second);
}

std::vector<const engine::Container*> Seen::all() const {
  std::vector<const engine::Container*> found;
  for (const auto& [id, item] : items_) found.push_back(&item.container);
  return found;
}

std::vector<std::string> Seen::instances() const {
  std::vector<std::string> all;
  for (const auto& [instance, ids] : instances_) all.push_back(instance);
  return all;
}

}  // namespace kontena::agent
