#include "node.h"

#include "metrics.h"
#include "registry_user.h"

#include <algorithm>

namespace kontena::agent {
namespace {

MeshOptions with_events(MeshOptions options, EventLog& events, Uplink& uplink) {
  options.moved = [&uplink] { uplink.reconnect(); };
  options.drifted = [&events](const std::string& what) { events.note(api::network_drift, what); };
  return options;
}

}  // namespace

Node::Node(Parts parts)
    : context_(std::move(parts.context)),
      uplink_(std::move(parts.servers)),
      events_(context_, uplink_, std::move(parts.events_file)),
      overlay_(parts.mesh ? std::make_unique<OverlayNetwork>(context_, uplink_, with_events(*parts.mesh, events_, uplink_)) : nullptr),
      beat_(context_, uplink_),
      receive_(context_, uplink_),
      observe_(context_),
      look_(context_),
      stats_(parts.stats ? std::make_unique<NodeStats>(context_, uplink_) : nullptr),
      images_(std::move(parts.images)),
      image_parts_(images_ ? std::make_unique<ImageParts>(*images_, uplink_, parts.parts_folder) : nullptr),
      builds_(images_ ? std::make_unique<Builds>(context_, uplink_, *images_, parts.parts_folder) : nullptr),
      inside_(std::move(parts.inside)),
      channels_(inside_ ? std::make_unique<Channels>(context_, uplink_, *inside_) : nullptr),
      content_(parts.content ? std::make_unique<Content>(*parts.content, content_from(uplink_)) : nullptr),
      logs_(parts.logs ? std::make_unique<LogShipping>(context_, uplink_, std::move(*parts.logs)) : nullptr),
      carry_out_(context_, std::move(parts.keep), parts.cores, std::move(parts.remember),
                 overlay_ ? overlay_->for_containers() : Overlay{}),
      clean_up_(context_, carry_out_, parts.clean_up, std::move(parts.fullness)),
      report_(context_, uplink_, [this, address = std::move(parts.address)](model::NodeFacts& facts) {
        facts.address = address(uplink_.at());
        if (overlay_) overlay_->complete(facts);
      },
      [this](const model::NodeFacts& facts) {
        if (overlay_) overlay_->told(facts);
      }),
      streams_(context_, uplink_, overlay_ ? overlay_->answerers() : Answerers{}, builds_.get(), channels_.get()),
      renew_(context_, uplink_, parts.papers) {
  if (content_) carry_out_.content_by(*content_);
  if (logs_) carry_out_.before_removal_by([this](const std::string& container) { logs_->before_removal(container); });
  carry_out_.registry_users_by([this](const auto& instance, const auto& image) { return registry_user(uplink_, instance, image); });
  if (image_parts_)
    carry_out_.bring_images_by([this](const auto& name, const auto& manifest, const auto& on_progress) {
      return image_parts_->bring(name, manifest, on_progress);
    });
  // A step waits by itself for its reason to go on; but not once we are stopping,
  // so that is waited for here.
  const auto add = [this](std::string name, std::function<void()> step) {
    loops_.push_back(std::make_unique<Loop>(std::move(name), Duration(0), [this, step = std::move(step)] {
      if (context_.state.with([](const State& s) { return s.stopping; }))
        context_.state.wait(Duration(100), [](const State&) { return false; });
      else
        step();
    }));
  };
  add("beat", [this] { beat_.step(); });
  add("receive", [this] { receive_.step(); });
  add("resume", [this] { receive_.resume(); });
  add("observe", [this] { observe_.look(); });
  add("events", [this] { observe_.watch(); });
  add("look", [this] { look_.step(); });
  add("reconcile", [this] { plan(); });
  add("clean-up", [this] { clean_up_.step(); });
  add("report", [this] { report_.step(); });
  add("streams", [this] { streams_.step(); });
  add("tell", [this] { events_.step(); });
  if (stats_) add("stats", [this] { stats_->step(); });
  if (logs_) {
    add("logs", [this] { logs_->collect(); });
    add("send logs", [this] { logs_->send(); });
    add("forwards", [this] { logs_->hear_forwards(); });
    add("tell forwards", [this] { logs_->tell_forwards(); });
  }
  if (overlay_) {
    add("network", [this] { overlay_->receive(); });
    add("mesh", [this] { overlay_->mesh(); });
    add("names", [this] { overlay_->names(); });
    add("pool", [this] { overlay_->pool(); });
  }
  if (!parts.papers.certificate_pem.empty()) add("renew", [this] { renew_.step(); });
}

void Node::start() {
  for (const auto& loop : loops_) loop->start();
}

std::vector<std::string> Node::stuck() const {
  std::vector<std::string> names;
  for (const auto& loop : loops_)
    if (loop->is_stuck()) names.push_back(loop->name());
  return names;
}

std::string Node::metrics(const std::string& node_name) const { return metrics_text(context_, node_name, logs_.get()); }

void Node::plan() {
  constexpr Duration longest(3'600'000);
  const Duration limit =
      wake_ms_ == 0 ? longest : std::clamp(from_ms(wake_ms_) - context_.clock.now(), Duration(0), longest);
  context_.state.wait(limit, [](const State& s) { return s.replan || s.stopping; });
  wake_ms_ = carry_out_.round();
}

void Node::wind_up(Duration limit) {
  context_.state.change([](State& s) { s.stopping = true; });
  events_.close();
  if (overlay_) overlay_->wind_up();
  carry_out_.close();
  carry_out_.wait_idle(limit);
}

void Node::stop() {
  wind_up(Duration(0));
  for (const auto& loop : loops_) loop->stop();
}

}  // namespace kontena::agent
