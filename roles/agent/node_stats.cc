#include "node_stats.h"

#include <algorithm>

#include "kontena/api/stats.h"
#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_call{10'000};

}  // namespace

std::vector<RunningContainer> running_containers(const State& s) {
  std::vector<RunningContainer> all;
  for (const std::string& instance : s.seen.instances())
    if (const auto* c = s.seen.of_instance(instance); c && c->state == engine::ContainerState::running && c->pid > 0)
      all.push_back({instance, c->id, c->pid});
  return all;
}

NodeStats::NodeStats(Context context, Uplink& uplink) : context_(std::move(context)), uplink_(uplink) { host_.open_host(); }

stats::Batch NodeStats::sample(Duration at) {
  const auto [running, disk] = context_.state.with([](const State& s) {
    return std::pair(running_containers(s), s.engine ? s.engine->data_dir : std::string());
  });
  stats::Batch batch;
  const Used host = host_.read_host(at, disk);
  if (host_before_) batch.samples.push_back({"", rates(*host_before_, host)});
  host_before_ = host;
  std::map<std::string, Container> kept;
  for (const RunningContainer& each : running) {
    if (batch.samples.size() >= stats::most_samples) break;
    Container container;
    if (const auto known = containers_.find(each.instance); known != containers_.end() && known->second.id == each.id && known->second.pid == each.pid)
      container = std::move(known->second);
    else
      container = {each.id, each.pid, std::make_unique<UseFiles>(), std::nullopt};
    // What cannot be opened or read has ended, and the engine tells of it before long.
    if (!container.before && !container.files->open_container(each.pid)) continue;
    const auto used = container.files->read_container(at);
    if (!used) continue;
    if (container.before) batch.samples.push_back({each.instance, rates(*container.before, *used)});
    container.before = used;
    kept.emplace(each.instance, std::move(container));
  }
  containers_ = std::move(kept);
  return batch;
}

// A batch that the server does not take is not told again: one of another version never will take it.
void NodeStats::tell() {
  while (!waiting_.empty()) {
    Waiting& oldest = waiting_.front();
    const Duration ago = std::max(Duration(0), context_.clock.steady() - oldest.at);
    if (ago.count() <= stats::longest_ago_ms) {
      oldest.batch.ago_ms = ago.count();
      http::Request request{.method = http::Method::post, .path = std::string(api::paths::agent_stats)};
      request.headers["content-type"] = "application/octet-stream";
      request.body = stats::encode(oldest.batch);
      const auto response = uplink_.server().send(request, longest_call);
      if (!response || response->status == 429 || response->status >= 500) return;
      if (response->status >= 300 && !std::exchange(refused_, true))
        log::warn("the server does not take statistics", {{"reason", api::error_of(*response).message}});
    }
    waiting_.pop_front();
    if (context_.state.with([](const State& s) { return s.stopping; })) return;
  }
}

void NodeStats::step() {
  const Duration now = context_.clock.steady();
  if (due_ > now) {
    const bool stopping = context_.state.wait(due_ - now, [](const State& s) { return s.stopping; });
    if (stopping || context_.clock.steady() < due_) return;
  }
  const Duration at = context_.clock.steady();
  const Duration said = context_.state.with([](const State& s) { return s.stats_interval; });
  const Duration interval = said > Duration(0) ? std::clamp(said, Duration(stats::least_interval_ms), Duration(stats::most_interval_ms)) : Duration(stats::usual_interval_ms);
  due_ = std::max(due_ + interval, at + interval / 2);
  stats::Batch batch = sample(at);
  if (!batch.samples.empty()) waiting_.push_back({at, std::move(batch)});
  std::size_t samples = 0;
  for (const Waiting& each : waiting_) samples += each.batch.samples.size();
  while (waiting_.size() > most_waiting || (samples > most_waiting_samples && waiting_.size() > 1)) {
    samples -= waiting_.front().batch.samples.size();
    waiting_.pop_front();
  }
  if (!context_.state.with([](const State& s) { return s.server_away; })) tell();
}

}  // namespace kontena::agent
