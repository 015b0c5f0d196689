// Stage two of the keys of a service, but for `deploy`.
#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/model/names.h"
#include "specify_files.h"
#include "specify_options.h"
#include "tables.h"

namespace kontena::compose {

using model::ServiceSpec;

void specify_command(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  if (value.kind == Kind::list) service.command = texts_of(value);
}

void specify_entrypoint(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  if (value.kind == Kind::list) service.entrypoint = texts_of(value);
}

void specify_environment(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  service.environment = map_of(value);
}

void specify_stop_grace_period(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  service.stop_grace_period_ms = milliseconds_of(value);
}

// "daily", "weekly" or "every_2d12h".
static std::optional<std::int64_t> pull_period(std::string_view text) {
  constexpr std::int64_t second = 1'000, hour = 3'600 * second, day = 24 * hour;
  if (text == "daily") return day;
  if (text == "weekly") return 7 * day;
  if (!text.starts_with("every_")) return std::nullopt;
  text.remove_prefix(6);
  std::int64_t all = 0;
  while (!text.empty()) {
    const std::size_t at = text.find_first_not_of("0123456789");
    if (at == 0 || at > 6) return std::nullopt;  // no number, no unit, or longer than anybody lives
    const std::int64_t count = text::integer(text.substr(0, at)).value_or(0);
    switch (text[at]) {
      case 'w': all += count * 7 * day; break;
      case 'd': all += count * day; break;
      case 'h': all += count * hour; break;
      case 'm': all += count * 60 * second; break;
      case 's': all += count * second; break;
      default: return std::nullopt;
    }
    text.remove_prefix(at + 1);
  }
  return all > 0 ? std::optional(all) : std::nullopt;
}

void specify_pull_policy(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  if (to.service->find("build")) return;  // it is for the client's engine, not for the nodes
  if (const auto policy = model::named<model::PullPolicy>(value.text))
    service.pull_policy = *policy;
  else if (value.text == "refresh")  // whose age is given by a key that has no effect in Compose either
    service.pull_policy = model::PullPolicy::always;
  else if (const auto every_ms = pull_period(value.text))
    service.pull_every_ms = *every_ms;
  else if (value.text == "build")
    to.notes.problem(value.at, path, "there is no 'build' to make the image by", "always, never, missing or daily");
  else
    to.notes.problem(value.at, path, "'" + value.text + "' is not a pull policy",
                     "always, never, missing, daily, weekly or every_12h");
}

void specify_restart(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  const std::size_t colon = value.text.find(':');
  const auto when = model::named<model::RestartWhen>(std::string_view(value.text).substr(0, colon));
  const auto attempts = colon == std::string::npos ? std::optional<std::int64_t>(0)
                                                   : text::integer(std::string_view(value.text).substr(colon + 1));
  const bool may_count = when == model::RestartWhen::on_failure || colon == std::string::npos;
  if (!when || !attempts || *attempts < 0 || !may_count)
    return to.notes.problem(value.at, path, "'" + value.text + "' is not a restart policy",
                            "no, always, on-failure, on-failure:5 or unless-stopped");
  const Node* deploy = to.service->find("deploy");
  if (deploy && deploy->find("restart_policy")) return;  // wins
  service.restart = {*when, *attempts};
}

void specify_scale(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  service.replicas = integer_of(value);
  if (service.replicas < 0) to.notes.problem(value.at, path, "must not be negative");
  const Node* deploy = to.service->find("deploy");
  if (!deploy) return;
  if (const Node* replicas = deploy->find("replicas"); replicas && integer_of(*replicas) != service.replicas)
    to.notes.problem(value.at, path, "'scale' is " + value.text + " and 'deploy.replicas' is " + replicas->text,
                     "keep one of them");
  if (const Node* mode = deploy->find("mode"); mode && mode->text.starts_with("global"))
    to.notes.problem(value.at, path, "a global service runs once on every node and has no number of replicas");
}

void specify_ports(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  for (std::size_t i = 0; i < value.items.size(); ++i)
    specify_map<model::Port>(to, value.items[i], under(path, i), port_keys(), service.ports.emplace_back());
}

void specify_mounts(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Node& item = value.items[i];
    const std::string at = under(path, i);
    model::Mount& mount = service.mounts.emplace_back();
    specify_map<model::Mount>(to, item, at, mount_keys(), mount);
    const bool own = specify_own_path(to, item, at, service);
    if (!own) check_mount(to, item, at, mount);
    if (!mount.target.starts_with('/'))
      to.notes.problem(
          item.at, at, "the target '" + mount.target + "' must be an absolute path",
          mount.target.find(':') == 1 ? "a name of one letter is taken for a drive; give the volume a longer one" : "");
  }
}

void specify_attachments(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  for (const Member& member : value.members) {
    model::Attachment& attachment = service.networks.emplace_back();
    attachment.network = member.key;
    specify_map<model::Attachment>(to, member.value, under(path, member.key), attachment_keys(), attachment);
  }
  // In the order that they are connected in.
  std::ranges::sort(service.networks, [](const model::Attachment& a, const model::Attachment& b) {
    return a.priority != b.priority ? a.priority > b.priority : a.network < b.network;
  });
}

void drop_unpublished(Specifier& to, const Node& service, const std::string& path, ServiceSpec& spec) {
  const bool host = spec.network_mode == "host";
  if (spec.ports.empty() || (!host && spec.network_mode != "none")) return;
  spec.ports.clear();
  to.ignored(service.member("ports")->at, under(path, "ports"),
             "with network_mode " + spec.network_mode +
                 (host ? " the container's ports are those of the node" : " the container has no network"));
}

void specify_depends_on(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  const Node* services = to.root.find("services");
  for (const Member& member : value.members) {
    const std::string at = under(path, member.key);
    model::Dependency& dependency = service.depends_on[member.key];
    specify_map<model::Dependency>(to, member.value, at, dependency_keys(), dependency);
    const Node* other = services->find(member.key);
    if (!other) {
      service.depends_on.erase(member.key);
      continue;
    }
    const Node* check = other->find("healthcheck");
    const Node* test = check ? check->find("test") : nullptr;
    const bool off = check && ((check->find("disable") && check->find("disable")->text == "true") ||
                               (test && !test->items.empty() && test->items[0].text == "NONE"));
    if (dependency.condition != model::Condition::healthy) continue;
    if (off)
      to.notes.problem(member.at, at, "this waits until '" + member.key + "' is healthy, and its health check is off");
    else if (!test)
      to.notes.warning(member.at, at,
                       "this waits until '" + member.key +
                           "' is healthy, and the file gives it no health check; its image must have one");
  }
}

void specify_health(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  if (value.members.empty()) return;
  specify_map<model::HealthCheck>(to, value, path, health_keys(), service.health_check.emplace());
}

}  // namespace kontena::compose
