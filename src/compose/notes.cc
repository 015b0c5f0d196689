#include "notes.h"

#include <algorithm>
#include <tuple>

namespace kontena::compose {
namespace {

Finding finding(const Mark& at, std::string key, std::string what, std::string hint) {
  return {{at.file ? *at.file : "", at.line, at.column}, std::move(key), std::move(what), std::move(hint)};
}

void order(std::vector<Finding>& findings) {
  const auto place = [](const Finding& f) { return std::tie(f.at.file, f.at.line, f.at.column, f.key, f.what); };
  std::ranges::stable_sort(findings, [&](const Finding& a, const Finding& b) { return place(a) < place(b); });
  const auto same = [&](const Finding& a, const Finding& b) { return place(a) == place(b); };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
}

}  // namespace

void Notes::problem(const Mark& at, std::string key, std::string what, std::string hint) {
  problems.push_back(finding(at, std::move(key), std::move(what), std::move(hint)));
}

void Notes::warning(const Mark& at, std::string key, std::string what, std::string hint) {
  warnings.push_back(finding(at, std::move(key), std::move(what), std::move(hint)));
}

void Notes::sort() {
  order(problems);
  order(warnings);
}

std::string Finding::text() const {
  std::string line = at.file;
  if (at.line > 0) line += ':' + std::to_string(at.line);
  if (at.line > 0 && at.column > 0) line += ':' + std::to_string(at.column);
  if (!line.empty()) line += ": ";
  if (!key.empty()) line += key + ": ";
  line += what;
  if (!hint.empty()) line += " (" + hint + ')';
  return line;
}

}  // namespace kontena::compose
