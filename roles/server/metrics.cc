#include "metrics.h"

#include "kontena/metrics/listener.h"
#include "kontena/metrics/text.h"
#include "log_keeper.h"
#include "scrape.h"
#include "use.h"

namespace kontena::server {
namespace {

constexpr std::int64_t fresh_ms = 120'000;  // what is older is told no more

using metrics::decimal;
using metrics::Labels;
using metrics::Text;

struct Row {
  stats::Measure measure;
  std::string_view name;
  std::string_view help;
  bool thousandths;
};
constexpr Row of_nodes[] = {
    {stats::cpu_milli, "kontena_node_cpu_cores_used", "Processors that are busy.", true},
    {stats::memory, "kontena_node_memory_used_bytes", "Memory that is not available any more.", false},
    {stats::memory_limit, "kontena_node_memory_bytes", "Memory of the node.", false},
    {stats::disk_used, "kontena_node_disk_used_bytes", "Used of the disk of the engine.", false},
    {stats::disk_size, "kontena_node_disk_bytes", "Size of the disk of the engine.", false},
    {stats::load, "kontena_node_load1", "Load of the last minute.", true},
    {stats::received, "kontena_node_network_received_bytes_per_second", "Received, of late.", false},
    {stats::sent, "kontena_node_network_sent_bytes_per_second", "Sent, of late.", false},
};
constexpr Row of_instances[] = {
    {stats::cpu_milli, "kontena_instance_cpu_cores_used", "Processors that are busy with it.", true},
    {stats::throttled_milli, "kontena_instance_cpu_throttled_ratio", "Part of the time in which its limit held it back.", true},
    {stats::memory, "kontena_instance_memory_used_bytes", "Memory that cannot be taken away from it.", false},
    {stats::memory_limit, "kontena_instance_memory_limit_bytes", "Its limit; 0 for none.", false},
    {stats::received, "kontena_instance_network_received_bytes_per_second", "Received, of late.", false},
    {stats::sent, "kontena_instance_network_sent_bytes_per_second", "Sent, of late.", false},
    {stats::read, "kontena_instance_block_read_bytes_per_second", "Read from block devices, of late.", false},
    {stats::written, "kontena_instance_block_written_bytes_per_second", "Written to block devices, of late.", false},
    {stats::pids, "kontena_instance_processes", "Processes and threads.", false},
};

void add_nodes(Text& text, const Context& context, const model::ClusterView& view, std::int64_t now_ms) {
  view.nodes.each("", [&](const auto& item) {
    const model::Node& node = item.value;
    const std::string grid = item.key.substr(0, item.key.find('/'));
    text.add("kontena_node_ready", "gauge", "Whether the node is heard.", {{"grid", grid}, {"node", node.name}},
             context.liveness.state(node.id) == model::NodeState::ready ? "1" : "0");
    const auto points = context.use->points(item.key + '/', "", now_ms - fresh_ms, now_ms, 1);
    if (points.empty()) return;
    for (const Row& row : of_nodes) {
      const std::int64_t value = points.back().values[row.measure];
      text.add(row.name, "gauge", row.help, {{"grid", grid}, {"node", node.name}}, row.thousandths ? decimal(value) : std::to_string(value));
    }
  });
}

void add_instances(Text& text, const Context& context, const model::ClusterView& view, std::int64_t now_ms) {
  view.instances.each("", [&](const auto& item) {
    const model::Instance& i = item.value;
    const auto* node = i.node.empty() ? nullptr : view.nodes.get(i.grid + '/' + *i.node);
    const auto* status = view.statuses.get(item.key);
    const Labels labels{{"grid", i.grid},       {"project", i.project},           {"stack", i.stack},
                        {"service", i.service}, {"slot", std::to_string(i.slot)}, {"instance", *i.id},
                        {"node", node ? node->name : ""}};
    text.add("kontena_instance_running", "gauge", "Whether it runs.", labels, status && status->state == model::InstanceState::running ? "1" : "0");
    text.add("kontena_instance_restarts", "gauge", "How often its container was started again.", labels, std::to_string(status ? status->restarts : 0));
    if (i.node.empty()) return;
    const auto points = context.use->points(model::by_node_key(i), "", now_ms - fresh_ms, now_ms, 1);
    if (points.empty()) return;
    for (const Row& row : of_instances) {
      const std::int64_t value = points.back().values[row.measure];
      text.add(row.name, "gauge", row.help, labels, row.thousandths ? decimal(value) : std::to_string(value));
    }
  });
}

}  // namespace

std::string metrics_text(const Context& context) {
  Text text;
  const View view = context.views.now();
  const std::int64_t now_ms = to_ms(context.clock.now());
  text.add("kontena_build_info", "gauge", "The version of the server; always 1.", {{"version", KONTENA_VERSION}}, "1");
  text.add("kontena_store_revision", "gauge", "Revision of the state.", {}, std::to_string(view->revision));
  text.add("kontena_store_writable", "gauge", "Whether the state can be written.", {}, context.store.health() ? "1" : "0");
  add_nodes(text, context, *view, now_ms);
  add_instances(text, context, *view, now_ms);
  if (const auto kept = context.log_keeper->kept())
    view->projects.each("", [&](const auto& item) {
      std::uint64_t bytes = 0;
      for (const auto& [source, use] : (*kept)->use(kept_project(item.value))) bytes += use.bytes;
      text.add("kontena_logs_kept_bytes", "gauge", "Room that the project's kept logs take.", {{"grid", item.value.grid}, {"project", item.value.name}}, std::to_string(bytes));
    });
  return text.text();
}

std::optional<http::Response> metrics_page(const Context& context, const std::string& path) {
  if (path == "/metrics") return metrics::plain(200, metrics_text(context));
  if (path == "/sd") return http::Response{.body = scrape_targets(*context.views.now())};
  return std::nullopt;
}

}  // namespace kontena::server
