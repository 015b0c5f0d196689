#include "verdicts.h"

#include <tuple>

namespace kontena::compose {
namespace {

class Walk {
 public:
  explicit Walk(const Specifier& to) : to_(to) {}

  std::vector<Verdict> run() {
    look(to_.root, "", nullptr);
    for (const Finding& problem : to_.notes.problems) refuse(problem);
    for (const Finding& warning : to_.notes.warnings) remark(warning);
    const auto place = [](const Verdict& v) { return std::tie(v.at.file, v.at.line, v.at.column, v.key); };
    std::ranges::stable_sort(verdicts_, [&](const Verdict& a, const Verdict& b) { return place(a) < place(b); });
    return std::move(verdicts_);
  }

 private:
  // `whole` is the key around it, where that is ignored or refused with all that is in it.
  void look(const Node& value, const std::string& path, const Verdict* whole) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const std::string at = under(path, i);
      say(value.items[i].at, at, false);  // also of the long form of what the file has
      look(value.items[i], at, whole);
    }
    for (const Member& member : value.members) {
      const std::string at = under(path, member.key);
      const KeyInfo* row = value.table ? value.table->find(member.key) : nullptr;
      if (!row) {
        say(member.at, at, member.value.made);
        look(member.value, at, whole);
        continue;
      }
      const Verdict verdict = judge(*row, member, at, whole);
      add(verdict);
      const bool unused = verdict.what == Class::ignored || verdict.what == Class::refused;
      look(member.value, at, whole ? whole : unused ? &verdict : nullptr);
    }
  }

  Verdict judge(const KeyInfo& row, const Member& member, const std::string& path, const Verdict* whole) const {
    Verdict verdict{position(member.at), path, row.what, std::string(row.note), member.value.made, whole != nullptr};
    if (whole) {
      verdict.what = whole->what;
      verdict.note = "as '" + whole->key + "'";
    } else if (const auto said = to_.said.find(path); said != to_.said.end()) {
      verdict.what = said->second.what;
      verdict.note = said->second.note;
    } else if (row.what == Class::part ||
               ((row.what == Class::ignored || row.what == Class::refused) && says_nothing(member.value))) {
      verdict.what = Class::runs;
      verdict.note.clear();
    }
    return verdict;
  }

  // Values that are no keys have a line where something is said of them.
  void say(const Mark& at, const std::string& path, bool made) {
    if (const auto said = to_.said.find(path); said != to_.said.end())
      add({position(at), path, said->second.what, said->second.note, made, false});
  }

  void refuse(const Finding& problem) {
    std::string why = problem.what;
    if (!problem.hint.empty()) why += " (" + problem.hint + ')';
    const auto known = places_.find(problem.key);
    if (known == places_.end()) return add({problem.at, problem.key, Class::refused, std::move(why), false, false});
    Verdict& verdict = verdicts_[known->second];
    // What the row says is said better there; a second problem of the key is told too.
    const bool of_row = verdict.what == Class::refused && why.ends_with(verdict.note);
    if (verdict.what == Class::refused && !of_row && refused_.contains(problem.key))
      verdict.note += "; " + why;
    else if (!of_row)
      verdict.note = std::move(why);
    verdict.what = Class::refused;
    verdict.made = verdict.inside = false;
    refused_.insert(problem.key);
  }

  void remark(const Finding& warning) {
    std::string what = warning.what;
    if (!warning.hint.empty()) what += " (" + warning.hint + ')';
    const auto known = places_.find(warning.key);
    if (known == places_.end()) return add({warning.at, warning.key, Class::runs, std::move(what), false, false});
    Verdict& verdict = verdicts_[known->second];
    if (verdict.what == Class::ignored || verdict.note == warning.what) return;  // which is what it says
    verdict.note += (verdict.note.empty() ? "" : "; ") + what;
    verdict.made = false;
  }

  void add(Verdict verdict) {
    places_.try_emplace(verdict.key, verdicts_.size());
    verdicts_.push_back(std::move(verdict));
  }

  static Position position(const Mark& at) { return {at.file ? *at.file : "", at.line, at.column}; }

  const Specifier& to_;
  std::vector<Verdict> verdicts_;
  std::unordered_map<std::string, std::size_t> places_;
  std::unordered_set<std::string> refused_;
};

}  // namespace

std::vector<Verdict> verdicts_of(const Specifier& to) { return Walk(to).run(); }

}  // namespace kontena::compose
