#include "progress.h"

#include <algorithm>
#include <set>

#include "describe.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

using model::InstanceState;

// An instance's stage, without what changes all the time.
std::string stage(const api::InstanceSummary& instance) {
  const model::InstanceStatus& status = instance.status;
  const bool gone = status.state == InstanceState::stopped || status.state == InstanceState::removed;
  if (instance.desired != "running") return gone ? std::string(model::name(status.state)) : "stopping";
  if (instance.node.empty())
    return instance.why_not.empty() ? "waiting for a node" : "waiting: " + plain_text(instance.why_not);
  switch (status.state) {
    case InstanceState::pending:
      return "placed";
    case InstanceState::running:
      if (status.health == model::Health::none) return "running";
      if (status.health == model::Health::starting) return "running (health: starting)";
      return "running (" + std::string(model::name(status.health)) + ')';
    case InstanceState::exited:
      return "exited with " + std::to_string(status.exit_code);
    default:
      break;
  }
  const std::string word(model::name(status.state));
  return status.message.empty() ? word : word + ": " + plain_text(status.message);
}

// Where the old revision still runs there is nothing to tell until it goes.
bool is_told(const api::InstanceSummary& instance) { return !instance.outdated || instance.desired != "running"; }

bool is_up(const api::InstanceSummary& instance) {
  const auto health = instance.status.health;
  return instance.status.state == InstanceState::running &&
         (health == model::Health::none || health == model::Health::healthy);
}

// The nodes where all is well by name alone, the rest with what they are at.
std::string details(const api::DeploymentDetail& detail, const api::ServiceSummary& service, Time now) {
  std::set<std::string> well;
  std::vector<std::string> parts;
  for (const api::InstanceSummary& instance : detail.instances) {
    if (instance.service != service.name || instance.outdated || instance.desired != "running") continue;
    if (is_up(instance))
      well.insert(instance.node);
    else
      parts.push_back(slot_name(instance) + (instance.node.empty() ? " " : " on " + instance.node + ' ') +
                      instance_state(instance, now).text);
  }
  std::string text;
  for (const std::string& node : well) text += (text.empty() ? "" : " ") + node;
  for (const std::string& part : parts) text += (text.empty() ? "" : " · ") + part;
  if (text.empty()) text = plain_text(service.reason);
  return text;
}

}  // namespace

Result<ProgressMode> find_progress(const Session& session) {
  const std::string wish = session.arguments.value("--progress", "auto");
  if (wish == "tty") return ProgressMode::tty;
  if (wish == "plain") return ProgressMode::plain;
  if (wish == "json") return ProgressMode::json;
  if (wish == "quiet") return ProgressMode::quiet;
  if (wish != "auto")
    return Error{Code::invalid_argument, "'" + wish + "' is no way to show progress",
                 "auto, tty, plain, json or quiet"};
  if (session.look.quiet) return ProgressMode::quiet;
  const bool smart = session.outside.err_is_terminal && session.outside.variable("TERM") != "dumb";
  return smart ? ProgressMode::tty : ProgressMode::plain;
}

std::vector<Change> Changes::next(const api::DeploymentDetail& detail) {
  std::vector<Change> changes;
  std::map<std::string, Change> present;
  for (const api::InstanceSummary& instance : detail.instances) {
    const Change change{instance.service, slot_name(instance), instance.node, stage(instance)};
    present[instance.id] = change;
    std::string& told = instances_[instance.id];
    if (told == change.what) continue;
    const bool older = first_ && instance.created_ms < detail.deployment.created_ms;
    const bool tell = is_told(instance) && !older;
    told = change.what;
    if (tell) changes.push_back(change);
  }
  for (const auto& [id, before] : last_)
    if (!present.contains(id) && before.what != "removed")
      changes.push_back({before.service, before.instance, before.node, "removed"});
  last_ = std::move(present);
  for (const api::ServiceSummary& service : detail.services) {
    std::string& told = services_[service.name];
    if (told == service.state) continue;
    const bool end = service.state == "running" || service.state == "completed" || service.state == "stopped";
    if (end && !first_)
      changes.push_back({service.name, "", "",
                         std::to_string(service.running) + '/' + std::to_string(service.wanted) + ' ' + service.state});
    else if (service.state == "failed")
      changes.push_back(
          {service.name, "", "", "failed" + (service.reason.empty() ? "" : ": " + plain_text(service.reason))});
    told = service.state;
  }
  first_ = false;
  return changes;
}

std::string plain_line(const Change& change) {
  std::string line = change.instance.empty() ? change.service : change.instance;
  if (!change.node.empty()) line += " on " + change.node;
  return line + ": " + change.what;
}

std::string json_line(const model::Deployment& deployment, const Change& change, Time now) {
  codec::Document document;
  const auto put = [&](std::string_view key, const auto& value) {
    codec::put(codec::member(document.root(), key), value);
  };
  put("time", text::rfc3339(now));
  put("deployment", *deployment.id);
  put("stack", deployment.stack);
  put("revision", deployment.to);
  put("service", change.service);
  put("instance", change.instance);
  put("node", change.node);
  put("text", change.what);
  return document.dump();
}

std::vector<std::string> frame(const api::DeploymentDetail& detail, const std::string& title, Duration elapsed,
                               Time now, Size size, bool colour) {
  const auto columns = static_cast<std::size_t>(std::max(10, size.columns - 1));
  const auto room = static_cast<std::size_t>(std::max(1, size.lines - 4));
  std::vector<std::string> lines{paint(clip(title, columns), Tone::strong, colour)};
  std::size_t names = 0, states = 0, counts = 0;
  const auto count = [](const api::ServiceSummary& s) {
    return std::to_string(s.running) + '/' + std::to_string(s.wanted);
  };
  for (const api::ServiceSummary& service : detail.services) {
    names = std::max(names, width(service.name));
    states = std::max(states, width(service.state));
    counts = std::max(counts, width(count(service)));
  }
  // What is not finished comes first when there is no room for all.
  std::vector<const api::ServiceSummary*> order;
  for (const api::ServiceSummary& service : detail.services) order.push_back(&service);
  if (order.size() > room)
    std::ranges::stable_partition(order, [](const auto* s) { return tone_of(s->state) != Tone::good; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == room) {
      lines.push_back(clip("   … " + count_text(static_cast<std::int64_t>(order.size() - i), "more service"), columns));
      break;
    }
    const api::ServiceSummary& service = *order[i];
    const Tone tone = tone_of(service.state);
    const std::string head = " " + std::string(glyph_of(service.state)) + ' ';
    const std::string rest = clip(pad(service.name, names) + "  " + pad(service.state, states) + "  " +
                                      pad(count(service), counts) + "  " + details(detail, service, now),
                                  columns - width(head));
    lines.push_back(paint(head, tone, colour) + std::string(rest.substr(0, rest.find_last_not_of(' ') + 1)));
  }
  const std::string foot = " " + text::human_duration(elapsed) + " · Ctrl-C ends the waiting, not the deploy";
  lines.push_back(paint(clip(foot, columns), Tone::faint, colour));
  return lines;
}

void Painter::draw(const std::vector<std::string>& lines) {
  if (lines == drawn_) return;
  // One write for a frame, lest it flickers.
  std::string bytes;
  if (!hidden_) bytes += "\x1b[?25l";
  hidden_ = true;
  if (!drawn_.empty()) bytes += "\r\x1b[" + std::to_string(drawn_.size()) + 'A';
  for (const std::string& line : lines) bytes += line + "\x1b[K\n";
  bytes += "\x1b[J";
  to_ << bytes << std::flush;
  drawn_ = lines;
}

void Painter::finish() {
  if (hidden_) to_ << "\x1b[?25h" << std::flush;
  hidden_ = false;
}

}  // namespace kontena::client
