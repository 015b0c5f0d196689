// What becomes of each key, as `stack check` shows it, against what stage two does.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "../../src/compose/specify.h"
#include "../../src/compose/verdicts.h"
#include "golden.h"
#include "support.h"

namespace kontena::compose {
namespace {

std::string lines_of(const std::vector<Verdict>& keys) {
  constexpr std::string_view names[] = {"run", "mapped", "ignored", "refused", "part"};
  std::string lines;
  for (const Verdict& each : keys) {
    if (each.made) continue;
    lines += std::to_string(each.at.line) + ' ' + each.key + ": " + std::string(names[static_cast<int>(each.what)]);
    lines += (each.note.empty() ? "" : ": " + each.note) + "\n";
  }
  return lines;
}

}  // namespace

TEST_CASE("a key's verdict is what stage two makes of it, in all of our own cases") {
  std::size_t documents = 0, keys = 0;
  for (const std::string& path : golden_cases()) {
    CAPTURE(path);
    const Reading reading = read_case(path);
    if (!reading.document) continue;
    ++documents;
    const Specified specified = specify(*reading.document);
    keys += specified.keys.size();
    // Refused is what a deploy refuses, and nothing else.
    std::set<std::string> refused, problems;
    for (const Verdict& each : specified.keys)
      if (each.what == Class::refused && !each.inside) refused.insert(each.key);
    for (const Finding& each : specified.problems) problems.insert(each.key);
    CHECK(refused == problems);
    for (const Verdict& each : specified.keys) {
      CAPTURE(each.key);
      CHECK(each.what != Class::part);
      CHECK(each.at.line > 0);
      if (each.what != Class::runs) CHECK(!each.note.empty());
    }
  }
  CHECK(documents > 3);
  CHECK(keys > 200);
}

namespace {

// Every key with a row that is used, as the tables and the values say.
void each_used(const Node& value, const std::string& path, const auto& act) {
  for (std::size_t i = 0; i < value.items.size(); ++i) each_used(value.items[i], under(path, i), act);
  for (const Member& member : value.members) {
    const std::string at = under(path, member.key);
    const KeyInfo* row = value.table ? value.table->find(member.key) : nullptr;
    if (row && (row->what == Class::ignored || row->what == Class::refused)) continue;
    if (row && row->what != Class::part) act(at);
    each_used(member.value, at, act);
  }
}

}  // namespace

TEST_CASE("no key is accepted and ignored: each that is used is carried out by its row") {
  for (const std::string& path : golden_cases()) {
    CAPTURE(path);
    const Reading reading = read_case(path);
    if (!reading.document) continue;
    Notes notes;
    model::StackSpec spec;
    Specifier to{reading.document->root(), notes, spec};
    specify_all(to);
    each_used(to.root, "", [&](const std::string& key) {
      CAPTURE(key);
      CHECK((to.reached.contains(key) || to.said.contains(key)));
    });
  }
}

TEST_CASE("a verdict has its place, and its reason where it is not as in Compose") {
  const Specified specified = specify_project({service({"attach: true", "ports: ['80:80']", "network_mode: host",
                                                        "restart: sometimes", "provider: {type: x}"})});
  CHECK(lines_of(specified.keys) ==
        "1 services: run\n"
        "3 services.s.image: run\n"
        "4 services.s.attach: ignored: a deploy does not follow the output of services; 'logs' does\n"
        "5 services.s.ports: ignored: with network_mode host the container's ports are those of the node\n"
        "6 services.s.network_mode: mapped: " + std::string(service_table.find("network_mode")->note) + "\n"
        "7 services.s.restart: refused: 'sometimes' is not a restart policy (no, always, on-failure, on-failure:5 or "
        "unless-stopped)\n"
        "8 services.s.provider: refused: it runs a program on the client's machine\n"
        "8 services.s.provider.type: refused: as 'services.s.provider'\n");
}

}  // namespace kontena::compose
