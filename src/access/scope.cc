#include "kontena/access/scope.h"

#include "kontena/base/text.h"

namespace kontena::access {
namespace {

// Of the characters of a label, and * for any.
bool is_pattern(std::string_view text) {
  constexpr std::string_view known = "abcdefghijklmnopqrstuvwxyz0123456789-*";
  return text.size() <= 63 && text.find('*') != std::string_view::npos &&
         text.find_first_not_of(known) == std::string_view::npos;
}

}  // namespace

Level Scope::level() const {
  if (grid.empty()) return Level::server;
  if (project.empty()) return Level::grid;
  return stack.empty() ? Level::project : Level::stack;
}

std::string Scope::text() const {
  std::string text = grid;
  if (!project.empty()) text += '/' + project;
  if (!stack.empty()) text += '/' + stack;
  return text;
}

std::string Scope::shown() const { return '/' + text(); }

Result<Scope> parse_scope(std::string_view given) {
  const std::string_view text = given.starts_with('/') ? given.substr(1) : given;
  if (text.empty()) return Scope{};
  const auto wrong = [&](const std::string& what) {
    return Error{
        Code::invalid_argument, "'" + std::string(given.substr(0, 200)) + "' is no scope: " + what,
        "write / for the server, /GRID, /GRID/PROJECT, or /GRID/PROJECT/STACK, where STACK may be a pattern as web-*"};
  };
  if (text.size() > 200) return wrong("it is too long");
  auto parts = text::split(text, '/');
  if (parts.size() > 3) return wrong("it has " + std::to_string(parts.size()) + " parts");
  parts.resize(3);
  for (std::size_t i = 0; i < 2; ++i)
    if (!parts[i].empty() && !text::is_label(parts[i])) return wrong("'" + parts[i] + "' is no name");
  if (parts[0].empty() || (parts[1].empty() && !parts[2].empty()) || text.ends_with('/'))
    return wrong("a part is empty");
  if (!parts[2].empty() && !text::is_label(parts[2]) && !is_pattern(parts[2]))
    return wrong("'" + parts[2] + "' is neither a name nor a pattern");
  return Scope{parts[0], parts[1], parts[2]};
}

bool holds(const Scope& outer, const Scope& inner) {
  if (outer.grid.empty()) return true;
  if (outer.grid != inner.grid) return false;
  if (outer.project.empty()) return true;
  if (outer.project != inner.project) return false;
  if (outer.stack.empty() || outer.stack == inner.stack) return true;
  return !inner.stack.empty() && inner.stack.find('*') == std::string::npos && matches(outer.stack, inner.stack);
}

bool matches(std::string_view pattern, std::string_view text) {
  // Back to the last * and one character on, where what follows it did not fit.
  std::size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace kontena::access
