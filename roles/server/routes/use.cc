#include "use.h"

#include <algorithm>

#include "../use.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/stats.h"

namespace kontena::server {
namespace {

constexpr std::int64_t longest_ms = 93ll * 24 * 3'600'000;

api::StatsPoint point_of(const stats::Point& p) {
  const stats::Values& v = p.values;
  return {p.at_ms, v[stats::cpu_milli], v[stats::throttled_milli], v[stats::memory], v[stats::memory_limit],
          v[stats::oom_kills], v[stats::received], v[stats::sent], v[stats::read], v[stats::written], v[stats::pids],
          v[stats::disk_used], v[stats::disk_size], v[stats::load]};
}

struct Wanted {
  std::int64_t since_ms = 0;
  std::size_t points = 1;
};

Result<Wanted> asked_of(const Call& call) {
  KTN_TRY(const std::int64_t length, number_asked(call, "since_ms", 3'600'000));
  KTN_TRY(const std::int64_t points, number_asked(call, "points", 1));
  if (length < 1 || length > longest_ms)
    return Error{Code::invalid_argument, "?since_ms= is 1 to " + std::to_string(longest_ms)};
  if (points < 1 || points > 360) return Error{Code::invalid_argument, "?points= is 1 to 360"};
  return Wanted{to_ms(call.now) - length, static_cast<std::size_t>(points)};
}

// The history of an instance is that of its slot: it goes on over roll-outs.
std::string series_of(const ClusterView& view, const model::Instance& i) {
  const auto* project = view.projects.get(i.grid + '/' + i.project);
  return "s/" + i.grid + '/' + i.project + '@' + std::to_string(project ? project->created_ms : 0) + '/' + i.stack + '/' + i.service + '/' + std::to_string(i.slot);
}
std::string series_of(const std::string& node_key) { return "n/" + node_key; }

Status add_series(const Use& use, const Call& call, const Wanted& asked, const std::string& key, const std::string& history, api::StatsSeries series,
                  std::int64_t& total, api::StatsList& list) {
  const auto points = use.points(key, history, asked.since_ms, to_ms(call.now), asked.points);
  total += static_cast<std::int64_t>(points.size());
  if (total > api::most_stats_points)
    return Error{Code::exhausted, "more than " + std::to_string(api::most_stats_points) + " points", "ask for one service, or for fewer points"};
  for (const stats::Point& point : points) series.points.push_back(point_of(point));
  list.series.push_back(std::move(series));
  return Done{};
}

// What of it is a sum that means something.
void add(api::StatsPoint& sum, const api::StatsPoint& p) {
  sum.at_ms = std::max(sum.at_ms, p.at_ms);
  sum.cpu_milli += p.cpu_milli;
  sum.memory_bytes += p.memory_bytes;
  sum.oom_kills += p.oom_kills;
  sum.received_bytes_second += p.received_bytes_second;
  sum.sent_bytes_second += p.sent_bytes_second;
  sum.read_bytes_second += p.read_bytes_second;
  sum.written_bytes_second += p.written_bytes_second;
  sum.pids += p.pids;
}

}  // namespace

std::optional<api::StatsPoint> use_of(const Context& context, const ClusterView& view, const model::Node& node, Time now) {
  if (!context.use) return std::nullopt;
  const auto newest = context.use->newest(node.grid + '/' + *node.id + '/', to_ms(now) - stats_fresh_ms(view, node.grid));
  return newest ? std::optional(point_of(*newest)) : std::nullopt;
}

std::optional<api::StatsPoint> use_of(const Context& context, const ClusterView& view, const std::string& service, Time now) {
  std::optional<api::StatsPoint> sum;
  if (!context.use) return sum;
  view.instances.each(service + '/', [&](const auto& item) {
    if (item.value.node.empty()) return;
    const auto newest = context.use->newest(model::by_node_key(item.value), to_ms(now) - stats_fresh_ms(view, item.value.grid));
    if (newest) add(sum ? *sum : sum.emplace(), point_of(*newest));
  });
  return sum;
}

// What is not this node's is left out, and counted: it may have gone to another meanwhile.
Result<http::Response> take_stats(Context& context, const View& view, const Call& call, http::Upload*) {
  KTN_TRY(const stats::Batch batch, stats::decode(call.body));
  const std::string prefix = call.who.grid + '/' + call.who.id + '/';
  std::vector<Use::Sample> samples;
  for (const stats::Sample& sample : batch.samples) {
    const std::string key = prefix + sample.instance;
    const std::string* at = sample.instance.empty() ? nullptr : view->by_node.get(key);
    const auto* instance = at ? view->instances.get(*at) : nullptr;
    if (instance) samples.push_back({key, series_of(*view, *instance), sample.values});
    else if (sample.instance.empty()) samples.push_back({key, series_of(call.who.grid + '/' + call.who.id), sample.values});
  }
  api::StatsTaken taken{.refused = static_cast<std::int64_t>(batch.samples.size() - samples.size())};
  taken.refused += static_cast<std::int64_t>(context.use->add(to_ms(call.now) - batch.ago_ms, samples));
  return http::Response{.body = codec::to_json(taken)};
}

Result<Answer> list_stats(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  KTN_TRY(const Wanted asked, asked_of(call));
  std::string prefix = call.at("grid") + '/' + call.at("project") + '/';
  if (const std::string stack = call.ask("stack"); !stack.empty()) {
    KTN_OK(check_asked_stack(view, call, access::Verb::view));
    prefix += stack + '/';
    if (const std::string service = call.ask("service"); !service.empty()) prefix += service + '/';
  }
  const std::string only = call.ask("instance");
  api::StatsList list;
  std::int64_t total = 0;
  Status enough = Done{};
  view.instances.each(prefix, [&](const auto& item) {
    const model::Instance& instance = item.value;
    if (!enough || instance.node.empty() || (!only.empty() && *instance.id != only)) return;
    if (!call.may(access::Verb::view, place_of(instance))) return;
    const auto* node = view.nodes.get(instance.grid + '/' + *instance.node);
    const auto* status = view.statuses.get(item.key);
    enough = add_series(*context.use, call, asked, model::by_node_key(instance), series_of(view, instance),
                        {.id = *instance.id, .stack = instance.stack, .service = instance.service, .slot = instance.slot,
                         .node = node ? node->name : *instance.node, .restarts = status ? status->restarts : 0},
                        total, list);
  });
  KTN_OK(enough);
  std::ranges::stable_sort(list.series, {}, [](const auto& s) { return std::tie(s.stack, s.service, s.slot); });
  return answer(list);
}

Result<Answer> list_node_stats(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  KTN_TRY(const Wanted asked, asked_of(call));
  std::string only;
  if (const std::string name = call.ask("node"); !name.empty()) {
    Call of_node = call;
    of_node.path["node"] = name;
    KTN_TRY(const auto* node, find_node(view, of_node));
    only = *node->value.id;
  }
  api::StatsList list;
  std::int64_t total = 0;
  Status enough = Done{};
  view.nodes.each(call.at("grid") + '/', [&](const auto& item) {
    if (!enough || (!only.empty() && *item.value.id != only)) return;
    enough = add_series(*context.use, call, asked, item.key + '/', series_of(item.key), {.id = *item.value.id, .node = item.value.name}, total, list);
  });
  KTN_OK(enough);
  std::ranges::stable_sort(list.series, {}, &api::StatsSeries::node);
  return answer(list);
}

}  // namespace kontena::server
