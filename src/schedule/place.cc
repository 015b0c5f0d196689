#include "kontena/schedule/place.h"

#include <algorithm>
#include <tuple>

#include "kontena/schedule/constraint.h"
#include "table.h"

namespace kontena::schedule {
namespace {

// So many lists of constraints are remembered; then they are worked out anew.
constexpr std::size_t most_lists = 256;

std::string text_of(const std::vector<model::Constraint>& constraints) {
  std::string text;
  for (const model::Constraint& c : constraints)
    text.append(c.attribute).append(c.equal ? "==" : "!=").append(c.value).append(1, '\0');
  return text;
}

std::int64_t count_of(const Counts& counts, std::uint32_t node) {
  const auto at = counts.find(node);
  return at == counts.end() ? 0 : at->second;
}

}  // namespace

Question Nodes::Table::question(const Request& request) {
  const Counts& counts = of_service[request.path.text()];
  const auto& constraints = request.spec->placing.constraints;
  if (constraints.empty()) return {request, nullptr, counts};
  if (meets.size() > most_lists) meets.clear();
  auto& met = meets[text_of(constraints)];
  if (!met) {
    std::vector<char> each(candidates.size());
    for (const Candidate& c : candidates) each[c.index] = schedule::meets(*c.node, *c.facts, constraints);
    met = std::make_shared<const std::vector<char>>(std::move(each));
  }
  return {request, met, counts};
}

// The spread attributes; without any, instances keep apart by zone.
std::vector<const Values*> Nodes::Table::levels(const model::Placing& placing) {
  static const model::Strings by_zone{"node.labels.zone"};
  std::vector<const Values*> levels;
  for (const std::string& name : placing.spread.empty() ? by_zone : placing.spread) {
    const auto [at, is_new] = values.try_emplace(name);
    levels.push_back(&at->second);
    if (!is_new) continue;
    std::unordered_map<std::string, std::uint32_t> numbers;
    for (const Candidate& c : candidates)
      at->second.of_node.push_back(
          numbers.try_emplace(attribute(*c.node, *c.facts, name), numbers.size()).first->second);
    at->second.count = static_cast<std::uint32_t>(numbers.size());
  }
  return levels;
}

std::optional<std::uint32_t> Nodes::Table::in_order_of_load(const Question& question) const {
  for (const auto& [load, node] : by_load)
    if (admits(candidates[node], question)) return node;
  return std::nullopt;
}

// With most of its stack's instances; none of them admits it: no answer.
std::optional<std::uint32_t> Nodes::Table::beside_its_stack(const Question& question) {
  const auto stack = of_stack.find(question.request.path.stack_path().text());
  if (stack == of_stack.end()) return std::nullopt;
  std::optional<std::uint32_t> best;
  const auto cost = [&](std::uint32_t node) {
    return std::tuple(-count_of(stack->second, node), count_of(question.of_service, node), candidates[node].load, node);
  };
  for (const auto& [node, count] : stack->second)
    if (admits(candidates[node], question) && (!best || cost(node) < cost(*best))) best = node;
  return best;
}

// Without the nodes to avoid; where no other fits, among all.
std::optional<std::uint32_t> Nodes::Table::choose(const Question& question) {
  if (question.request.avoid.empty() || question.request.pinned) return best_of(question);
  Question rather = question;
  rather.avoids = true;
  if (const auto node = best_of(rather)) return node;
  run->spread.reset();
  return best_of(question);
}

std::optional<std::uint32_t> Nodes::Table::best_of(const Question& question) {
  const Request& request = question.request;
  for (const auto& wish : {request.pinned, request.prefer}) {
    const auto at = wish ? index.find(**wish) : index.end();
    if (at != index.end() && admits(candidates[at->second], question)) return at->second;
  }
  if (request.pinned) return std::nullopt;
  if (request.with_stack)
    if (const auto node = beside_its_stack(question)) return node;
  // Where none of its instances is, spreading has nothing to say.
  if (question.of_service.empty()) return in_order_of_load(question);
  run->spread.emplace(candidates, question, levels(request.spec->placing));
  return run->spread->take();
}

void Nodes::Table::book(std::uint32_t node, const Request& request) {
  share(node, request.path, *request.spec, {.there = true, .alive = true}, 1);
  std::ranges::move(held_ports(*request.spec), std::back_inserter(candidates[node].ports));
}

Placement Nodes::place(const Request& request) {
  Table& t = *table_;
  const Question question = t.question(request);
  Table::Key key{request.path,        request.pinned,        request.spec->mode, request.spec->reservations,
                 request.spec->ports, request.spec->placing, request.not_on,     request.avoid};
  const bool same = t.run && t.run->changes == t.changes && t.run->key == key;
  if (same && !t.run->why_not.empty()) return {std::nullopt, t.run->why_not};
  if (!same) t.run.emplace(Table::Run{std::move(key), 0, std::nullopt, {}});

  const bool goes_on = same && t.run->spread && !request.prefer && !request.with_stack && request.avoid.empty();
  const auto node = goes_on ? t.run->spread->take() : (t.run->spread.reset(), t.choose(question));
  if (!node) {
    t.run->why_not = tally(t.candidates, question);
    t.run->changes = t.changes;
    return {std::nullopt, t.run->why_not};
  }
  t.book(*node, request);
  if (t.run->spread) t.run->spread->put_back(admits(t.candidates[*node], question));
  t.run->changes = t.changes;
  return {t.candidates[*node].node->id, {}};
}

Placement Nodes::instead_of(const model::Instance& instance, const model::ServiceSpec& its, const Request& request) {
  Table& t = *table_;
  const auto booked = t.booked(instance, its);
  std::vector<HeldPort> kept;
  if (booked) {
    auto& ports = t.candidates[booked->node].ports;
    kept = ports;
    for (const HeldPort& port : held_ports(its))
      if (const auto held = std::ranges::find(ports, port); held != ports.end()) ports.erase(held);
    t.share(booked->node, instance.service_path(), its, booked->share, -1);
  }

  const Question question = t.question(request);
  std::optional<std::uint32_t> node;
  if (!request.pinned)
    node = t.in_order_of_load(question);
  else if (const auto pin = t.index.find(**request.pinned); pin != t.index.end())
    if (admits(t.candidates[pin->second], question)) node = pin->second;
  Placement placement;
  if (node)
    placement.node = t.candidates[*node].node->id;
  else
    placement.why_not = tally(t.candidates, question);

  if (booked) {
    t.share(booked->node, instance.service_path(), its, booked->share, 1);
    t.candidates[booked->node].ports = std::move(kept);
  }
  return placement;
}

}  // namespace kontena::schedule
