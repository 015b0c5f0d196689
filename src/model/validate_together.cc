// What services that share namespaces or volumes may be.
#include <algorithm>
#include <set>

#include "kontena/model/together.h"
#include "validate.h"

namespace kontena::model {
namespace {

constexpr std::string_view of_service = "service:";

const ContainerOptions& options_of(const ServiceSpec& spec) {
  static const ContainerOptions none;
  return spec.options ? *spec.options : none;
}

// Each use that the service makes of another: the field and the other's name.
std::vector<std::pair<std::string, std::string>> uses(const ServiceSpec& spec) {
  std::vector<std::pair<std::string, std::string>> found;
  const auto add = [&](const char* field, const std::string& mode) {
    if (mode.starts_with(of_service)) found.emplace_back(field, service_in(mode));
  };
  add("network_mode", spec.network_mode);
  add("ipc", options_of(spec).ipc);
  add("pid", options_of(spec).pid);
  for (const std::string& entry : spec.volumes_from) found.emplace_back("volumes_from", volumes_from(entry).service);
  return found;
}

std::string instances(std::int64_t count) { return std::to_string(count) + (count == 1 ? " instance" : " instances"); }

std::string wrong_use(const StackSpec& stack, const ServiceSpec& spec, const std::string& field,
                      const std::string& with) {
  if (with == spec.name) return "the service cannot share with itself";
  const auto found = stack.services.find(with);
  if (found == stack.services.end()) return "the stack has no service " + quoted(with);
  const ServiceSpec& other = found->second;
  if (!spec.depends_on.contains(with)) return "the service is to depend on " + quoted(with);
  if (spec.mode != other.mode)
    return quoted(spec.name) + " is " + (spec.mode == Mode::global ? "global" : "not global") + " and " + quoted(with) +
           (other.mode == Mode::global ? " is" : " is not") + ": each of its containers is to be beside one of " +
           quoted(with);
  if (spec.mode == Mode::replicated && other.replicas != 1 && other.replicas < spec.replicas)
    return quoted(spec.name) + " has " + instances(spec.replicas) + " and " + quoted(with) + " has " +
           instances(other.replicas) + ": each is to be beside one of " + quoted(with) + ", or all beside its only one";
  if (field == "volumes_from") return "";
  if (other.job) return quoted(with) + " is a job: what it shares ends with it";
  const std::string& ipc = options_of(other).ipc;
  if (field == "ipc" && (ipc.empty() || ipc == "private" || ipc == "none"))
    return "the ipc namespace of " + quoted(with) + " is its own alone: it is to have 'ipc: shareable'";
  return "";
}

}  // namespace

std::string service_in(std::string_view mode) {
  return std::string(mode.starts_with(of_service) ? mode.substr(of_service.size()) : std::string_view());
}

VolumesFrom volumes_from(std::string_view entry) {
  const std::size_t colon = entry.find(':');
  return {std::string(entry.substr(0, colon)), colon != std::string_view::npos && entry.substr(colon) == ":ro"};
}

Strings beside(const ServiceSpec& spec) {
  if (spec.network_mode.empty() && spec.volumes_from.empty() && !spec.options) return {};
  std::set<std::string> services;
  for (auto& [field, with] : uses(spec)) services.insert(std::move(with));
  return {services.begin(), services.end()};
}

bool shares_namespace(const ServiceSpec& spec, const std::string& with) {
  return std::ranges::any_of(uses(spec),
                             [&](const auto& use) { return use.second == with && use.first != "volumes_from"; });
}

std::int64_t slot_beside(const ServiceSpec& other, std::int64_t slot) { return other.replicas == 1 ? 1 : slot; }

std::vector<WrongTogether> wrong_together(const StackSpec& stack) {
  std::vector<WrongTogether> wrong;
  for (const auto& [name, spec] : stack.services) {
    for (const auto& [field, with] : uses(spec))
      if (std::string what = wrong_use(stack, spec, field, with); !what.empty())
        wrong.push_back({name, field, with, std::move(what)});
    const std::string with = service_in(spec.network_mode);
    if (with.empty()) continue;
    const auto refuse = [&, &name = name, &spec = spec](const char* field, bool there, const char* what) {
      if (there)
        wrong.push_back({name, field, "", "with network_mode " + spec.network_mode + ' ' + what + ' ' + quoted(with)});
    };
    const ContainerOptions& options = options_of(spec);
    refuse("ports", !spec.ports.empty(), "the ports are those of");
    refuse("networks", !spec.networks.empty(), "the networks are those of");
    refuse("hostname", !spec.hostname.empty(), "the hostname is that of");
    refuse("domainname", !options.domainname.empty(), "the domain is that of");
    refuse("mac_address", !options.mac_address.empty(), "the address is that of");
    refuse("dns", !options.dns.empty(), "names are asked for as by");
    refuse("dns_search", !options.dns_search.empty(), "names are asked for as by");
    refuse("dns_opt", !options.dns_options.empty(), "names are asked for as by");
    refuse("extra_hosts", !options.extra_hosts.empty(), "the hosts known are those of");
  }
  return wrong;
}

void check_together(Problems& problems, const StackSpec& stack) {
  for (const auto& [name, spec] : stack.services) {
    check_word(problems, "services." + name + ".platform", spec.platform);
    check_map(problems, "services." + name + ".own_labels", spec.own_labels);
    problems.expect(!spec.job || spec.restart.when == RestartWhen::no || spec.restart.when == RestartWhen::on_failure,
                    "services." + name + ".restart.when", "is for what runs on and on, and the service is a job");
    const std::string path = "services." + name + ".volumes_from";
    problems.expect(spec.volumes_from.size() <= most_entries, path, "are more than " + std::to_string(most_entries));
    for (const std::string& entry : spec.volumes_from) {
      check_word(problems, path, entry);
      const std::size_t colon = entry.find(':');
      problems.expect(colon == std::string::npos || entry.substr(colon) == ":ro" || entry.substr(colon) == ":rw", path,
                      quoted(entry) + " is not NAME or NAME:ro");
    }
  }
  for (WrongTogether& one : wrong_together(stack))
    problems.add("services." + one.service + '.' + one.field, std::move(one.what));
}

}  // namespace kontena::model
