// The reader of Compose files under libFuzzer: what is read, printed, read again and specified
// ends without a crash, a leak or a hang, and means the same the second time.
//
// An input is one file, or several: "\n=== NAME\n" starts another one, which the first may name
// (`include`, `extends`, `env_file`). ".env" is the project's, "override" is a second Compose file.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "kontena/compose/read.h"
#include "kontena/compose/spec.h"

namespace {

using namespace kontena;

std::map<std::string, std::string> files_of(std::string_view data) {
  constexpr std::string_view border = "\n=== ";
  std::map<std::string, std::string> files;
  std::string name = "compose.yaml";
  while (true) {
    const std::size_t end = data.find(border);
    files[name] = std::string(data.substr(0, end));
    if (end == std::string_view::npos) return files;
    data.remove_prefix(end + border.size());
    const std::size_t line = data.find('\n');
    name = std::string(data.substr(0, line));
    data.remove_prefix(line == std::string_view::npos ? data.size() : line + 1);
  }
}

[[noreturn]] void fail(const char* what, const std::string& detail) {
  std::fprintf(stderr, "%s\n%s\n", what, detail.c_str());
  std::abort();
}

// Compose doubles the dollar signs of keys too, and does not take that back from keys that it reads.
std::string one_dollar(std::string text) {
  text.erase(std::unique(text.begin(), text.end(), [](char a, char b) { return a == '$' && b == '$'; }), text.end());
  return text;
}

compose::Input input_of(const std::map<std::string, std::string>& files, const std::string& text) {
  compose::Input input;
  input.files = {{"compose.yaml", text}};
  input.folder = "/project";
  input.environment = {{"HOME", "/home/user"}, {"TAG", "1.25"}, {"EMPTY", ""}, {"N", "3"}};
  input.profiles = {"dev"};
  input.open = [&files](const std::string& path) -> Result<std::string> {
    constexpr std::string_view folder = "/project/";
    const auto found = files.find(path.starts_with(folder) ? path.substr(folder.size()) : path);
    if (found == files.end()) return Error{Code::not_found, "there is no such file"};
    return found->second;
  };
  return input;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto files = files_of({reinterpret_cast<const char*>(data), size});
  compose::Input input = input_of(files, files.at("compose.yaml"));
  if (const auto over = files.find("override"); over != files.end())
    input.files.push_back({"override.yaml", over->second});
  if (const auto env = files.find(".env"); env != files.end()) input.env_files.push_back({".env", env->second});
  const compose::Reading reading = compose::read(input);
  if (reading.document.has_value() != reading.problems.empty()) fail("neither read nor refused", "");
  if (!reading.document) return 0;
  const compose::Specified specified = compose::specify(*reading.document);
  for (const compose::Finding& problem : specified.problems) {
    bool refused = false;
    for (const compose::Verdict& key : specified.keys)
      refused = refused || (key.key == problem.key && key.what == compose::Class::refused);
    if (!refused) fail("a problem that no key has", problem.text());
  }
  // What we print, we read, and it means the same.
  const std::string yaml = reading.document->yaml();
  const compose::Reading again = compose::read(input_of(files, yaml));
  // Compose prints a dependency that need not be there, and does not read it again.
  if (!again.document && again.problems[0].what.starts_with("there is no service")) return 0;
  if (!again.document) fail(yaml.c_str(), again.problems.empty() ? "" : again.problems[0].text());
  if (one_dollar(again.document->json()) != one_dollar(reading.document->json())) fail(yaml.c_str(), again.document->yaml());
  return 0;
}
