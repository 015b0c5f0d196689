#include "support.h"

#include <doctest/doctest.h>

namespace kontena::compose {

Input input_of(const Project& project) {
  Input input;
  input.files = {{"compose.yaml", project.text}};
  input.folder = "/project";
  input.environment = project.environment;
  if (!project.dot_env.empty()) input.env_files = {Source{".env", project.dot_env}};
  input.open = [files = project.files](const std::string& path) -> Result<std::string> {
    const auto file = files.find(path);
    if (file == files.end()) return Error{Code::not_found, "there is no such file"};
    return file->second;
  };
  return input;
}

Reading read_project(const Project& project) { return read(input_of(project)); }

Specified specify_project(const Project& project) {
  const Reading reading = read_project(project);
  INFO(project.text << "\n" << lines_of(reading.problems));
  REQUIRE(reading.document.has_value());
  return specify(*reading.document);
}

std::string service(const std::vector<std::string>& lines) {
  std::string text = "services:\n  s:\n    image: i\n";
  for (const std::string& line : lines) text += "    " + line + "\n";
  return text;
}

std::string lines_of(const std::vector<Finding>& findings) {
  std::string lines;
  for (const Finding& finding : findings) lines += finding.text() + "\n";
  return lines;
}

}  // namespace kontena::compose
