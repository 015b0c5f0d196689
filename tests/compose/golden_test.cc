// data/NAME.yaml, or the folder data/NAME with its compose.yaml, is read as a project; data/NAME.json holds the canonical
// document, or the problems where it cannot be read, and what is specified.
// Made anew by KTN_ACCEPT=1.
#include "golden.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "compose/data_folder.h"
#include "kontena/codec/fields.h"
#include "kontena/codec/json.h"
#include "support.h"

namespace kontena::compose {

std::vector<std::string> golden_cases() {
  std::vector<std::string> cases;
  for (const auto& entry : std::filesystem::directory_iterator(KTN_COMPOSE_DATA))
    if (entry.path().extension() == ".yaml" || entry.is_directory())
      cases.push_back(entry.path().parent_path() / entry.path().stem());
  std::ranges::sort(cases);
  return cases;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string case_text(const std::string& path) {
  return read_file(std::filesystem::is_directory(path) ? path + "/compose.yaml" : path + ".yaml");
}

Reading read_case(const std::string& path) {
  Project project{case_text(path),
                  {{"HOME", "/home/user"}, {"TAG", "1.25"}, {"EMPTY", ""}, {"REPLICAS", "4"}},
                  {{"/project/web.env", "FROM_FILE=1\nBOTH=file\n"}},
                  "DOT=env\n"};
  if (!std::filesystem::is_directory(path)) return read_project(project);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file())
      project.files["/project" + entry.path().string().substr(path.size())] = read_file(entry.path());
  project.dot_env = read_file(path + "/.env");
  Input input = input_of(project);
  input.profiles = {"dev", "a"};
  if (const std::string over = read_file(path + "/compose.override.yaml"); !over.empty())
    input.files.push_back({"compose.override.yaml", over});
  return read(input);
}

namespace {

void put_findings(codec::Element into, const std::vector<Finding>& findings) {
  codec::make_array(into);
  for (const Finding& finding : findings) codec::put(codec::append(into), finding.text());
}

std::string answer(const std::string& path) {
  codec::Document out;
  const Reading reading = read_case(path);
  put_findings(codec::member(out.root(), "1 read: problems"), reading.problems);
  put_findings(codec::member(out.root(), "2 read: warnings"), reading.warnings);
  if (reading.document) {
    auto document = codec::Document::parse(reading.document->json());
    REQUIRE(document);
    codec::copy(codec::member(out.root(), "3 document"), document->root());
    const Specified specified = specify(*reading.document);
    put_findings(codec::member(out.root(), "4 specify: problems"), specified.problems);
    put_findings(codec::member(out.root(), "5 specify: warnings"), specified.warnings);
    if (specified.problems.empty()) codec::put(codec::member(out.root(), "6 spec"), specified.spec);
  }
  return out.pretty() + "\n";
}

}  // namespace

TEST_CASE("files are read as their golden answers say") {
  for (const std::string& path : golden_cases()) {
    CAPTURE(path);
    const std::string got = answer(path);
    if (std::getenv("KTN_ACCEPT")) std::ofstream(path + ".json", std::ios::binary) << got;
    CHECK(got == read_file(path + ".json"));
  }
}

}  // namespace kontena::compose
