#include <algorithm>

#include "kontena/model/scrape.h"
#include "validate.h"

namespace kontena::model {
namespace {

void check_command(Problems& problems, const std::string& path, const std::optional<Strings>& words) {
  if (!words) return;
  problems.expect(words->size() <= most_entries, path, "has more than " + std::to_string(most_entries) + " words");
  for (const std::string& word : *words) {
    problems.expect(word.find('\0') == std::string::npos, path, "has a NUL character");
    problems.expect(word.size() <= longest_value, path,
                    "has a word longer than " + std::to_string(longest_value / 1024) + " KB");
  }
}

void check_environment(Problems& problems, const std::string& path, const StringMap& environment) {
  check_map(problems, path, environment);
  for (const auto& [name, value] : environment)
    problems.expect(name.find('=') == std::string::npos, path, quoted(name) + " has a '=' in its name");
}

void check_health(Problems& problems, const std::string& path, const HealthCheck& check) {
  const Strings& test = check.test;
  check_command(problems, path + ".test", test);
  if (!test.empty()) {
    const bool well = (test[0] == "NONE" && test.size() == 1) || (test[0] == "CMD" && test.size() > 1) ||
                      (test[0] == "CMD-SHELL" && test.size() == 2);
    problems.expect(well, path + ".test", "is none of [NONE], [CMD, program, …] and [CMD-SHELL, line]");
  }
  const auto positive = [&](const char* name, const std::optional<std::int64_t>& value) {
    problems.expect(!value || *value >= 0, path + '.' + name, "is below 0");
  };
  positive("interval_ms", check.interval_ms);
  positive("timeout_ms", check.timeout_ms);
  positive("start_period_ms", check.start_period_ms);
  positive("start_interval_ms", check.start_interval_ms);
  positive("retries", check.retries);
}

void check_resources(Problems& problems, const std::string& path, const ServiceSpec& spec) {
  const auto each = [&](const std::string& at, const Resources& resources) {
    problems.expect(resources.nano_cpus == 0 || resources.nano_cpus >= 10'000'000, at + ".nano_cpus",
                    "is below 0.01 cores");
    problems.expect(resources.nano_cpus <= 1'000'000'000'000'000, at + ".nano_cpus", "is above 1,000,000 cores");
    problems.expect(resources.memory_bytes == 0 || resources.memory_bytes >= least_memory, at + ".memory_bytes",
                    "is below 6 MB, the least that the engine takes");
    problems.expect(resources.memory_bytes <= 1ll << 60, at + ".memory_bytes", "is above 1 EB");
    problems.expect(resources.pids >= 0, at + ".pids", "is below 0");
  };
  each(path + ".limits", spec.limits);
  each(path + ".reservations", spec.reservations);
  const auto within = [&](const char* name, std::int64_t reserved, std::int64_t limit) {
    problems.expect(limit <= 0 || reserved <= limit, path + ".reservations." + name, "is above the limit");
  };
  within("nano_cpus", spec.reservations.nano_cpus, spec.limits.nano_cpus);
  within("memory_bytes", spec.reservations.memory_bytes, spec.limits.memory_bytes);
  within("pids", spec.reservations.pids, spec.limits.pids);
}

void check_networks(Problems& problems, const std::string& path, const ServiceSpec& spec, const StackSpec& stack) {
  problems.expect(spec.networks.size() <= most_entries, path, "are more than " + std::to_string(most_entries));
  for (std::size_t i = 0; i < spec.networks.size(); ++i) {
    const Attachment& attachment = spec.networks[i];
    const std::string at = path + '[' + std::to_string(i) + ']';
    problems.expect(stack.networks.contains(attachment.network), at,
                    "the stack has no network " + quoted(attachment.network));
    const auto first = std::ranges::find(spec.networks, attachment.network, &Attachment::network);
    problems.expect(first - spec.networks.begin() == static_cast<std::ptrdiff_t>(i), at,
                    quoted(attachment.network) + " is there twice");
    problems.expect(attachment.aliases.size() <= most_entries, at + ".aliases",
                    "are more than " + std::to_string(most_entries));
    for (const std::string& alias : attachment.aliases) {
      problems.expect(!alias.empty(), at + ".aliases", "one is empty");
      check_word(problems, at + ".aliases", alias);
    }
    problems.expect(attachment.mac_address.empty() || is_mac_address(attachment.mac_address), at + ".mac_address",
                    quoted(attachment.mac_address) + " is not a MAC address, as in 02:42:ac:11:65:43");
    if (std::string why = why_no_mac(spec); !attachment.mac_address.empty() && !why.empty())
      problems.add(at + ".mac_address", std::move(why));
    check_map(problems, at + ".driver_options", attachment.driver_options);
    check_word(problems, at + ".interface_name", attachment.interface_name, 15);  // of the kernel's names
    const auto is_priority = [](std::int64_t number) { return number >= -1'000'000'000 && number <= 1'000'000'000; };
    problems.expect(is_priority(attachment.priority), at + ".priority", "is beyond 1,000,000,000");
    problems.expect(is_priority(attachment.gateway_priority), at + ".gateway_priority", "is beyond 1,000,000,000");
  }
}

void check_dependencies(Problems& problems, const std::string& path, const ServiceSpec& spec, const StackSpec& stack) {
  problems.expect(spec.depends_on.size() <= most_entries, path,
                  "has more than " + std::to_string(most_entries) + " entries");
  for (const auto& [name, dependency] : spec.depends_on) {
    check_word(problems, path, name);
    problems.expect(!dependency.required || stack.services.contains(name), path,
                    "the stack has no service " + quoted(name));
  }
}

void check_placing(Problems& problems, const std::string& path, const ServiceSpec& spec) {
  problems.expect(spec.replicas >= 0 && spec.replicas <= most_replicas, path + ".replicas",
                  std::to_string(spec.replicas) + " is not between 0 and " + std::to_string(most_replicas));
  const Placing& placing = spec.placing;
  problems.expect(placing.max_replicas_per_node >= 0, path + ".placing.max_replicas_per_node", "is below 0");
  problems.expect(placing.constraints.size() <= 100, path + ".placing.constraints", "are more than 100");
  problems.expect(placing.spread.size() <= 10, path + ".placing.spread", "has more than 10 attributes");
  for (const Constraint& constraint : placing.constraints) {
    check_word(problems, path + ".placing.constraints", constraint.attribute);
    check_word(problems, path + ".placing.constraints", constraint.value, 4'096);
  }
  for (const std::string& attribute : placing.spread) check_word(problems, path + ".placing.spread", attribute);
}

bool is_signal(std::string_view name) {
  return name.size() <= 16 && !name.starts_with('-') && std::ranges::all_of(name, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
         });
}

}  // namespace

std::size_t size_of(const ServiceSpec& spec) {
  std::size_t size =
      size_of_hooks(spec) + size_of_options(spec) + spec.image.size() + spec.user.size() + spec.working_dir.size();
  const auto add_map = [&](const StringMap& map) {
    for (const auto& [name, value] : map) size += name.size() + value.size() + 8;
  };
  const auto add_list = [&](const Strings& list) {
    for (const std::string& item : list) size += item.size() + 4;
  };
  add_map(spec.environment);
  add_map(spec.labels);
  add_map(spec.own_labels);
  if (spec.command) add_list(*spec.command);
  if (spec.entrypoint) add_list(*spec.entrypoint);
  if (spec.health_check) add_list(spec.health_check->test);
  for (const Port& port : spec.ports) size += port.host_ip.size() + 64;
  for (const Mount& mount : spec.mounts) {
    size += mount.source.size() + mount.target.size() + mount.subpath.size() + 160;
    add_map(mount.labels);
  }
  for (const FileUse& file : spec.files) size += file.source.size() + file.target.size() + 200;
  for (const Attachment& attachment : spec.networks) {
    size += attachment.network.size() + attachment.ipv4_address.size() + attachment.ipv6_address.size();
    add_list(attachment.aliases);
    add_map(attachment.driver_options);
  }
  for (const auto& [alias, to] : spec.links) size += alias.size() + to.size() + 8;
  for (const auto& [name, dependency] : spec.depends_on) size += name.size() + 64;
  for (const Constraint& c : spec.placing.constraints) size += c.attribute.size() + c.value.size() + 48;
  return size;
}

void check_service(Problems& problems, const std::string& path, const ServiceSpec& spec, const StackSpec& stack) {
  check_image(problems, path + ".image", spec.image);
  check_image_digest(problems, path, spec);
  check_command(problems, path + ".command", spec.command);
  check_command(problems, path + ".entrypoint", spec.entrypoint);
  check_environment(problems, path + ".environment", spec.environment);
  StringMap labels = spec.labels;
  labels.erase(std::string(scrape_label));  // the one of ours that people write
  check_map(problems, path + ".labels", labels, "io.kontena.");
  check_scrape(problems, path, spec);
  check_word(problems, path + ".user", spec.user);
  check_word(problems, path + ".working_dir", spec.working_dir, 4'096);
  check_word(problems, path + ".hostname", spec.hostname, 64);
  problems.expect(is_signal(spec.stop_signal), path + ".stop_signal",
                  quoted(spec.stop_signal) + " is not a signal, such as SIGTERM");
  problems.expect(!spec.stop_grace_period_ms || *spec.stop_grace_period_ms >= 0, path + ".stop_grace_period_ms",
                  "is below 0");
  problems.expect(spec.restart.max_attempts >= 0, path + ".restart.max_attempts", "is below 0");
  const auto expect_span = [&](std::int64_t ms, const char* where) {
    problems.expect(ms >= 0 && ms <= longest_span_ms, path + where, "is not between 0 and 24 hours");
  };
  expect_span(spec.restart.delay_ms, ".restart.delay_ms");
  expect_span(spec.restart.window_ms, ".restart.window_ms");
  expect_span(spec.update.delay_ms, ".update.delay_ms");
  expect_span(spec.update.monitor_ms.value_or(0), ".update.monitor_ms");
  problems.expect(spec.update.parallelism >= 0, path + ".update.parallelism", "is below 0");
  problems.expect(spec.update.max_failure_ppm >= 0 && spec.update.max_failure_ppm <= 1'000'000,
                  path + ".update.max_failure_ppm", "is not between 0 and 1,000,000");
  if (spec.health_check) check_health(problems, path + ".health_check", *spec.health_check);
  check_resources(problems, path, spec);
  check_hooks(problems, path, spec);
  check_options(problems, path + ".options", spec);
  problems.expect(spec.pull_every_ms >= 0 && spec.pull_every_ms <= longest_pull_ms, path + ".pull_every_ms",
                  "is not between 0 and 10 years");
  check_ports(problems, path + ".ports", spec);
  check_mounts(problems, path + ".mounts", spec, stack);
  check_files(problems, path + ".files", spec, stack);
  check_networks(problems, path + ".networks", spec, stack);
  check_network_mode(problems, path + ".network_mode", spec);
  check_dependencies(problems, path + ".depends_on", spec, stack);
  check_placing(problems, path, spec);
  problems.expect(size_of(spec) <= largest_record, path, "is larger than 1 MB in all");
}

}  // namespace kontena::model
