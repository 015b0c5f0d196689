#include "together.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "kontena/model/together.h"

namespace kontena::rollout {

Together::Together(const std::vector<const model::ServiceSpec*>& services) { look(services); }

Together::Together(const model::ClusterView& view, const model::StackPath& path) {
  std::vector<const model::ServiceSpec*> services;
  view.services.each(path.text() + '/', [&](const auto& item) {
    if (!item.value.removed) services.push_back(&item.value.spec);
  });
  look(services);
}

void Together::look(const std::vector<const model::ServiceSpec*>& services) {
  std::map<std::string, model::Strings> owners;
  for (const model::ServiceSpec* spec : services)
    if (auto with = model::beside(*spec); !with.empty()) owners[spec->name] = std::move(with);
  if (owners.empty()) return;
  for (const model::ServiceSpec* spec : services) {
    const bool owns = std::ranges::any_of(
        owners, [&](const auto& one) { return std::ranges::find(one.second, spec->name) != one.second.end(); });
    if (owns || owners.contains(spec->name)) specs_[spec->name] = spec;
  }
  for (const auto& [name, with] : owners)
    for (const std::string& owner : with)
      if (specs_.contains(owner)) users_[owner].push_back(name);
  for (const auto& [name, spec] : specs_) depths_[name] = 0;
  // Nobody is deeper than there are services, even where a circle came in from somewhere.
  for (std::size_t round = 0; round < specs_.size(); ++round) {
    bool changed = false;
    const auto after = [&](const std::string& user, const std::string& on) {
      const auto depth = depths_.find(on);
      if (depth == depths_.end() || depths_[user] > depth->second || depth->second >= std::ssize(specs_)) return;
      depths_[user] = depth->second + 1;
      changed = true;
    };
    for (const auto& [name, spec] : specs_) {
      for (const std::string& on : model::beside(*spec)) after(name, on);
      for (const auto& [on, dependency] : spec->depends_on) after(name, on);
    }
    if (!changed) break;
  }
}

std::int64_t Together::depth(const std::string& service) const {
  const auto found = depths_.find(service);
  return found == depths_.end() ? 0 : found->second;
}

const model::ServiceSpec* Together::spec(const std::string& service) const {
  const auto found = specs_.find(service);
  return found == specs_.end() ? nullptr : found->second;
}

std::vector<Seat> Together::owners(const Seat& seat) const {
  std::vector<Seat> seats;
  const model::ServiceSpec* own = spec(seat.service);
  if (!own) return seats;
  for (const std::string& name : model::beside(*own))
    if (const auto* other = spec(name)) seats.push_back({name, model::slot_beside(*other, seat.slot)});
  return seats;
}

std::vector<Seat> Together::beside_it(const Seat& seat) const {
  std::vector<Seat> seats;
  const auto users = users_.find(seat.service);
  if (users == users_.end()) return seats;
  for (const std::string& name : users->second) {
    const std::int64_t last = spec(name)->replicas;
    const bool all = spec(seat.service)->replicas == 1;
    for (std::int64_t slot = all ? 1 : seat.slot; slot <= (all ? last : std::min(seat.slot, last)); ++slot)
      seats.push_back({name, slot});
  }
  return seats;
}

std::vector<Seat> Together::set_of(const Seat& seat) const {
  if (!has(seat.service) || spec(seat.service)->mode == model::Mode::global) return {};
  std::vector<Seat> found{seat};
  std::set<std::pair<std::string, std::int64_t>> known{{seat.service, seat.slot}};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Seat at = found[i];
    auto next = owners(at);
    std::ranges::move(beside_it(at), std::back_inserter(next));
    for (Seat& one : next)
      if (known.insert({one.service, one.slot}).second) found.push_back(std::move(one));
  }
  if (found.size() == 1) return {};
  std::ranges::sort(found, {}, [&](const Seat& s) { return std::tuple(depth(s.service), s.service, s.slot); });
  return found;
}

}  // namespace kontena::rollout
