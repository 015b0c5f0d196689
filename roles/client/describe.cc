#include "describe.h"

#include <algorithm>
#include <array>

#include "kontena/base/text.h"

namespace kontena::client {
namespace {

using model::Desired;
using model::Health;
using model::InstanceState;

struct Word {
  std::string_view state;
  std::string_view glyph;
  Tone tone;
};
constexpr std::array words{
    Word{"aborted", "■", Tone::faint}, Word{"active", "✔", Tone::good},    Word{"completed", "✔", Tone::good},
    Word{"degraded", "!", Tone::bad},  Word{"drain", "○", Tone::busy},     Word{"failed", "✘", Tone::bad},
    Word{"joining", "○", Tone::busy},  Word{"lost", "✘", Tone::bad},       Word{"pause", "○", Tone::busy},
    Word{"ready", "✔", Tone::good},    Word{"removing", "●", Tone::busy},  Word{"running", "✔", Tone::good},
    Word{"silent", "○", Tone::busy},   Word{"starting", "●", Tone::busy},  Word{"stopped", "■", Tone::faint},
    Word{"stopping", "●", Tone::busy}, Word{"succeeded", "✔", Tone::good}, Word{"superseded", "■", Tone::faint},
    Word{"updating", "●", Tone::busy}, Word{"waiting", "○", Tone::busy},
};
static_assert(std::ranges::is_sorted(words, {}, &Word::state));

const Word* find_word(std::string_view state) {
  const auto found = std::ranges::lower_bound(words, state, {}, &Word::state);
  return found != words.end() && found->state == state ? &*found : nullptr;
}

std::string since(std::int64_t ms, Time now) {
  return ms == 0 ? std::string() : ' ' + text::human_duration(std::max(now - from_ms(ms), Duration(0)));
}

std::string exit_text(const model::InstanceStatus& status) {
  std::string text = "exited with " + std::to_string(status.exit_code);
  if (!status.out_of_memory) return text;
  const std::int64_t limit = status.last_failure ? status.last_failure->memory_limit_bytes : 0;
  text += limit > 0 ? " (out of memory, limit " + text::human_bytes(limit) + ')' : " (out of memory)";
  return text;
}

Cell running(const model::InstanceStatus& status, Time now) {
  const std::string age = since(status.started_ms, now);
  switch (status.health) {
    case Health::none:
      return {"running" + age, Tone::good};
    case Health::healthy:
      return {"running (healthy)" + age, Tone::good};
    case Health::starting:
      return {"running (health: starting)" + age, Tone::busy};
    case Health::unhealthy:
      return {"running (unhealthy)" + age, Tone::bad};
  }
  return {"running" + age, Tone::good};
}

Cell state_cell(const api::InstanceSummary& instance, Time now) {
  const model::InstanceStatus& status = instance.status;
  const std::string because = status.message.empty() ? std::string() : ": " + plain_text(status.message);
  switch (status.state) {
    case InstanceState::pending:
      return {"pending" + because, Tone::busy};
    case InstanceState::pulling:
      return {"pulling" + (status.progress.empty() ? because : ' ' + plain_text(status.progress)), Tone::busy};
    case InstanceState::starting:
      return {"starting" + because, Tone::busy};
    case InstanceState::running:
      return running(status, now);
    case InstanceState::exited: {
      std::string ago = since(status.finished_ms, now);
      if (!ago.empty()) ago += " ago";
      return {exit_text(status) + ago, status.exit_code == 0 ? Tone::faint : Tone::bad};
    }
    case InstanceState::failed:
      return {"failed" + because, Tone::bad};
    case InstanceState::stopped:
      return {"stopped", Tone::faint};
    case InstanceState::removed:
      return {"removed", Tone::faint};
  }
  return {"unknown", Tone::bad};
}

bool ended(InstanceState state) {
  return state == InstanceState::stopped || state == InstanceState::removed || state == InstanceState::exited ||
         state == InstanceState::failed;
}

bool everywhere(std::string_view host) { return host.empty() || host == "0.0.0.0" || host == "::"; }

std::string host_and_port(const std::string& host, std::int64_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::string protocol_suffix(const model::PublishedPort& port) {
  return port.protocol.empty() || port.protocol == "tcp" ? std::string() : '/' + port.protocol;
}

}  // namespace

std::string slot_name(const api::InstanceSummary& instance) {
  return instance.service + '-' + std::to_string(instance.slot);
}

std::string instance_name(const api::InstanceSummary& instance) { return instance.stack + '/' + slot_name(instance); }

Cell instance_state(const api::InstanceSummary& instance, Time now) {
  if (instance.node.empty() && instance.desired == "running")
    return {instance.why_not.empty() ? "waiting for a node" : "waiting: " + plain_text(instance.why_not), Tone::busy};
  Cell cell = state_cell(instance, now);
  if (instance.desired != "running" && !ended(instance.status.state))
    cell = {instance.desired == "removed" ? "removing" : "stopping", Tone::busy};
  if (instance.status.restarts > 0) cell.text += ", " + count_text(instance.status.restarts, "restart");
  if (instance.outdated) cell.text += ", old revision";
  if (!instance.why_not.empty()) cell = {instance.why_not.substr(0, instance.why_not.find(';')), Tone::bad};
  return cell;
}

Cell instance_node(const api::InstanceSummary& instance) {
  if (instance.node.empty()) return {"-", Tone::faint};
  if (instance.node_state == "lost") return {instance.node + " (lost)", Tone::bad};
  if (instance.node_state == "silent") return {instance.node + " (silent)", Tone::busy};
  return {instance.node};
}

std::string instance_trouble(const api::InstanceSummary& instance) {
  if (instance.desired != "running") return {};
  if (instance.node.empty()) return instance.why_not.empty() ? "" : "cannot be placed: " + plain_text(instance.why_not);
  const model::InstanceStatus& status = instance.status;
  std::string trouble;
  if (status.state == InstanceState::failed)
    trouble = status.message.empty() ? "failed" : plain_text(status.message);
  else if (status.state == InstanceState::exited && status.exit_code != 0)
    trouble = exit_text(status);
  else if (status.state == InstanceState::running && !status.message.empty())
    trouble = plain_text(status.message);
  else if (status.state == InstanceState::running && status.health == Health::unhealthy)
    trouble = "unhealthy";
  else if (status.state == InstanceState::running && status.failures > 0 && status.last_failure)
    trouble = "before: " + plain_text(status.last_failure->message);
  else if (!status.message.empty() && status.state != InstanceState::running && status.state != InstanceState::exited)
    trouble = plain_text(status.message);
  if (!instance.why_not.empty()) return plain_text(instance.why_not);
  if (instance.node_state == "lost") trouble += (trouble.empty() ? "its node is lost" : ", and its node is lost");
  if (!trouble.empty() && status.restarts > 0) trouble += ", " + count_text(status.restarts, "restart");
  return trouble;
}

Tone tone_of(std::string_view state) {
  const Word* word = find_word(state);
  return word ? word->tone : Tone::plain;
}

std::string_view glyph_of(std::string_view state) {
  const Word* word = find_word(state);
  return word ? word->glyph : "·";
}

std::string port_text(const model::PublishedPort& port) {
  const std::string target = "->" + std::to_string(port.target) + protocol_suffix(port);
  if (everywhere(port.host_ip)) return (port.published ? std::to_string(port.published) : "any") + target;
  return host_and_port(port.host_ip, port.published) + target;
}

std::string ports_text(const std::vector<model::PublishedPort>& ports) {
  // The engine lists a port once for IPv4 and once for IPv6.
  std::vector<std::string> texts;
  for (const model::PublishedPort& port : ports)
    if (std::string text = port_text(port); std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
  return text::join(texts, ", ");
}

std::string port_address(const api::InstanceSummary& instance, const model::PublishedPort& port) {
  const std::string& host = !everywhere(port.host_ip)  ? port.host_ip
                            : instance.address.empty() ? instance.node
                                                       : instance.address;
  return host_and_port(host, port.published) + protocol_suffix(port);
}

std::string time_text(std::int64_t ms) { return ms == 0 ? std::string() : text::rfc3339(from_ms(ms)); }

std::string labels_text(const model::StringMap& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += (text.empty() ? "" : ",") + key + '=' + value;
  return text;
}

std::string percent(std::int64_t milli) { return std::to_string(milli / 10) + '.' + std::to_string(milli % 10) + '%'; }

std::string count_text(std::int64_t count, std::string_view singular) {
  return std::to_string(count) + ' ' + std::string(singular) + (count == 1 ? "" : "s");
}

}  // namespace kontena::client
