#include <algorithm>

#include "../build.h"
#include "../commands.h"
#include "../describe.h"
#include "../pack.h"
#include "../project.h"
#include "../session.h"
#include "changes.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

constexpr Duration usual_removal = std::chrono::minutes(10);

std::string count_of(std::int64_t have, std::int64_t wanted) {
  return std::to_string(have) + '/' + std::to_string(wanted);
}

// Waits until the server knows the stack no more.
Status wait_gone(Session& session, const std::string& stack, Duration limit) {
  const Duration start = session.outside.clock.steady();
  KTN_TRY(const std::string path, session.link.path(paths::stack, {stack}));
  KTN_TRY(const std::string instances, session.link.path(paths::instances));
  http::Query query{{"stack", stack}};
  while (true) {
    const auto detail = session.link.get<api::StackDetail>(path);
    if (!detail && detail.error().code == Code::not_found) return Done{};
    if (!detail && detail.error().code != Code::unavailable) return detail.error();
    const Duration left = limit - (session.outside.clock.steady() - start);
    if (left <= Duration(0))
      return Error{Code::deadline_exceeded,
                   "stack '" + stack + "' is not gone after " + text::human_duration(limit) + "; its removal goes on",
                   "--timeout sets how long to wait; kontena client ps " + stack};
    session.outside.pause(session.outside.pace);
    const auto list =
        session.link.get<api::InstanceList>(instances, query, std::min(Duration(api::longest_wait_ms + 10'000), left));
    if (list) query["after"] = std::to_string(list->revision);
    // Nothing runs any more: what is left is a matter of moments, without a feed to wait on.
    if (list && list->instances.empty()) query.erase("after");
  }
}

void print_volumes(Table& table, const std::vector<model::Volume>& volumes) {
  for (const model::Volume& volume : volumes)
    table.add({volume.name, volume.node.empty() ? Cell("not placed yet", Tone::faint) : Cell(volume.node)});
}

std::string stack_text(Session& session, const api::StackDetail& detail) {
  const api::StackSummary& stack = detail.summary;
  const bool colour = session.look.colour_out;
  std::string text = paint(stack.name, Tone::strong, colour) + "  " + paint(stack.state, tone_of(stack.state), colour) +
                     "  revision " + std::to_string(stack.revision) + "  deployed " + session.age(stack.updated_ms) +
                     " ago\n";
  if (detail.deployment && detail.deployment->state == model::DeploymentState::failed)
    text += "its last deployment failed: " + plain_text(detail.deployment->reason) + '\n';
  Table services({"SERVICE", "STATE", "INSTANCES", "IMAGE", "PORTS", "REASON"});
  for (const api::ServiceSummary& each : detail.services)
    services.add({each.name,
                  {each.state, tone_of(each.state)},
                  count_of(each.running, each.wanted),
                  each.image,
                  ports_text(each.ports),
                  plain_text(each.reason)});
  text += '\n' + services.text(session.look);
  if (!detail.volumes.empty()) {
    Table volumes({"VOLUME", "NODE"});
    print_volumes(volumes, detail.volumes);
    text += '\n' + volumes.text(session.look);
  }
  if (!detail.notes.empty()) text += '\n';
  for (const std::string& note : detail.notes) text += paint("note:", Tone::busy, colour) + ' ' + note + '\n';
  return text;
}

// Where published ports answer: data, so on standard output.
void print_addresses(Session& session, const api::DeploymentDetail& detail) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const api::InstanceSummary& instance : detail.instances) {
    if (instance.outdated || instance.desired != "running") continue;
    for (const model::PublishedPort& port : instance.status.ports)
      if (port.published > 0)
        lines.emplace_back(port_address(instance, port), instance.service + ':' + std::to_string(port.target));
  }
  std::ranges::stable_sort(lines, {}, [](const auto& line) { return line.second; });
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::size_t left = 0;
  for (const auto& [address, target] : lines) left = std::max(left, width(address));
  for (const auto& [address, target] : lines) session.out() << pad(address, left) << " -> " << target << '\n';
}

// What the server made of the request: "web created; db unchanged".
std::string difference_text(const api::DeployAnswer& answer) {
  std::string text;
  const auto add = [&](const std::vector<std::string>& services, const char* what) {
    if (!services.empty()) text += (text.empty() ? "" : "; ") + text::join(services, ", ") + ' ' + what;
  };
  add(answer.created, "created");
  add(answer.changed, "changed");
  add(answer.removed, "removed");
  add(answer.unchanged, "unchanged");
  return text;
}

Result<int> change_wanted(Session& session, std::string_view pattern, const std::string& verb,
                          const std::string& done) {
  std::vector<Changed> changed;
  const auto all = for_each_word(session, [&](const std::string& stack) -> Status {
    KTN_TRY(const std::string path, session.link.path(pattern, {stack}));
    KTN_TRY(api::DeployAnswer answer, session.link.send<api::DeployAnswer>(http::Method::post, path));
    changed.push_back({stack, verb + " of " + stack, stack + " " + done, std::move(answer.deployment)});
    return Done{};
  });
  return await_changes(session, std::move(changed), all);
}

}  // namespace

Result<int> stack_config(Session& session) {
  const std::string format = session.arguments.value("--format", "yaml");
  const bool json = session.look.machine();
  if (!json && format != "yaml")
    return Error{Code::invalid_argument, "stack config prints yaml or json, not " + format};
  KTN_TRY(const Project project, read_project(session, ""));
  std::string text = json ? project.document.json() : project.document.yaml();
  if (!text.ends_with('\n')) text += '\n';
  session.out() << text;
  return 0;
}

Result<int> stack_deploy(Session& session) {
  const std::string name = session.arguments.words.empty() ? "" : session.arguments.words[0];
  KTN_TRY(compose::Specified specified, read_specified(session, name));
  const auto built = build_images(session, specified, true);
  if (!built) return build_failed(session, built.error());
  KTN_OK(send_images(session, *built, specified));
  KTN_OK(send_files(session, specified));
  model::StackSpec& spec = specified.spec;
  const std::string stack = spec.name;
  KTN_TRY(const std::string path, session.link.path(paths::stack, {stack}));
  KTN_TRY(const api::DeployAnswer answer,
          session.link.send<api::DeployAnswer>(http::Method::put, path, api::DeployRequest{std::move(spec), -1}));
  for (const std::string& warning : answer.warnings) session.warn(plain_text(warning));
  const model::Deployment& deployment = answer.deployment;
  const bool unchanged =
      answer.created.empty() && answer.changed.empty() && answer.removed.empty() && deployment.from == deployment.to;
  const std::string revision = std::to_string(deployment.to);
  session.note(unchanged ? stack + " is unchanged: revision " + revision
                         : "deploying " + stack + " revision " + revision + ": " + difference_text(answer));
  if (session.arguments.has("--detach")) {
    session.note("to follow it: kontena client deployment wait " + stack + ' ' + *deployment.id);
    return session.show(answer, *deployment.id, [&] { return *deployment.id + '\n'; });
  }

  const Duration start = session.outside.clock.steady();
  KTN_TRY(const Ended ended, follow(session, deployment, followed(session, deployment, "deploy of " + stack)));
  if (ended.status == 0)
    session.note(paint("✔", Tone::good, session.look.colour_err) + ' ' + stack + " revision " + revision +
                 " runs, after " + text::human_duration(session.outside.clock.steady() - start));
  if (session.look.quiet || session.look.machine()) {
    if (ended.status == 0 || session.look.machine()) session.show(ended.detail, stack, [] { return std::string(); });
  } else if (ended.status == 0) {
    print_addresses(session, ended.detail);
  }
  return ended.status;
}

Result<int> stack_history(Session& session) {
  const std::string& stack = session.arguments.words[0];
  if (session.arguments.words.size() > 1) {
    KTN_TRY(const std::string path, session.link.path(paths::history_entry, {stack, session.arguments.words[1]}));
    KTN_TRY(const model::StackRevision revision, session.link.get<model::StackRevision>(path));
    session.out() << machine_text(session.look, revision);
    return 0;
  }
  KTN_TRY(const std::string path, session.link.path(paths::history, {stack}));
  KTN_TRY(const api::History history, session.link.get<api::History>(path));
  return session.list(
      history.revisions, {"REVISION", "ACTION", "BY", "AGE", "SERVICES"},
      [&](const api::HistoryEntry& h) -> std::vector<Cell> {
        return {h.revision, h.action, plain_text(h.by), session.age(h.created_ms), text::join(h.services, ", ")};
      },
      [](const api::HistoryEntry& h) { return std::to_string(h.revision); });
}

Result<int> stack_ls(Session& session) {
  KTN_TRY(const std::string path, session.link.path(paths::stacks));
  KTN_TRY(const api::StackList list, session.link.get<api::StackList>(path));
  return session.list(
      list.stacks, {"STACK", "STATE", "SERVICES", "INSTANCES", "REVISION", "DEPLOYED"},
      [&](const api::StackSummary& s) -> std::vector<Cell> {
        return {s.name,     {s.state, tone_of(s.state)},       s.services, count_of(s.running, s.instances),
                s.revision, session.age(s.updated_ms) + " ago"};
      },
      [](const api::StackSummary& s) { return s.name; });
}

Result<int> stack_rm(Session& session) {
  KTN_TRY(const Duration limit, session.time_limit(usual_removal));
  std::string question = "remove " + text::join(session.arguments.words, ", ");
  if (!session.arguments.has("--yes") && session.outside.in_is_terminal) {
    std::int64_t services = 0, instances = 0;
    for (const std::string& stack : session.arguments.words) {
      KTN_TRY(const std::string path, session.link.path(paths::stack, {stack}));
      KTN_TRY(const api::StackDetail detail, session.link.get<api::StackDetail>(path));
      services += detail.summary.services;
      instances += detail.summary.instances;
    }
    KTN_TRY(const std::string grid, session.link.grid());
    question += " with " + count_text(services, "service") + " and " + count_text(instances, "instance") +
                " from grid " + grid + '?';
  }
  KTN_TRY(const bool sure, session.confirmed(question));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  std::vector<std::string> leaving;
  const auto all = for_each_word(session, [&](const std::string& stack) -> Status {
    KTN_TRY(std::string path, session.link.path(paths::stack, {stack}));
    KTN_OK(session.link.remove(std::move(path)));
    leaving.push_back(stack);
    return Done{};
  });
  for (const std::string& stack : leaving) {
    if (!session.arguments.has("--detach")) {
      session.note("removing " + stack);
      KTN_OK(wait_gone(session, stack, limit));
    }
    if (session.look.quiet) session.out() << stack << '\n';
    session.note(stack + (session.arguments.has("--detach") ? " is being removed" : " is gone; its volumes are kept"));
  }
  return all;
}

Result<int> stack_show(Session& session) {
  KTN_TRY(const std::string path, session.link.path(paths::stack, {session.arguments.words[0]}));
  KTN_TRY(const api::StackDetail detail, session.link.get<api::StackDetail>(path));
  return session.show(detail, detail.summary.name, [&] { return stack_text(session, detail); });
}

Result<int> stack_start(Session& session) { return change_wanted(session, paths::stack_start, "start", "runs"); }
Result<int> stack_stop(Session& session) { return change_wanted(session, paths::stack_stop, "stop", "stands"); }

}  // namespace kontena::client
