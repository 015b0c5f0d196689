#include <algorithm>

#include "kontena/base/panic.h"
#include "kontena/schedule/constraint.h"
#include "table.h"

namespace kontena::schedule {
namespace {

// The part of a store's key behind "TABLE/"; "" where it is of another table or grid.
std::string_view tail_in(std::string_view key, std::string_view table, std::string_view grid) {
  if (!key.starts_with(table) || !key.substr(table.size()).starts_with(grid)) return {};
  key.remove_prefix(table.size());
  return key.size() > grid.size() && key[grid.size()] == '/' ? key : std::string_view();
}

}  // namespace

Nodes::Nodes(const model::ClusterView& view, const model::Liveness& liveness, const std::string& grid)
    : table_(std::make_unique<Table>()) {
  Table& t = *table_;
  t.view = &view;
  t.grid = grid;
  t.heard = liveness;
  view.nodes.each(grid + '/', [&](const auto& item) { t.put_node(item.key); });
  t.renumber();
  view.instances.each(grid + '/', [&](const auto& item) { t.count(view, item.key, 1); });
}

Nodes::~Nodes() = default;
Nodes::Nodes(Nodes&&) noexcept = default;
Nodes& Nodes::operator=(Nodes&&) noexcept = default;

model::NodeState Nodes::Table::state(const NodeId& node) const {
  const auto found = heard.find(node);
  return found == heard.end() ? model::NodeState::joining : found->second;
}

model::NodeState Nodes::state(const NodeId& node) const { return table_->state(node); }

void Nodes::Table::judge(Candidate& c) {
  const auto state = this->state(c.node->id);
  const bool active = c.node->availability == model::Availability::active;
  awaited -= c.awaited;
  c.awaited = active && (state == model::NodeState::joining || state == model::NodeState::silent);
  awaited += c.awaited;
  c.ready = active && state == model::NodeState::ready;
  weigh(c);
}

// One that is new, or says something new. Nothing of what is promised changes.
void Nodes::Table::put_node(const std::string& key) {
  static const model::NodeFacts unknown;
  const auto record = view->nodes.share(key);
  const auto [at, is_new] = index.try_emplace(*record->value.id, 0);
  if (is_new) {
    if (free.empty()) {
      at->second = static_cast<std::uint32_t>(candidates.size());
      candidates.emplace_back().index = at->second;
      rooms.emplace_back();
      for (auto& [name, known] : values) known.of_node.emplace_back();
    } else {
      at->second = free.back();
      free.pop_back();
    }
    const auto before = std::ranges::lower_bound(
        in_order, record->value.id, {}, [&](std::uint32_t i) -> const NodeId& { return candidates[i].node->id; });
    in_order.insert(before, at->second);
  }
  Candidate& c = candidates[at->second];
  c.record = record;
  c.said = view->facts.share(key);
  c.node = &record->value;
  c.facts = c.said ? &c.said->value : &unknown;
  bool elsewhere = is_new;
  for (auto& [name, known] : values) {
    const auto number =
        known.numbers.try_emplace(attribute(*c.node, *c.facts, name), known.numbers.size()).first->second;
    elsewhere |= known.of_node[c.index] != number;
    known.of_node[c.index] = number;
  }
  // Orders and shapes are of the nodes and their values as they were.
  if (elsewhere) orders.clear();
  judge(c);
}

// REQUIRES: nothing is promised on it any more.
void Nodes::Table::drop_node(std::uint32_t node) {
  Candidate& c = candidates[node];
  awaited -= c.awaited;
  index.erase(*c.node->id);
  std::erase(in_order, node);
  c = Candidate{.index = node};
  rooms[node] = {};
  free.push_back(node);
  orders.clear();
}

void Nodes::Table::renumber() {
  for (std::uint32_t rank = 0; rank < in_order.size(); ++rank) {
    candidates[in_order[rank]].rank = rank;
    rooms[in_order[rank]].rank = rank;
  }
  orders.clear();
  shapes.clear();
  run.reset();
  ++changes;
}

std::vector<const Candidate*> Nodes::Table::all() const {
  std::vector<const Candidate*> nodes;
  nodes.reserve(in_order.size());
  for (const std::uint32_t i : in_order) nodes.push_back(&candidates[i]);
  return nodes;
}

void Nodes::hear(const NodeId& node, model::NodeState state) {
  Table& t = *table_;
  t.heard[node] = state;
  if (const auto at = t.index.find(*node); at != t.index.end()) t.judge(t.candidates[at->second]);
}

void Nodes::forget(const NodeId& node) {
  Table& t = *table_;
  t.heard.erase(node);
  if (const auto at = t.index.find(*node); at != t.index.end()) t.judge(t.candidates[at->second]);
}

void Nodes::follow(const model::ClusterView& next, const std::vector<std::string>& keys) {
  Table& t = *table_;
  const model::ClusterView& was = *t.view;
  t.take_back(0);
  if (t.journal.capacity() > 1'000) std::vector<Table::Done>().swap(t.journal);  // a large round's
  t.rebooked.clear();

  // Which instances may be promised something else now, and which nodes are others?
  std::set<std::string> instances, nodes;
  for (const std::string& key : keys) {
    for (const std::string_view table : {"instances/", "statuses/"})
      if (const auto tail = tail_in(key, table, t.grid); !tail.empty()) instances.emplace(tail);
    for (const std::string_view table : {"nodes/", "facts/"})
      if (const auto tail = tail_in(key, table, t.grid); !tail.empty()) nodes.emplace(tail);
    // What an instance was made from: its revision, or for want of that its service.
    const auto revision = tail_in(key, "revisions/", t.grid), service = tail_in(key, "services/", t.grid);
    if (revision.empty() && service.empty()) continue;
    const auto path = std::string(revision.empty() ? service : revision.substr(0, revision.rfind('/'))) + '/';
    for (const auto* view : {&was, &next})
      view->instances.each(path, [&](const auto& item) {
        const auto its = model::revision_key(item.value.service_path(), item.value.instance_revision);
        const bool is_kept = was.revisions.get(its) && next.revisions.get(its);
        if (revision.empty() ? !is_kept : its == revision) instances.insert(item.key);
      });
  }

  // The instances of a node that comes or goes are counted with it.
  std::vector<std::string> gone, come;
  for (const std::string& node : nodes) {
    const bool is_known = t.index.contains(node.substr(t.grid.size() + 1));
    if (is_known && !next.nodes.get(node)) gone.push_back(node);
    if (!is_known && next.nodes.get(node)) come.push_back(node);
  }
  for (const std::string& node : gone)
    was.by_node.each(node + '/', [&](const auto& item) { instances.insert(item.value); });
  for (const std::string& node : come)
    next.by_node.each(node + '/', [&](const auto& item) { instances.insert(item.value); });

  for (const std::string& key : instances) t.count(was, key, -1);
  t.view = &next;
  for (const std::string& node : gone) t.drop_node(t.index.at(node.substr(t.grid.size() + 1)));
  for (const std::string& node : nodes)
    if (next.nodes.get(node)) t.put_node(node);
  const bool others = !gone.empty() || !come.empty();
  if (others || t.orders.empty()) t.renumber();
  for (const std::string& key : instances) t.count(next, key, 1);
}

std::vector<NodeId> Nodes::eligible(const Request& request) const {
  const auto* meets = table_->shape(request.spec->placing).meets();
  std::vector<NodeId> nodes;
  for (const std::uint32_t i : table_->in_order) {
    const Candidate& c = table_->candidates[i];
    if (c.ready && (!meets || (*meets)[i]) && has_needed(*c.facts, request.needs)) nodes.push_back(c.node->id);
  }
  return nodes;
}

bool Nodes::awaits_nodes() const { return table_->awaited > 0; }

}  // namespace kontena::schedule
