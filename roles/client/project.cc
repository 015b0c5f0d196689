#include "project.h"

#include <array>
#include <filesystem>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "pack.h"

namespace kontena::client {
namespace {

namespace fs = std::filesystem;

constexpr std::array usual_names{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"};
constexpr std::size_t most_file = 8u << 20;

std::string absolute(const Session& session, const std::string& path) {
  return fs::path(path).is_absolute() ? path : (fs::path(session.outside.folder) / path).lexically_normal().string();
}

constexpr std::array override_names{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml",
                                    "docker-compose.override.yaml"};

// The usual file and the one that changes it, as people name them: from here where they are in this folder.
Result<std::vector<std::string>> discover(const Session& session) {
  fs::path folder = session.outside.folder;
  const fs::path here = folder;
  const auto shown = [&](const fs::path& path) {
    return folder == here ? path.filename().string() : path.lexically_relative(here).string();
  };
  while (true) {
    std::vector<std::string> found;
    for (const char* name : usual_names)
      if (found.empty() && files::exists((folder / name).string())) found.push_back(shown(folder / name));
    if (!found.empty()) {
      for (const char* name : override_names)
        if (found.size() == 1 && files::exists((folder / name).string())) found.push_back(shown(folder / name));
      return found;
    }
    if (!folder.has_relative_path()) break;
    folder = folder.parent_path();
  }
  return Error{Code::not_found, "there is no compose.yaml in this folder nor in one above", "name the file by -f FILE"};
}

using Variables = std::map<std::string, std::string>;

std::string variable(const Session& session, const Variables& dot_env, const std::string& name) {
  if (session.outside.environment.contains(name)) return session.outside.variable(name);
  const auto found = dot_env.find(name);
  return found == dot_env.end() ? std::string() : found->second;
}

bool says_yes(const std::string& word) { return word == "1" || text::lower(word) == "true"; }

// `--env-file`, COMPOSE_ENV_FILES, or `.env` of the folder where there is one.
Result<std::vector<compose::Source>> read_env_files(const Session& session, const std::string& folder) {
  std::vector<compose::Source> sources;
  if (says_yes(session.outside.variable("COMPOSE_DISABLE_ENV_FILE"))) return sources;
  std::vector<std::string> given = session.arguments.values("--env-file");
  const std::string listed = session.outside.variable("COMPOSE_ENV_FILES");
  if (given.empty() && !listed.empty()) given = text::split(listed, ',');
  for (const std::string& file : given) {
    KTN_TRY(std::string content, files::read(absolute(session, file), most_file));
    sources.push_back({file, std::move(content)});
  }
  const std::string beside = folder + "/.env";
  if (given.empty() && files::exists(beside) && !fs::is_directory(beside)) {
    KTN_TRY(std::string content, files::read(beside, most_file));
    sources.push_back({beside, std::move(content)});
  }
  return sources;
}

Result<std::vector<std::string>> find_files(const Session& session, const Variables& dot_env) {
  const auto given = session.arguments.values("--file");
  if (!given.empty()) return given;
  const std::string named = variable(session, dot_env, "COMPOSE_FILE");
  if (named.empty()) return discover(session);
  const std::string separator = variable(session, dot_env, "COMPOSE_PATH_SEPARATOR");
  std::vector<std::string> files;
  const std::string_view between = separator.empty() ? ":" : std::string_view(separator);
  for (std::size_t at = 0; at <= named.size();) {
    const std::size_t end = std::min(named.find(between, at), named.size());
    files.push_back(named.substr(at, end - at));
    at = end + between.size();
  }
  return files;
}

std::vector<std::string> active_profiles(const Session& session, const Variables& dot_env) {
  auto profiles = session.arguments.values("--profile");
  if (!profiles.empty()) return profiles;
  for (const std::string& name : text::split(variable(session, dot_env, "COMPOSE_PROFILES"), ','))
    if (const auto trimmed = text::trim(name); !trimmed.empty()) profiles.emplace_back(trimmed);
  return profiles;
}

std::string folder_of(const Session& session, const std::string& first) {
  const auto given = session.arguments.value("--project-directory");
  if (!given.empty()) return absolute(session, given);
  return first == "-" ? session.outside.folder : fs::path(absolute(session, first)).parent_path().string();
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
  for (const compose::Finding& each : problems) session.err() << each.text() << '\n';
  session.err() << std::flush;
  return error;
}

void print_warnings(Session& session, const std::vector<compose::Finding>& warnings) {
  for (const compose::Finding& each : warnings) session.warn(each.text());
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
  // Which files and profiles there are may itself be said in a `.env`: that of the first file named, or of here.
  const auto given = session.arguments.values("--file");
  KTN_TRY(const auto first_env, read_env_files(session, given.empty() ? session.outside.folder : folder_of(session, given[0])));
  const Variables early = compose::variables_of(first_env, session.outside.environment);
  KTN_TRY(const std::vector<std::string> found, find_files(session, early));
  const std::string file = text::join(found, ", ");
  compose::Input input;
  for (const std::string& each : found) {
    KTN_TRY(compose::Source source, read_source(session, each));
    input.files.push_back(std::move(source));
  }
  input.folder = folder_of(session, found[0]);
  input.environment = session.outside.environment;
  KTN_TRY(input.env_files, read_env_files(session, input.folder));
  const Variables dot_env = compose::variables_of(input.env_files, session.outside.environment);
  input.profiles = active_profiles(session, dot_env);
  input.project_name = session.arguments.value("--project-name");
  if (!name.empty()) input.project_name = name;
  input.open = [](const std::string& path) { return files::read(path, most_file); };

  compose::Reading reading = compose::read(input);
  print_warnings(session, reading.warnings);
  if (!reading.problems.empty() || !reading.document) return problems_error(session, file, reading.problems);
  Variables variables(session.outside.environment.begin(), session.outside.environment.end());
  variables.insert(dot_env.begin(), dot_env.end());  // the environment counts before them
  return Project{file, std::move(*reading.document), input.folder, std::move(variables)};
}

namespace {

void find_variables(const Project& project, compose::Specified& specified) {
  for (compose::FileSource& file : specified.files) {
    if (file.from != compose::FileSource::From::environment) continue;
    const auto found = project.variables.find(file.value);
    if (found == project.variables.end()) {
      const std::string key = std::string(file.secret ? "secrets." : "configs.") + file.key;
      const std::string what = "the variable '" + file.value + "' is not set";
      specified.problems.push_back({.at = file.at, .key = key, .what = what});
      specified.keys.push_back({.at = file.at, .key = key, .what = compose::Class::refused, .note = what});
    } else
      file = {.secret = file.secret, .key = file.key, .from = compose::FileSource::From::content, .value = found->second, .at = file.at};
  }
}

}  // namespace

Result<compose::Specified> specify_project(const Project& project) {
  compose::Specified specified = compose::specify(project.document);
  find_variables(project, specified);
  if (specified.problems.empty()) KTN_OK(settle_own_paths(specified, project.folder));
  return specified;
}

Result<compose::Specified> read_specified(Session& session, const std::string& name) {
  KTN_TRY(const Project project, read_project(session, name));
  KTN_TRY(compose::Specified specified, specify_project(project));
  print_warnings(session, specified.warnings);
  if (!specified.problems.empty()) return problems_error(session, project.file, specified.problems);
  return specified;
}

}  // namespace kontena::client
