#include "../../src/compose/keys.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "compose/data_folder.h"
#include "golden.h"
#include "support.h"

namespace kontena::compose {
namespace {

// Values of every kind, so that each canonical form meets what it does not expect.
Node odd_value(int kind) {
  switch (kind) {
    case 0:
      return make_null({});
    case 1:
      return make_text({}, "");
    case 2:
      return make_text({}, "x:y=z,w");
    case 3:
      return make_scalar({}, Kind::integer, "-5");
    case 4:
      return make_scalar({}, Kind::real, "1.5");
    case 5:
      return make_scalar({}, Kind::boolean, "true");
    case 6:
      return make_scalar({}, Kind::date, "2020-01-01");
    case 7:
      return make_list({});
    case 8:
      return make_map({});
    case 9: {
      Node list = make_list({});
      for (int i = 0; i < 9; ++i) list.items.push_back(odd_value(i));
      return list;
    }
    default: {
      Node map = make_map({});
      for (int i = 0; i < 10; ++i) put(map, "k" + std::to_string(i), odd_value(i));
      return map;
    }
  }
}

// The tables as the README has them: a line for each of them and class; keys of
// one reason together.
std::string table_lines() {
  constexpr std::string_view names[] = {"run", "mapped", "ignored", "refused", "as the key itself"};
  std::string out;
  for (const Table* table : tables()) {
    out += "- `" + std::string(table->where.empty() ? "top of the file" : table->where) + "`\n";
    for (const Class what : {Class::runs, Class::mapped, Class::ignored, Class::refused, Class::part}) {
      std::vector<std::pair<std::string, std::string>> reasons;  // reason, keys
      for (std::size_t i = 0; i < table->size; ++i) {
        const KeyInfo& row = table->at(i);
        if (row.what != what) continue;
        const auto same = [&](const auto& reason) { return reason.first == row.note; };
        const auto at = std::ranges::find_if(reasons, same);
        if (at == reasons.end())
          reasons.emplace_back(row.note, row.name);
        else
          at->second += " " + std::string(row.name);
      }
      for (const auto& [reason, keys] : reasons)
        out += "  - " + std::string(names[static_cast<std::size_t>(what)]) + ": `" + keys + "`" +
               (reason.empty() ? "" : ": " + reason) + "\n";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("the README lists every key with what becomes of it") {
  const std::string path = std::string(KTN_COMPOSE_DATA) + "/../../../src/compose/README.md";
  std::string readme = read_file(path);
  const std::string_view start = "<!-- keys -->\n", end = "<!-- /keys -->";
  const std::size_t from = readme.find(start), to = readme.find(end);
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  const std::size_t inside = from + start.size();
  if (std::getenv("KTN_ACCEPT")) {
    readme.replace(inside, to - inside, table_lines());
    std::ofstream(path, std::ios::binary) << readme;
  }
  CHECK(readme.substr(inside, readme.find(end) - inside) == table_lines());
}

TEST_CASE("every key of every table takes any value without a crash, and says what it does not take") {
  const Input input = input_of({});
  for (const Table* table : tables()) {
    for (std::size_t i = 0; i < table->size; ++i) {
      const KeyInfo& row = table->at(i);
      CAPTURE(table->where);
      CAPTURE(row.name);
      CHECK(table->find(row.name) == &row);
      CHECK((row.what == Class::runs || row.what == Class::part) == row.note.empty());
      std::size_t refused = 0;
      for (int kind = 0; kind <= 10; ++kind) {
        Notes notes;
        std::deque<std::string> files;
        Reader reader{input, notes, [](std::string_view) { return std::nullopt; }, files};
        Node value = odd_value(kind);
        row.canonical(reader, value, "k");
        refused += !notes.problems.empty();
      }
      // What is refused whole is not looked into.
      if (row.what == Class::runs || row.what == Class::mapped) CHECK(refused > 0);
    }
  }
}

TEST_CASE("a key that is not supported is refused by name with its reason and place") {
  const std::string more =
      "  t: {image: i}\nsecrets: {sec: {file: f}}\nconfigs: {sec: {file: f}}\nmodels: {sec: {model: x}}\n";
  for (const Table* table : tables()) {
    if (table->where != "services.*") continue;
    for (std::size_t i = 0; i < table->size; ++i) {
      const KeyInfo& row = table->at(i);
      if (row.what != Class::refused) continue;
      CAPTURE(row.name);
      const std::string name(row.name);
      // The first of these that the key's form takes.
      bool read = false;
      for (const std::string value :
           {"text", "true", "5", "[a=b]", "{a: b}", "['a=b:c']", "1.5", "{nofile: 5}", "[t]", "[sec]", "{type: x}",
            "{driver: x}", "[{command: [x]}]", "{config: x}", "{weight: 5}", "host", "all"}) {
        const Reading reading = read_project({service({name + ": " + value}) + more});
        if (!reading.document) continue;
        read = true;
        const Specified specified = specify(*reading.document);
        const auto at = std::ranges::find(specified.problems, "services.s." + name, &Finding::key);
        REQUIRE_MESSAGE(at != specified.problems.end(), value << "\n" << lines_of(specified.problems));
        const Finding& problem = *at;
        CHECK(problem.at.line == 4);
        CHECK(problem.what.find("'" + name + "' is not supported") == 0);
        break;
      }
      CHECK(read);
    }
  }
}

TEST_CASE("an unknown key is told with the nearest right one, or where it belongs") {
  struct Row {
    std::string_view line, problem;
  };
  for (const Row& row : {
           Row{"imagee: x", "compose.yaml:4:5: services.s.imagee: unknown key 'imagee' (did you mean 'image'?)"},
           Row{"enviroment: {}", "unknown key 'enviroment' (did you mean 'environment'?)"},
           Row{"replicas: 3", "unknown key 'replicas' ('replicas' belongs under 'deploy')"},
           Row{"constraints: []", "unknown key 'constraints' ('constraints' belongs under 'placement')"},
           Row{"interval: 3s", "unknown key 'interval' ('interval' belongs under 'healthcheck')"},
           Row{"services: {}", "unknown key 'services' ('services' belongs at the top of the file)"},
           Row{"frobnicate: 1", "services.s.frobnicate: unknown key 'frobnicate'\n"},
           Row{"deploy: {replica: 3}", "services.s.deploy.replica: unknown key 'replica' (did you mean 'replicas'?)"},
           Row{"deploy: {restart: no}",
               "services.s.deploy.restart: unknown key 'restart' ('restart' belongs to one of the services)"},
           Row{"ports: [{target: 80, publish: 8}]",
               "services.s.ports[0].publish: unknown key 'publish' (did you mean 'published'?)"},
       }) {
    CAPTURE(row.line);
    const std::string problems = lines_of(read_project({service({std::string(row.line)})}).problems);
    CHECK_MESSAGE(problems.find(row.problem) != std::string::npos, problems);
  }
}

TEST_CASE("a key that says what is so anyway is not refused") {
  const Specified specified = specify_project(
      {service({"tty: false", "privileged: no", "cap_add: []", "init: ${INIT:-false}", "sysctls: {}"})});
  CHECK(lines_of(specified.problems) == "");
}

}  // namespace kontena::compose
