#include "kontena/schedule/place.h"

#include <algorithm>
#include <tuple>

#include "kontena/schedule/constraint.h"
#include "table.h"

namespace kontena::schedule {
namespace {

constexpr std::size_t most_shapes = 64;  // kept; the one that was asked least lately goes

// The spread attributes; without any, instances keep apart by zone.
const model::Strings& spread_of(const model::Placing& placing) {
  static const model::Strings by_zone{"node.labels.zone"};
  return placing.spread.empty() ? by_zone : placing.spread;
}

std::string text_of(const model::Strings& attributes) {
  std::string text;
  for (const std::string& name : attributes) text.append(name).append(1, '\0');
  return text;
}

std::string text_of(const model::Placing& placing) {
  std::string text = text_of(spread_of(placing));
  for (const model::Constraint& c : placing.constraints)
    text.append(c.attribute).append(c.equal ? "==" : "!=").append(c.value).append(1, '\0');
  return text;
}

}  // namespace

Nodes::Table::Key::Key(const Request& r)
    : path(r.path),
      pinned(r.pinned),
      mode(r.spec->mode),
      reservations(r.spec->reservations),
      ports(r.spec->ports),
      placing(r.spec->placing),
      not_on(r.not_on),
      avoid(r.avoid),
      pinned_for(r.pinned_for),
      along(r.along),
      along_ports(r.along_ports),
      needs(r.needs) {}

bool Nodes::Table::Key::same(const Request& r) const {
  return path == r.path && pinned == r.pinned && mode == r.spec->mode && reservations == r.spec->reservations &&
         ports == r.spec->ports && placing == r.spec->placing && not_on == r.not_on && avoid == r.avoid &&
         pinned_for == r.pinned_for && along == r.along && along_ports == r.along_ports &&
         needs == r.needs;
}

const Values& Nodes::Table::valued(const std::string& name) {
  const auto [at, is_new] = values.try_emplace(name);
  Values& known = at->second;
  if (!is_new) return known;
  known.of_node.resize(candidates.size());
  for (const std::uint32_t i : in_order) {
    const Candidate& c = candidates[i];
    known.of_node[i] =
        known.numbers.try_emplace(attribute(*c.node, *c.facts, name), known.numbers.size()).first->second;
  }
  return known;
}

std::vector<const Values*> Nodes::Table::levels(const model::Placing& placing) {
  std::vector<const Values*> levels;
  for (const std::string& name : spread_of(placing)) levels.push_back(&valued(name));
  return levels;
}

std::vector<char> Nodes::Table::meeting(const std::vector<model::Constraint>& constraints) {
  std::vector<char> meets(candidates.size(), 1);
  for (const model::Constraint& constraint : constraints) {
    const Values& known = valued(constraint.attribute);
    std::vector<char> good(known.numbers.size());
    for (const auto& [value, number] : known.numbers) good[number] = schedule::meets(value, constraint);
    for (const std::uint32_t i : in_order) meets[i] &= good[known.of_node[i]];
  }
  return meets;
}

const Shape& Nodes::Table::shape(const model::Placing& placing) {
  if (moved.size() > 4 * candidates.size() + 1'000) {
    moved_before += moved.size();
    moved.clear();
  }
  const std::uint64_t now = moved_before + moved.size();
  const std::string key = text_of(placing);
  auto at = shapes.find(key);
  // One that has missed more than there are nodes is made anew.
  if (at != shapes.end() && (at->second.seen < moved_before || now - at->second.seen > candidates.size())) {
    shapes.erase(at);
    at = shapes.end();
  }
  if (at == shapes.end()) {
    auto& order = orders[text_of(spread_of(placing))];
    if (!order) order = std::make_shared<const Order>(in_order, candidates.size(), levels(placing));
    std::optional<std::vector<char>> meets;
    if (!placing.constraints.empty()) meets = meeting(placing.constraints);
    if (shapes.size() >= most_shapes)
      shapes.erase(std::ranges::min_element(shapes, {}, [](const auto& one) { return one.second.used; }));
    at = shapes.emplace(key, Indexed{Shape(order, std::move(meets), rooms), 0, now}).first;
  }
  Indexed& found = at->second;
  found.used = ++asked;
  found.shape.update(std::span(moved).subspan(found.seen - moved_before), rooms);
  found.seen = now;
  return found.shape;
}

Question Nodes::Table::question(const Request& request) {
  static const Counts none;
  const auto counts = of_service.find(request.path.text());
  const model::Resources& reserved = request.spec->reservations;
  const model::Resources more = expected(request.path.text(), reserved);
  return {request, shape(request.spec->placing).meets(), counts == of_service.end() ? none : counts->second,
          {.nano_cpus = reserved.nano_cpus + more.nano_cpus, .memory_bytes = reserved.memory_bytes + more.memory_bytes}};
}

// Without the nodes to avoid, and among those with room for what is likely; then without the one, then without the other.
std::optional<std::uint32_t> Nodes::Table::choose(const Question& question) {
  if (question.request.pinned) return best_of(question);
  Question rather = question;
  rather.avoids = !question.request.avoid.empty();
  const bool asks = question.likely.nano_cpus > 0 || question.likely.memory_bytes > 0;
  if (peaks && !peaks->empty() && asks && !run->no_room && !fits_preferred(rather)) {
    rather.roomy = true;
    if (const auto node = best_of(rather)) return node;
    run->no_room = true;
    rather.roomy = false;
  }
  if (!rather.avoids) return best_of(question);
  if (const auto node = best_of(rather)) return node;
  return best_of(question);
}

// Its data is worth more than room that may be wanted.
bool Nodes::Table::fits_preferred(const Question& question) const {
  const auto& wish = question.request.prefer;
  const auto at = wish ? index.find(**wish) : index.end();
  return at != index.end() && admits(candidates[at->second], question);
}

std::optional<std::uint32_t> Nodes::Table::best_of(const Question& question) {
  const Request& request = question.request;
  for (const auto& wish : {request.pinned, request.prefer}) {
    const auto at = wish ? index.find(**wish) : index.end();
    if (at != index.end() && admits(candidates[at->second], question)) return at->second;
  }
  if (request.pinned) return std::nullopt;
  // A search costs as much as the service has nodes. Where a run of requests has
  // paid for that as often as there are nodes, it puts them in order once.
  run->looked += question.of_service.size();
  if (run->looked <= candidates.size() || !request.avoid.empty()) return search(question);
  run->roomy = question.roomy;
  run->spread.emplace(candidates, question, levels(request.spec->placing));
  return run->spread->take();
}

Placement Nodes::place(const Request& request) {
  Table& t = *table_;
  const bool same = t.run && t.run->changes == t.changes && t.run->key.same(request);
  if (same && !t.run->why_not.empty()) return {std::nullopt, t.run->why_not};
  if (!same) t.run.emplace(Table::Run{.key = Table::Key(request), .why_not = {}});

  const bool goes_on = same && t.run->spread && !request.prefer && request.avoid.empty();
  if (!goes_on) t.run->spread.reset();
  auto node = goes_on ? t.run->spread->take() : t.choose(t.question(request));
  if (!node && goes_on && t.run->roomy) {
    t.run->spread.reset();
    t.run->no_room = true;
    node = t.choose(t.question(request));
  }
  if (!node) {
    t.run->why_not = tally(t.all(), t.question(request));
    t.run->changes = t.changes;
    return {std::nullopt, t.run->why_not};
  }
  t.book(*node, request);
  if (t.run->spread) {
    Question again = t.question(request);
    again.roomy = t.run->roomy;
    t.run->spread->put_back(admits(t.candidates[*node], again));
  }
  t.run->changes = t.changes;
  return {t.candidates[*node].node->id, {}};
}

Placement Nodes::instead_of(const model::Instance& instance, const model::ServiceSpec& its, const Request& request) {
  Table& t = *table_;
  const auto booked = t.booked(instance, its);
  std::vector<HeldPort> kept;
  if (booked) {
    kept = t.candidates[booked->node].ports;
    t.hold(booked->node, held_ports(its), -1);
    t.share(booked->node, instance.service_path(), its.reservations, booked->share, -1);
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
    placement.why_not = tally(t.all(), question);

  if (booked) {
    t.share(booked->node, instance.service_path(), its.reservations, booked->share, 1);
    t.candidates[booked->node].ports = std::move(kept);
  }
  return placement;
}

}  // namespace kontena::schedule
