#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

std::string cpus(std::int64_t nano) {
  const std::int64_t tenths = nano / 100'000'000;
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text += '.' + std::to_string(tenths % 10);
  return text;
}

std::string memory(const api::NodeSummary& node) {
  return text::human_bytes(node.memory_reserved) + " / " + text::human_bytes(node.facts.memory_bytes);
}

Cell state_cell(const api::NodeSummary& node) {
  std::string text = node.state;
  if (node.availability != "active" && !node.availability.empty()) text += ", " + node.availability;
  return {text, tone_of(node.state)};
}

// Its part in the network between nodes: how, and its key, enough of it to compare.
std::string mesh_text(const model::NodeFacts& facts) {
  std::string text = facts.mesh_way == "kernel"      ? "WireGuard of the kernel"
                     : facts.mesh_way == "userspace" ? "wireguard-go"
                                                     : facts.mesh_way;
  if (!facts.mesh_key.empty()) text += (text.empty() ? "key " : ", key ") + clip(facts.mesh_key, 9);
  return text;
}

void warn_of_mesh(Session& session, const api::NodeSummary& node) {
  if (node.facts.mesh_problem.empty()) return;
  session.warn("node " + node.name +
               ": its network to other nodes is not as it should be: " + plain_text(node.facts.mesh_problem));
}

std::string used_of(std::int64_t used, std::int64_t of) {
  return text::human_bytes(used) + (of > 0 ? " of " + text::human_bytes(of) : std::string());
}

std::string node_text(Session& session, const api::NodeSummary& node) {
  Look plain = session.look;
  plain.headers = false;
  Table facts({});
  const auto add = [&](const char* what, std::string value) {
    if (!value.empty()) facts.add({what, std::move(value)});
  };
  add("id", node.id);
  facts.add({"state", state_cell(node)});
  add("last heard", node.last_heard_ms ? session.age(node.last_heard_ms) + " ago" : "not since the server started");
  add("address", node.facts.address);
  add("hostname", node.facts.hostname);
  add("system", node.facts.os + '/' + node.facts.architecture +
                    (node.facts.kernel.empty() ? "" : ", kernel " + node.facts.kernel));
  add("engine",
      node.facts.engine_version + (node.facts.engine_api.empty() ? "" : " (API " + node.facts.engine_api + ')'));
  if (!node.facts.engine_version.empty() && !node.facts.live_restore)
    add("advice", "a restart of Docker stops its containers: set \"live-restore\": true in /etc/docker/daemon.json");
  add("mesh", plain_text(mesh_text(node.facts)));
  add("endpoints", plain_text(text::join(node.facts.mesh_endpoints, ", ")));
  if (!node.facts.ipv6 && !node.facts.os.empty()) add("IPv6", "none: nothing of networks with enable_ipv6 comes here");
  if (!node.facts.mesh_problem.empty()) facts.add({"trouble", {plain_text(node.facts.mesh_problem), Tone::bad}});
  add("agent", node.facts.kontena_version);
  add("cpus", cpus(node.facts.nano_cpus) + ", " + cpus(node.nano_cpus_reserved) + " reserved");
  add("memory",
      text::human_bytes(node.facts.memory_bytes) + ", " + text::human_bytes(node.memory_reserved) + " reserved");
  const auto& use = node.use;
  add("use", use ? percent(use->cpu_milli) + " CPU, load " + text::shortest(static_cast<double>(use->load_milli) / 1'000) + ", " + used_of(use->memory_bytes, use->memory_limit_bytes) + " memory" : "-");
  add("disk", use ? used_of(use->disk_used_bytes, use->disk_size_bytes) : "-");
  add("network", use ? text::human_bytes(use->received_bytes_second) + "/s in, " + text::human_bytes(use->sent_bytes_second) + "/s out" : "-");
  add("instances", std::to_string(node.instances));
  add("labels", labels_text(node.labels));
  add("joined", time_text(node.created_ms));
  return paint(node.name, Tone::strong, session.look.colour_out) + '\n' + facts.text(plain);
}

// What it says of the node, a line each; all of it talk, but as JSON.
Result<int> change_nodes(Session& session, std::string_view pattern, std::string_view done) {
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_TRY(const std::string path, session.link.path(pattern, {name}));
    KTN_TRY(const api::NodeChange change, session.link.send<api::NodeChange>(http::Method::post, path));
    session.note("node " + change.node.name + ' ' + std::string(done));
    if (!change.leaving.empty()) session.note("going: " + text::join(change.leaving, ", "));
    for (const std::string& stays : change.staying) session.warn("stays: " + plain_text(stays));
    if (session.look.quiet || session.look.machine())
      session.show(change, change.node.name, [] { return std::string(); });
    return Done{};
  });
}

}  // namespace

Result<int> node_activate(Session& session) { return change_nodes(session, paths::node_activate, "takes work again"); }
Result<int> node_drain(Session& session) { return change_nodes(session, paths::node_drain, "is being emptied"); }
Result<int> node_pause(Session& session) { return change_nodes(session, paths::node_pause, "gets no new work"); }

Result<int> node_ls(Session& session) {
  KTN_TRY(const std::string path, session.link.path(paths::nodes));
  KTN_TRY(const api::NodeList list, session.link.get<api::NodeList>(path));
  for (const api::NodeSummary& node : list.nodes) warn_of_mesh(session, node);
  return session.list(
      list.nodes, {"NODE", "STATE", "ADDRESS", "CPUS", "MEMORY", "INSTANCES", "ENGINE", "LABELS"},
      [&](const api::NodeSummary& n) -> std::vector<Cell> {
        return {n.name,    state_cell(n), n.facts.address,        cpus(n.facts.nano_cpus),
                memory(n), n.instances,   n.facts.engine_version, labels_text(n.labels)};
      },
      [](const api::NodeSummary& n) { return n.name; });
}

Result<int> node_show(Session& session) {
  KTN_TRY(const std::string path, session.link.path(paths::node, {session.arguments.words[0]}));
  KTN_TRY(const api::NodeSummary node, session.link.get<api::NodeSummary>(path));
  warn_of_mesh(session, node);
  return session.show(node, node.name, [&] { return node_text(session, node); });
}

Result<int> node_label(Session& session) {
  api::LabelChange change;
  for (const std::string& word : std::span(session.arguments.words).subspan(1)) {
    if (word.ends_with('-') && word.find('=') == std::string::npos)
      change.remove.push_back(word.substr(0, word.size() - 1));
    else
      KTN_OK(add_label(word, change.set));
  }
  const std::string& name = session.arguments.words[0];
  if (change.set.empty() && change.remove.empty())
    return Error{Code::invalid_argument, "no label is given",
                 "node label " + name + " KEY=VALUE, or KEY- to take one off"};
  KTN_TRY(std::string path, session.link.path(paths::node_labels, {name}));
  KTN_TRY(const api::NodeSummary node,
          session.link.send<api::NodeSummary>(http::Method::post, std::move(path), change));
  return session.show(node, node.name, [&] { return labels_text(node.labels) + '\n'; });
}

Result<int> node_rm(Session& session) {
  KTN_TRY(const bool sure,
          session.confirmed("remove node " + text::join(session.arguments.words, ", ") + " from the grid?"));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_TRY(std::string path, session.link.path(paths::node, {name}));
    http::Query query;
    if (session.arguments.has("--force")) query["force"] = "true";
    KTN_OK(session.link.remove(std::move(path), std::move(query)));
    if (session.look.quiet) session.out() << name << '\n';
    session.note("node " + name + " is removed; its agent cleans up if it hears so");
    return Done{};
  });
}

}  // namespace kontena::client
