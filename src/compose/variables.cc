#include "variables.h"

#include "env_file.h"

namespace kontena::compose {

void Variables::add(const std::vector<Source>& env_files, std::deque<std::string>& names, Notes& notes) {
  std::map<std::string, std::string> inner;
  for (const Source& source : env_files) {
    names.push_back(source.path);
    const Lookup known = [&](std::string_view name) -> std::optional<std::string> {
      if (const auto client = client_.find(std::string(name)); client != client_.end()) return client->second;
      if (const auto outer = settings_.find(std::string(name)); outer != settings_.end()) return outer->second;
      if (const auto before = inner.find(std::string(name)); before != inner.end()) return before->second;
      return std::nullopt;
    };
    for (Setting& setting : parse_env_file(source.text, &names.back(), known, false, notes))
      inner[setting.name] = std::move(setting.value);
  }
  settings_.merge(inner);
}

std::optional<std::string> Variables::find(std::string_view name) const {
  const std::string key(name);
  if (key == "COMPOSE_PROJECT_NAME" && !project_.empty()) return project_;
  if (const auto client = client_.find(key); client != client_.end()) return client->second;
  if (const auto setting = settings_.find(key); setting != settings_.end()) return setting->second;
  if (key == "PWD") return folder_;
  return std::nullopt;
}

std::map<std::string, std::string> variables_of(const std::vector<Source>& env_files,
                                                const std::map<std::string, std::string>& environment) {
  std::deque<std::string> names;
  Notes notes;
  Variables variables(environment, "");
  variables.add(env_files, names, notes);
  return variables.settings();
}

}  // namespace kontena::compose
