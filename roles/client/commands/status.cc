#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../help.h"
#include "../session.h"
#include "kontena/api/message_fields.h"
#include "kontena/base/text.h"

namespace kontena::client {

struct StatusReport {
  std::string context;
  std::string url;
  std::string client_version;
  std::string server_version;
  std::string user;
  api::GridSummary grid;
  std::string project;
  std::int64_t running_stacks = 0;
  std::int64_t stacks = 0;
  std::vector<std::string> problems;
};

struct Versions {
  std::string client;
  std::string server;  // "" = not asked
};

}  // namespace kontena::client

namespace kontena::codec {
template <>
struct Fields<client::StatusReport> {
  static void visit(auto& v, auto& s) {
    v("context", s.context);
    v("url", s.url);
    v("client_version", s.client_version);
    v("server_version", s.server_version);
    v("user", s.user);
    v("grid", s.grid);
    v("project", s.project);
    v("running_stacks", s.running_stacks);
    v("stacks", s.stacks);
    v("problems", s.problems);
  }
};
template <>
struct Fields<client::Versions> {
  static void visit(auto& v, auto& s) {
    v("client", s.client);
    v("server", s.server);
  }
};
}  // namespace kontena::codec

namespace kontena::client {
namespace {

namespace paths = api::paths;

// Of the server itself. One of before has none to tell.
Status find_server_problems(Session& session, const api::Hello& hello, StatusReport& report) {
  if (hello.problems == 0) return Done{};
  KTN_TRY(const api::ProblemList list, session.link.get<api::ProblemList>(std::string(paths::problems)));
  for (const api::Problem& problem : list.problems)
    report.problems.push_back("server: " + (problem.key.empty() ? "" : "record '" + problem.key + "' is damaged: ") +
                              problem.what + (problem.hint.empty() ? "" : " (" + problem.hint + ")"));
  return Done{};
}

Status find_problems(Session& session, StatusReport& report) {
  KTN_TRY(const std::string nodes_path, session.link.path(paths::nodes));
  KTN_TRY(const api::NodeList nodes, session.link.get<api::NodeList>(nodes_path));
  KTN_TRY(const std::string instances_path, session.link.path(paths::instances));
  KTN_TRY(const api::InstanceList instances, session.link.get<api::InstanceList>(instances_path));
  KTN_TRY(const std::string stacks_path, session.link.path(paths::stacks));
  KTN_TRY(const api::StackList stacks, session.link.get<api::StackList>(stacks_path));
  for (const api::NodeSummary& node : nodes.nodes)
    if (node.state != "ready")
      report.problems.push_back("node " + node.name + " is " + node.state +
                                (node.last_heard_ms ? ", last heard " + session.age(node.last_heard_ms) + " ago" : ""));
  if (nodes.nodes.empty())
    report.problems.push_back("the grid has no node: kontena client token create makes a token for one to join");
  for (const api::InstanceSummary& instance : instances.instances)
    if (const std::string trouble = instance_trouble(instance); !trouble.empty())
      report.problems.push_back(instance_name(instance) + (instance.node.empty() ? "" : " on " + instance.node) + ": " +
                                trouble);
  report.stacks = static_cast<std::int64_t>(stacks.stacks.size());
  for (const api::StackSummary& stack : stacks.stacks) {
    report.running_stacks += stack.state == "running";
    if (stack.state == "degraded" || stack.state == "damaged")
      report.problems.push_back("stack " + stack.name + " is " + stack.state);
  }
  return Done{};
}

std::string status_text(Session& session, const StatusReport& report) {
  Look plain = session.look;
  plain.headers = false;
  Table facts({});
  if (!report.context.empty()) facts.add({"context", report.context});
  facts.add({"server", report.url + ", version " + report.server_version});
  facts.add({"client", "version " + report.client_version});
  facts.add({"user", report.user});
  facts.add({"grid", report.grid.name + ", project " + report.project});
  facts.add({"nodes",
             {std::to_string(report.grid.nodes_ready) + " of " + std::to_string(report.grid.nodes) + " ready",
              report.grid.nodes_ready == report.grid.nodes ? Tone::good : Tone::bad}});
  facts.add({"stacks", std::to_string(report.running_stacks) + " of " + std::to_string(report.stacks) + " running"});
  std::string text = facts.text(plain);
  const bool colour = session.look.colour_out;
  if (report.problems.empty()) return text + paint("✔", Tone::good, colour) + " all is well\n";
  text += '\n' + count_text(static_cast<std::int64_t>(report.problems.size()), "problem") + ":\n";
  for (const std::string& problem : report.problems)
    text += "  " + paint("✘", Tone::bad, colour) + ' ' + problem + '\n';
  return text;
}

}  // namespace

Result<int> status(Session& session) {
  KTN_TRY(const Target* target, session.link.target());
  StatusReport report{
      .context = target->context, .url = target->url, .client_version = KONTENA_VERSION, .project = target->project};
  KTN_TRY(const api::Hello hello, session.link.get<api::Hello>(std::string(paths::health)));
  report.server_version = hello.version;
  KTN_TRY(const api::Who who, session.link.get<api::Who>(std::string(paths::who)));
  report.user = who.name.empty() ? who.kind : who.name;
  KTN_TRY(const std::string grid, session.link.grid());
  KTN_TRY(report.grid, session.link.get<api::GridSummary>(api::path(paths::grid, {grid})));
  KTN_OK(find_server_problems(session, hello, report));
  KTN_OK(find_problems(session, report));
  if (const std::string advice = version_advice(KONTENA_VERSION, hello.version); !advice.empty()) session.warn(advice);
  session.show(report, report.grid.name, [&] { return status_text(session, report); });
  const bool well = report.problems.empty();
  return session.arguments.has("--check") && !well ? exit_status(Code::unhealthy) : 0;
}

// Prints what is known: a server that is not reached is an error after that.
Result<int> version(Session& session) {
  Versions versions{KONTENA_VERSION, ""};
  std::optional<Error> wrong;
  if (!session.arguments.has("--client") && session.link.target()) {
    auto hello = session.link.get<api::Hello>(std::string(paths::health));
    if (hello)
      versions.server = hello->version;
    else
      wrong = std::move(hello).error();
  }
  session.show(versions, versions.client, [&] {
    return "client " + versions.client + '\n' + (versions.server.empty() ? "" : "server " + versions.server + '\n');
  });
  if (wrong) return *wrong;
  if (!versions.server.empty())
    if (const std::string advice = version_advice(versions.client, versions.server); !advice.empty())
      session.warn(advice);
  return 0;
}

Result<int> help(Session& session) {
  const auto& words = session.arguments.words;
  if (words.empty()) {
    session.out() << help_of_group("");
    return 0;
  }
  const std::string all = text::join(words, " ");
  if (const Command* command = find_command(all)) {
    session.out() << help_of(*command);
    return 0;
  }
  const auto in_group = [&](const Command& c) { return c.words.starts_with(all + ' '); };
  if (std::ranges::any_of(commands(), in_group)) {
    session.out() << help_of_group(all);
    return 0;
  }
  std::vector<std::string_view> names;
  for (const Command& each : commands()) names.push_back(each.words);
  const std::string_view near = text::nearest(all, names);
  return Error{Code::invalid_argument, "there is no command '" + all + "'",
               near.empty() ? "kontena client help lists the commands" : "did you mean '" + std::string(near) + "'?"};
}

Result<int> completion(Session& session) {
  const std::string& shell = session.arguments.words[0];
  if (shell != "bash")
    return Error{Code::unsupported, "there is no completion for '" + shell + "'", "kontena client completion bash"};
  session.out() << bash_completion();
  return 0;
}

}  // namespace kontena::client
