#include "project.h"

#include <array>
#include <filesystem>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/compose/spec.h"
#include "kontena/model/validate.h"

namespace kontena::client {
namespace {

namespace fs = std::filesystem;

constexpr std::array usual_names{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"};
constexpr std::size_t most_file = 8u << 20;

std::string absolute(const Session& session, const std::string& path) {
  return fs::path(path).is_absolute() ? path : (fs::path(session.outside.folder) / path).lexically_normal().string();
}

// The path as people name it: from here where it is in this folder.
Result<std::string> discover(const Session& session) {
  fs::path folder = session.outside.folder;
  const fs::path here = folder;
  while (true) {
    for (const char* name : usual_names)
      if (files::exists((folder / name).string()))
        return folder == here ? std::string(name) : (folder / name).lexically_relative(here).string();
    if (!folder.has_relative_path()) break;
    folder = folder.parent_path();
  }
  return Error{Code::not_found, "there is no compose.yaml in this folder nor in one above", "name the file by -f FILE"};
}

Result<std::string> find_file(const Session& session) {
  const auto given = session.arguments.values("--file");
  if (!given.empty()) return given.back();
  const std::string variable = session.outside.variable("COMPOSE_FILE");
  if (variable.empty()) return discover(session);
  if (variable.find(':') != std::string::npos)
    return Error{Code::unsupported, "COMPOSE_FILE names several files, and one is read at a time",
                 "merge them: docker compose config > merged.yaml"};
  return variable;
}

Error problems_error(Session& session, const std::string& file, const std::vector<compose::Finding>& problems) {
  const auto count = static_cast<std::int64_t>(problems.size());
  const std::string name = file == "-" ? "standard input" : file;
  Error error{Code::invalid_argument,
              name + " has " + (count == 1 ? "a problem" : std::to_string(count) + " problems")};
  if (session.look.machine()) {  // one object on stderr: the findings are in the message
    std::vector<std::string> texts;
    for (const compose::Finding& each : problems) texts.push_back(each.text());
    error.message += ": " + text::join(texts, "; ");
    return error;
  }
  for (const compose::Finding& each : problems) {
    session.err() << each.text() << '\n';
    if (!each.hint.empty()) session.err() << "  hint: " << each.hint << '\n';
  }
  session.err() << std::flush;
  return error;
}

void print_warnings(Session& session, const std::vector<compose::Finding>& warnings) {
  for (const compose::Finding& each : warnings)
    session.warn(each.text() + (each.hint.empty() ? "" : " (" + each.hint + ')'));
}

Result<compose::Source> read_source(Session& session, const std::string& file) {
  if (file == "-") {
    if (session.outside.in_is_terminal) session.note("reading the Compose file from the terminal; Ctrl-D ends it");
    KTN_TRY(std::string text, session.outside.read_input());
    return compose::Source{file, std::move(text)};
  }
  KTN_TRY(std::string text, files::read(absolute(session, file), most_file));
  return compose::Source{file, std::move(text)};
}

}  // namespace

Result<Project> read_project(Session& session, const std::string& name) {
  KTN_TRY(const std::string file, find_file(session));
  compose::Input input;
  KTN_TRY(compose::Source source, read_source(session, file));
  input.files.push_back(std::move(source));
  input.folder = file == "-" ? session.outside.folder : fs::path(absolute(session, file)).parent_path().string();
  input.project_name = name.empty() ? session.outside.variable("COMPOSE_PROJECT_NAME") : name;
  input.environment = session.outside.environment;
  if (const std::string beside = input.folder + "/.env"; files::exists(beside)) {
    KTN_TRY(std::string text, files::read(beside, most_file));
    input.env_file = compose::Source{beside, std::move(text)};
  }
  input.open = [](const std::string& path) { return files::read(path, most_file); };

  compose::Reading reading = compose::read(input);
  print_warnings(session, reading.warnings);
  if (!reading.problems.empty() || !reading.document) return problems_error(session, file, reading.problems);
  return Project{file, std::move(*reading.document)};
}

Result<model::StackSpec> read_spec(Session& session, const std::string& name) {
  KTN_TRY(const Project project, read_project(session, name));
  compose::Specified specified = compose::specify(project.document);
  print_warnings(session, specified.warnings);
  if (!specified.problems.empty()) return problems_error(session, project.file, specified.problems);
  std::vector<compose::Finding> problems;
  for (const model::Problem& each : model::validate(specified.spec))
    problems.push_back({{project.file, 0, 0}, each.path, each.what, ""});
  if (!problems.empty()) return problems_error(session, project.file, problems);
  return std::move(specified.spec);
}

}  // namespace kontena::client
