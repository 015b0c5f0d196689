#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "changes.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

std::string count_of(const api::ServiceSummary& service) {
  return std::to_string(service.running) + '/' + std::to_string(service.wanted);
}

Table instance_table(Session& session, const std::vector<api::InstanceSummary>& instances) {
  Table table({"INSTANCE", "STATE", "NODE", "PORTS", "AGE"});
  for (const api::InstanceSummary& each : instances)
    table.add({instance_name(each), instance_state(each, session.now()), instance_node(each),
               ports_text(each.status.ports), session.age(each.created_ms)});
  return table;
}

std::string service_text(Session& session, const api::ServiceDetail& detail) {
  const api::ServiceSummary& service = detail.summary;
  const bool colour = session.look.colour_out;
  std::string text = paint(service.stack + '/' + service.name, Tone::strong, colour) + "  " +
                     paint(service.state, tone_of(service.state), colour) + "  " + count_of(service) + "  revision " +
                     std::to_string(service.revision) + '\n';
  if (!service.reason.empty()) text += plain_text(service.reason) + '\n';
  Look plain = session.look;
  plain.headers = false;
  Table facts({});
  facts.add({"image", service.image});
  facts.add({"mode", service.mode + (detail.spec.job ? "-job" : "")});
  if (!service.ports.empty()) facts.add({"ports", ports_text(service.ports)});
  std::vector<std::string> mounts, after;
  for (const model::Mount& mount : detail.spec.mounts)
    mounts.push_back(mount.source + ':' + mount.target + (mount.read_only ? ":ro" : ""));
  for (const auto& [name, dependency] : detail.spec.depends_on) after.push_back(name);
  if (!mounts.empty()) facts.add({"mounts", text::join(mounts, ", ")});
  if (!after.empty()) facts.add({"after", text::join(after, ", ")});
  if (!detail.spec.own_labels.empty()) facts.add({"labels", plain_text(labels_text(detail.spec.own_labels))});
  if (const auto& use = detail.use) facts.add({"use", percent(use->cpu_milli) + " CPU, " + text::human_bytes(use->memory_bytes) + " memory; more: kontena client stats " + service.stack + '/' + service.name});
  text += '\n' + facts.text(plain);
  const Table instances = instance_table(session, detail.instances);
  return instances.empty() ? text : text + '\n' + instances.text(session.look);
}

}  // namespace

Result<int> service_ls(Session& session) {
  http::Query query;
  if (!session.arguments.words.empty()) query["stack"] = session.arguments.words[0];
  KTN_TRY(const std::string path, session.link.path(paths::services));
  KTN_TRY(const api::ServiceList list, session.link.get<api::ServiceList>(path, query));
  return session.list(
      list.services, {"SERVICE", "STATE", "INSTANCES", "MODE", "IMAGE", "PORTS", "REASON"},
      [](const api::ServiceSummary& s) -> std::vector<Cell> {
        return {s.stack + '/' + s.name, {s.state, tone_of(s.state)}, count_of(s), s.mode, s.image,
                ports_text(s.ports),    plain_text(s.reason)};
      },
      [](const api::ServiceSummary& s) { return s.stack + '/' + s.name; });
}

Result<int> service_show(Session& session) {
  KTN_TRY(const ServiceName name, parse_service(session.arguments.words[0]));
  KTN_TRY(const std::string path, session.link.path(paths::service, {name.stack, name.service}));
  KTN_TRY(const api::ServiceDetail detail, session.link.get<api::ServiceDetail>(path));
  return session.show(detail, name.stack + '/' + name.service, [&] { return service_text(session, detail); });
}

Result<int> service_scale(Session& session) {
  struct Wish {
    ServiceName name;
    std::int64_t replicas;
  };
  std::vector<Wish> wishes;  // all are read before the first is sent
  for (const std::string& word : session.arguments.words) {
    const auto equals = word.find('=');
    const auto count = equals == std::string::npos ? std::nullopt : text::integer(word.substr(equals + 1));
    if (!count || *count < 0)
      return Error{Code::invalid_argument, "'" + word + "' is not STACK/SERVICE=N", "service scale shop/web=3"};
    KTN_TRY(ServiceName name, parse_service(word.substr(0, equals)));
    wishes.push_back({std::move(name), *count});
  }
  std::vector<Changed> changed;
  std::size_t at = 0;
  const auto all = for_each_word(session, [&](const std::string&) -> Status {
    const Wish& wish = wishes[at++];
    KTN_TRY(const std::string path, session.link.path(paths::service_scale, {wish.name.stack, wish.name.service}));
    KTN_TRY(api::DeployAnswer answer,
            session.link.send<api::DeployAnswer>(http::Method::post, path, api::ScaleRequest{wish.replicas}));
    const std::string name = wish.name.stack + '/' + wish.name.service;
    const std::string target = name + " to " + count_text(wish.replicas, "instance");
    changed.push_back({wish.name.stack, "scaling of " + target, name + " has " + count_text(wish.replicas, "instance"),
                       std::move(answer.deployment)});
    return Done{};
  });
  return await_changes(session, std::move(changed), all);
}

Result<int> service_restart(Session& session) {
  std::vector<Changed> changed;
  const auto all = for_each_word(session, [&](const std::string& word) -> Status {
    KTN_TRY(const ServiceName name, parse_service(word));
    KTN_TRY(const std::string path, session.link.path(paths::service_restart, {name.stack, name.service}));
    KTN_TRY(api::DeployAnswer answer, session.link.send<api::DeployAnswer>(http::Method::post, path));
    changed.push_back({name.stack, "restart of " + word, word + " was restarted", std::move(answer.deployment)});
    return Done{};
  });
  return await_changes(session, std::move(changed), all);
}

Result<int> ps(Session& session) {
  http::Query query;
  if (!session.arguments.words.empty()) {
    KTN_TRY(const ServiceName name, parse_service_name(session.arguments.words[0]));
    query["stack"] = name.stack;
    if (!name.service.empty()) query["service"] = name.service;
  }
  KTN_TRY(const std::string path, session.link.path(paths::instances));
  KTN_TRY(const api::InstanceList list, session.link.get<api::InstanceList>(path, query));
  if (session.look.quiet || session.look.machine())
    return session.list(
        list.instances, {}, [](const auto&) { return std::vector<Cell>(); }, instance_name);
  session.out() << instance_table(session, list.instances).text(session.look);
  return 0;
}

}  // namespace kontena::client
