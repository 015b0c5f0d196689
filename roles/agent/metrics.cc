#include "metrics.h"

#include "kontena/metrics/text.h"
#include "node_stats.h"

namespace kontena::agent {
namespace {

using metrics::decimal;
using metrics::Labels;
using metrics::Text;

enum class As { number, microseconds, thousandths };

struct Row {
  stats::Measure measure;
  std::string_view name;
  std::string_view type;
  std::string_view help;
  As as = As::number;
};
constexpr std::string_view counter = "counter", gauge = "gauge";

// Levels are called as the server calls them.
constexpr Row of_nodes[] = {
    {stats::cpu_milli, "kontena_node_cpu_seconds_total", counter, "Time that processors were busy.", As::microseconds},
    {stats::memory, "kontena_node_memory_used_bytes", gauge, "Memory that is not available any more."},
    {stats::memory_limit, "kontena_node_memory_bytes", gauge, "Memory of the node."},
    {stats::disk_used, "kontena_node_disk_used_bytes", gauge, "Used of the disk of the engine."},
    {stats::disk_size, "kontena_node_disk_bytes", gauge, "Size of the disk of the engine."},
    {stats::load, "kontena_node_load1", gauge, "Load of the last minute.", As::thousandths},
    {stats::received, "kontena_node_network_received_bytes_total", counter, "Received, but for what containers received."},
    {stats::sent, "kontena_node_network_sent_bytes_total", counter, "Sent, but for what containers sent."},
};
constexpr Row of_instances[] = {
    {stats::cpu_milli, "kontena_instance_cpu_seconds_total", counter, "Time of processors that it has used.", As::microseconds},
    {stats::throttled_milli, "kontena_instance_cpu_throttled_seconds_total", counter, "Time in which its limit held it back.", As::microseconds},
    {stats::memory, "kontena_instance_memory_used_bytes", gauge, "Memory that cannot be taken away from it."},
    {stats::memory_limit, "kontena_instance_memory_limit_bytes", gauge, "Its limit; 0 for none."},
    {stats::oom_kills, "kontena_instance_oom_kills_total", counter, "Processes of it that were killed for lack of memory."},
    {stats::received, "kontena_instance_network_received_bytes_total", counter, "Received."},
    {stats::sent, "kontena_instance_network_sent_bytes_total", counter, "Sent."},
    {stats::read, "kontena_instance_block_read_bytes_total", counter, "Read from block devices."},
    {stats::written, "kontena_instance_block_written_bytes_total", counter, "Written to block devices."},
    {stats::pids, "kontena_instance_processes", gauge, "Processes and threads."},
};

std::string shown(std::int64_t value, As as) {
  switch (as) {
    case As::number: return std::to_string(value);
    case As::microseconds: return decimal(value / 1'000);
    case As::thousandths: return decimal(value);
  }
  return {};
}

void add(Text& text, std::span<const Row> rows, const stats::Values& values, const Labels& labels) {
  for (const Row& row : rows) text.add(row.name, row.type, row.help, labels, shown(values[row.measure], row.as));
}

struct Snapshot {
  std::shared_ptr<const Kept> kept;
  std::vector<RunningContainer> running;
  std::map<std::string, std::int64_t> restarts;  // by instance
  std::string disk;
  bool server_away = false, engine_away = false;
};

void add_instances(Text& text, const Context& context, const std::string& node_name, const Snapshot& seen) {
  std::map<std::string_view, std::int64_t> pids;
  for (const RunningContainer& each : seen.running) pids.emplace(each.instance, each.pid);
  std::size_t told = 0;
  for (const auto& [id, assigned] : seen.kept->instances) {
    if (++told > stats::most_samples) return;
    const Labels labels{{"grid", context.grid},       {"project", assigned.project},           {"stack", assigned.stack},
                        {"service", assigned.service}, {"slot", std::to_string(assigned.slot)}, {"instance", id},
                        {"node", node_name}};
    const auto pid = pids.find(id);
    text.add("kontena_instance_running", gauge, "Whether it runs.", labels, pid == pids.end() ? "0" : "1");
    const auto restarts = seen.restarts.find(id);
    text.add("kontena_instance_restarts_total", counter, "How often its container was started again.", labels,
             std::to_string(restarts == seen.restarts.end() ? 0 : restarts->second));
    // Opened for this reading alone: what ends meanwhile is left out, and nothing is held open between scrapes.
    UseFiles files;
    if (pid == pids.end() || !files.open_container(pid->second)) continue;
    if (const auto used = files.read_container(context.clock.steady())) add(text, of_instances, used->values, labels);
  }
}

}  // namespace

std::string metrics_text(const Context& context, const std::string& node_name, LogShipping* logs) {
  const Snapshot seen = context.state.with([](const State& s) {
    Snapshot now{s.kept, running_containers(s), {}, s.engine ? s.engine->data_dir : "", s.server_away, s.engine_away};
    for (const auto& [instance, work] : s.work) now.restarts.emplace(instance, work.history.restarts);
    return now;
  });
  Text text;
  const Labels here{{"grid", context.grid}, {"node", node_name}};
  text.add("kontena_agent_build_info", gauge, "The version of the agent; always 1.", {{"version", KONTENA_VERSION}}, "1");
  text.add("kontena_agent_server_heard", gauge, "Whether the server answers.", here, seen.server_away ? "0" : "1");
  text.add("kontena_agent_engine_heard", gauge, "Whether the engine answers.", here, seen.engine_away ? "0" : "1");
  if (const auto numbers = logs ? logs->numbers() : std::nullopt) {
    text.add("kontena_agent_logs_waiting_bytes", gauge, "Lines of logs that wait for the server, packed.", here, std::to_string(numbers->waiting_bytes));
    text.add("kontena_agent_logs_room_bytes", gauge, "How much of them may wait.", here, std::to_string(numbers->room_bytes));
    text.add("kontena_agent_logs_dropped_lines_total", counter, "Lines over the rate of their service.", here, std::to_string(numbers->dropped_lines));
    for (const auto& each : numbers->forwards) {
      const Labels to{{"grid", context.grid}, {"node", node_name}, {"project", each.project}, {"forward", each.name}};
      text.add("kontena_agent_forward_failing", gauge, "Whether a place that logs are sent on to takes none.", to, each.state.error.empty() ? "0" : "1");
      text.add("kontena_agent_forward_waiting_bytes", gauge, "Lines that wait for it, packed.", to, std::to_string(each.waiting_bytes));
      text.add("kontena_agent_forward_dropped_lines_total", counter, "Lines that it was not sent.", to, std::to_string(each.state.dropped_lines));
    }
  }
  UseFiles host;
  host.open_host();
  add(text, of_nodes, host.read_host(context.clock.steady(), seen.disk).values, here);
  add_instances(text, context, node_name, seen);
  return text.text();
}

}  // namespace kontena::agent
