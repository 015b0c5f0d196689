// `stack check`: what becomes of each key of a Compose file.
#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../project.h"
#include "../session.h"

namespace kontena::client {

struct CheckedKey {
  std::string key;
  std::string what;  // run, mapped, ignored or refused
  std::string note;
  std::string file;
  std::int64_t line = 0;
  std::int64_t column = 0;
  bool is_default = false;
};

}  // namespace kontena::client

namespace kontena::codec {
template <>
struct Fields<client::CheckedKey> {
  static void visit(auto& v, auto& s) {
    v("key", s.key);
    v("what", s.what);
    v("note", s.note);
    v("file", s.file);
    v("line", s.line);
    v("column", s.column);
    v("default", s.is_default);
  }
};
}  // namespace kontena::codec

namespace kontena::client {
namespace {

using compose::Class;
using compose::Verdict;

std::string_view name_of(Class what) {
  switch (what) {
    case Class::refused:
      return "refused";
    case Class::ignored:
      return "ignored";
    case Class::mapped:
      return "mapped";
    default:
      return "run";
  }
}

// What asks for attention comes first.
int rank(const Verdict& verdict) {
  switch (verdict.what) {
    case Class::refused:
      return 0;
    case Class::ignored:
      return 1;
    case Class::mapped:
      return 2;
    default:
      return 3;
  }
}

Tone tone_of_class(Class what) {
  return what == Class::refused ? Tone::bad : what == Class::runs ? Tone::good : Tone::busy;
}

std::string place(const compose::Position& at) { return at.file + (at.line > 0 ? ':' + std::to_string(at.line) : ""); }

CheckedKey checked(const Verdict& verdict) {
  return {verdict.key,     std::string(name_of(verdict.what)),
          verdict.note,    verdict.at.file,
          verdict.at.line, verdict.at.column,
          verdict.made};
}

void print(Session& session, const std::vector<Verdict>& keys) {
  if (session.look.machine()) {
    std::vector<CheckedKey> lines;
    for (const Verdict& each : keys)
      if (!session.look.quiet || each.what == Class::refused) lines.push_back(checked(each));
    session.out() << machine_list(session.look, lines);
    return;
  }
  // Defaults, and keys inside of one that says it all, are for programs.
  std::vector<const Verdict*> shown;
  for (const Verdict& each : keys)
    if (!each.made && !each.inside) shown.push_back(&each);
  std::ranges::stable_sort(shown, {}, [](const Verdict* each) { return rank(*each); });
  Table table({"PLACE", "KEY", "", "HOW OR WHY"});
  for (const Verdict* each : shown) {
    if (session.look.quiet) {
      if (each->what == Class::refused)
        session.out() << place(each->at) << ": " << plain_text(each->key) << ": " << plain_text(each->note) << '\n';
      continue;
    }
    table.add({place(each->at),
               plain_text(each->key),
               {std::string(name_of(each->what)), tone_of_class(each->what)},
               plain_text(each->note)});
  }
  if (!session.look.quiet) session.out() << table.text(session.look);
}

}  // namespace

Result<int> stack_check(Session& session) {
  KTN_TRY(const Project project, read_project(session, ""));
  KTN_TRY(const compose::Specified specified, specify_project(project));
  print(session, specified.keys);
  std::int64_t count[4] = {};
  for (const Verdict& each : specified.keys)
    if (!each.made && !each.inside) ++count[rank(each)];
  session.note(count_text(count[3], "key") + " run, " + std::to_string(count[2]) + " mapped, " +
               std::to_string(count[1]) + " ignored, " + std::to_string(count[0]) + " refused");
  if (specified.problems.empty()) return 0;
  return Error{Code::invalid_argument, project.file + " cannot be deployed as it stands"};
}

}  // namespace kontena::client
