#include <algorithm>
#include <utility>

#include "table.h"

namespace kontena::schedule {
namespace {

bool ended_for_good(const model::InstanceStatus& status, const model::Restart& restart) {
  if (status.state != model::InstanceState::exited) return false;
  return restart.when == model::RestartWhen::no ||
         (restart.when == model::RestartWhen::on_failure && status.exit_code == 0);
}

void change(std::unordered_map<std::string, Counts>& counts, const std::string& path, std::uint32_t node, int by) {
  const auto at = counts.try_emplace(path).first;
  at->second.change(node, by);
  if (at->second.empty()) counts.erase(at);
}

}  // namespace

Share share_of(const model::Instance& instance, const model::InstanceStatus* status, const model::ServiceSpec& spec) {
  return {.there = instance.desired != model::Desired::removed,
          .alive = instance.desired == model::Desired::running && !(status && ended_for_good(*status, spec.restart))};
}

const model::ServiceSpec* made_from(const model::ClusterView& view, const model::Instance& instance) {
  const auto path = instance.service_path();
  if (const auto* revision = view.revisions.get(model::revision_key(path, instance.instance_revision)))
    return &revision->spec;
  const auto* service = view.services.get(path.text());
  return service ? &service->spec : nullptr;
}

void Nodes::Table::weigh(Candidate& c) {
  // A node that has told nothing of itself yet counts as one of a single core.
  const auto hundredths_of_cores = c.facts->nano_cpus > 0 ? c.facts->nano_cpus / 10'000'000 : 100;
  c.load = c.instances * 100'000 / std::max<std::int64_t>(hundredths_of_cores, 1);
  rooms[c.index] = {c.ready ? c.load : Room::closed, c.free_cpus(), c.free_memory(), c.rank};
  moved.push_back(c.index);
  ++changes;
}

void Nodes::Table::share(std::uint32_t node, const model::ServicePath& path, const model::Resources& reservations,
                         Share share, int sign) {
  ++changes;
  if (share.there) change(of_service, path.text(), node, sign);
  if (!share.alive) return;
  Candidate& c = candidates[node];
  c.nano_cpus_reserved += sign * reservations.nano_cpus;
  c.memory_reserved += sign * reservations.memory_bytes;
  if (peaks) {
    const model::Resources more = expected(path.text(), reservations);
    c.nano_cpus_expected += sign * more.nano_cpus;
    c.memory_expected += sign * more.memory_bytes;
  }
  c.instances += sign;
  weigh(c);
}

model::Resources Nodes::Table::expected(const std::string& path, const model::Resources& reservations) const {
  const auto peak = peaks ? peaks->find(path) : decltype(peaks->end()){};
  if (!peaks || peak == peaks->end()) return {};
  return {.nano_cpus = reservations.nano_cpus == 0 ? peak->second.nano_cpus : 0,
          .memory_bytes = reservations.memory_bytes == 0 ? peak->second.memory_bytes : 0};
}

// Only the instances of services of which something else is expected are counted anew.
void Nodes::expect(std::shared_ptr<const Peaks> peaks) {
  Table& t = *table_;
  static const Peaks none;
  const Peaks &was = t.peaks ? *t.peaks : none, &is = peaks ? *peaks : none;
  std::set<std::string> others;
  for (const auto* one : {&was, &is})
    for (auto at = one->lower_bound(t.grid + '/'); at != one->end() && at->first.starts_with(t.grid + '/'); ++at) {
      const auto before = was.find(at->first), after = is.find(at->first);
      if (before == was.end() || after == is.end() || !(before->second == after->second)) others.insert(at->first);
    }
  const auto count = [&](int sign) {
    for (const std::string& path : others)
      t.view->instances.each(path + '/', [&](const auto& item) { t.count(*t.view, item.key, sign); });
  };
  count(-1);
  t.peaks = std::move(peaks);
  count(1);
}

void Nodes::Table::hold(std::uint32_t node, const std::vector<HeldPort>& ports, int sign) {
  auto& held = candidates[node].ports;
  if (!ports.empty()) ++changes;
  if (sign > 0) {
    held.insert(held.end(), ports.begin(), ports.end());
    return;
  }
  for (const HeldPort& port : ports)
    if (const auto at = std::ranges::find(held, port); at != held.end()) held.erase(at);
}

void Nodes::Table::count(const model::ClusterView& from, const std::string& key, int sign) {
  const auto* instance = from.instances.get(key);
  const auto at = instance ? index.find(*instance->node) : index.end();
  if (at == index.end()) return;
  const auto* status = from.statuses.get(key);
  const auto* spec = status && status->state == model::InstanceState::removed ? nullptr : made_from(from, *instance);
  if (!spec) return;
  share(at->second, instance->service_path(), spec->reservations, share_of(*instance, status, *spec), sign);
  hold(at->second, held_ports(*spec), sign);
}

void Nodes::Table::book(std::uint32_t node, const Request& request) {
  constexpr Share whole{.there = true, .alive = true};
  auto ports = held_ports(*request.spec);
  share(node, request.path, request.spec->reservations, whole, 1);
  hold(node, ports, 1);
  journal.push_back({.node = node,
                     .path = request.path,
                     .reservations = request.spec->reservations,
                     .share = whole,
                     .sign = 1,
                     .ports = std::move(ports),
                     .was_share = {}});
}

void Nodes::Table::take_back(std::size_t from) {
  for (; journal.size() > from; journal.pop_back()) {
    Done& done = journal.back();
    share(done.node, done.path, done.reservations, done.share, -done.sign);
    hold(done.node, done.ports, -done.sign);
    if (done.was_share) rebooked[done.was_share->first] = done.was_share->second;
  }
  kept = std::min(kept, from);
}

std::optional<Nodes::Table::Booked> Nodes::Table::booked(const model::Instance& instance,
                                                         const model::ServiceSpec& spec) const {
  const std::string key = model::instance_key(instance);
  const auto* seen = view->instances.get(key);
  const auto at = seen ? index.find(*seen->node) : index.end();
  const auto* status = view->statuses.get(key);
  if (at == index.end() || (status && status->state == model::InstanceState::removed)) return std::nullopt;
  // Of one that nobody knows what it is made from, nothing was counted.
  if (!made_from(*view, *seen)) return std::nullopt;
  const auto since = rebooked.find(key);
  return Booked{at->second, since == rebooked.end() ? share_of(*seen, status, spec) : since->second};
}

bool Nodes::has_room_again(const model::Instance& instance, const model::ServiceSpec& its) const {
  const auto booked = table_->booked(instance, its);
  if (!booked || booked->share.alive) return true;
  const Candidate& c = table_->candidates[booked->node];
  const model::Resources& need = its.reservations;
  return (need.memory_bytes == 0 || need.memory_bytes <= c.free_memory()) &&
         (need.nano_cpus == 0 || need.nano_cpus <= c.free_cpus());
}

void Nodes::rebook(const model::Instance& instance, const model::ServiceSpec& spec, model::Desired desired) {
  const auto booked = table_->booked(instance, spec);
  if (!booked) return;
  model::Instance next = instance;
  next.desired = desired;
  const std::string key = model::instance_key(instance);
  const Share share = share_of(next, table_->view->statuses.get(key), spec);
  const auto change = [&](Share part, int sign, std::optional<std::pair<std::string, Share>> was) {
    table_->share(booked->node, instance.service_path(), spec.reservations, part, sign);
    table_->journal.push_back({.node = booked->node,
                               .path = instance.service_path(),
                               .reservations = spec.reservations,
                               .share = part,
                               .sign = sign,
                               .ports = {},
                               .was_share = std::move(was)});
  };
  change(booked->share, -1, std::pair(key, booked->share));
  change(share, 1, {});
  table_->rebooked[key] = share;
}

void Nodes::keep() { table_->kept = table_->journal.size(); }

void Nodes::undo() { table_->take_back(table_->kept); }

}  // namespace kontena::schedule
