#include "../context.h"

#include "../commands.h"
#include "../session.h"
#include "kontena/base/text.h"

namespace kontena::client {

// A context as lists show it: without its token.
struct ContextLine {
  std::string name;
  bool current = false;
  std::string url;
  std::string grid;
  std::string project;
  bool logged_in = false;
};

}  // namespace kontena::client

namespace kontena::codec {
template <>
struct Fields<client::ContextLine> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("current", s.current);
    v("url", s.url);
    v("grid", s.grid);
    v("project", s.project);
    v("logged_in", s.logged_in);
  }
};
}  // namespace kontena::codec

namespace kontena::client {

Result<int> context_ls(Session& session) {
  KTN_TRY(const Config config, load_config(session.outside.environment));
  std::vector<ContextLine> lines;
  for (const auto& [name, context] : config.contexts)
    lines.push_back({name, name == config.current, context.url, context.grid, context.project, !context.token.empty()});
  return session.list(
      lines, {"CONTEXT", "URL", "GRID", "PROJECT", "LOGGED IN"},
      [](const ContextLine& c) -> std::vector<Cell> {
        return {c.name + (c.current ? " *" : ""), c.url, c.grid.empty() ? Cell("-", Tone::faint) : Cell(c.grid),
                c.project.empty() ? std::string("default") : c.project, c.logged_in ? "yes" : "no"};
      },
      [](const ContextLine& c) { return c.name; });
}

Result<int> context_use(Session& session) {
  KTN_TRY(Config config, load_config(session.outside.environment));
  const std::string& name = session.arguments.words[0];
  KTN_OK(config.find(name));
  Context& context = config.contexts[name];
  // Only what was said now: a variable is no wish to remember it.
  if (session.arguments.from_command_line("--grid")) context.grid = session.arguments.value("--grid");
  if (session.arguments.from_command_line("--project")) context.project = session.arguments.value("--project");
  config.current = name;
  KTN_OK(save_config(session.outside.environment, config));
  session.note("now on " + name + ", " + context.url + (context.grid.empty() ? "" : ", grid " + context.grid));
  for (const char* variable : {"KONTENA_URL", "KONTENA_CONTEXT"})
    if (!session.outside.variable(variable).empty())
      session.warn(std::string(variable) + " is set, and goes before the current context");
  return 0;
}

Result<int> context_rm(Session& session) {
  KTN_TRY(Config config, load_config(session.outside.environment));
  for (const std::string& name : session.arguments.words) KTN_OK(config.find(name));
  KTN_TRY(const bool sure, session.confirmed("forget context " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  for (const std::string& name : session.arguments.words) {
    config.contexts.erase(name);
    if (config.current == name) config.current.clear();
  }
  KTN_OK(save_config(session.outside.environment, config));
  for (const std::string& name : session.arguments.words) session.note("context " + name + " is forgotten");
  return 0;
}

}  // namespace kontena::client
