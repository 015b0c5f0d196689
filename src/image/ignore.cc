#include "kontena/image/ignore.h"

#include <algorithm>

#include "kontena/base/text.h"

namespace kontena::image {
namespace {

// As Go's filepath.Clean: no empty parts, no '.', and '..' as far as it goes. The '/' in front is dropped.
std::string clean(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::vector<std::string> kept;
  for (std::string& part : text::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..")
      kept.push_back(std::move(part));
    else if (!kept.empty() && kept.back() != "..")
      kept.pop_back();
    else if (!rooted)
      kept.push_back(std::move(part));
  }
  return kept.empty() ? "." : text::join(kept, "/");
}

}  // namespace

Result<Ignore> Ignore::parse(std::string_view text) {
  Ignore ignore;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  int number = 0;
  for (const std::string& line : text::split(text, '\n')) {
    ++number;
    if (line.starts_with('#')) continue;
    std::string_view pattern = text::trim(line);
    if (pattern.empty()) continue;
    const bool takes_back = pattern.starts_with('!');
    if (takes_back) pattern = text::trim(pattern.substr(1));
    if (pattern.empty())
      return Error{Code::invalid_argument, "line " + std::to_string(number) + ": '!' is no pattern of its own"};
    auto compiled = compile(clean(pattern));
    if (!compiled) return std::move(compiled).error().in("line " + std::to_string(number));
    compiled->takes_back = takes_back;
    ignore.patterns_.push_back(*std::move(compiled));
  }
  return ignore;
}

Result<Ignore::Pattern> Ignore::compile(std::string_view text) {
  using K = Step::Kind;
  Pattern pattern;
  pattern.plain = text;
  const auto wrong = [&](const std::string& what) {
    return Error{Code::invalid_argument, "the pattern '" + std::string(text) + "' " + what};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '*' && i + 1 < text.size() && text[i + 1] == '*') {
      ++i;
      const bool slash = i + 1 < text.size() && text[i + 1] == '/';
      if (slash) ++i;
      pattern.steps.push_back({.kind = i + 1 == text.size() ? K::rest : K::folders});
      // Docker's shortcut for "**" in front of plain text; it takes "**x" for any path that ends in x.
      if (pattern.steps.size() == 1 && !slash) pattern.any_suffix = true;
    } else if (c == '*') {
      pattern.steps.push_back({.kind = K::some});
    } else if (c == '?') {
      pattern.steps.push_back({.kind = K::one});
    } else if (c == '\\') {
      if (i + 1 == text.size()) return wrong("ends with a '\\'");
      pattern.steps.push_back({.kind = K::text, .c = text[++i]});
    } else if (c == '[') {
      Step set{.kind = K::set};
      if (i + 1 < text.size() && text[i + 1] == '^') set.negated = true, ++i;
      bool closed = false;
      const auto next = [&]() -> std::optional<char> {
        if (i < text.size() && text[i] == '\\') ++i;
        return i < text.size() ? std::optional(text[i++]) : std::nullopt;
      };
      for (++i; i < text.size() && !closed;) {
        if (text[i] == ']' && !set.from.empty()) {
          closed = true;
          break;
        }
        const auto from = next();
        auto to = from;
        if (from && i + 1 < text.size() && text[i] == '-' && text[i + 1] != ']') {
          ++i;
          to = next();
        }
        if (!from || !to) break;
        set.from += *from, set.to += *to;
      }
      if (!closed) return wrong("has a '[' that is not closed");
      pattern.steps.push_back(std::move(set));
    } else {
      pattern.steps.push_back({.kind = K::text, .c = c});
    }
  }
  const auto is_plain = [](const Step& step) { return step.kind == K::text; };
  if (pattern.any_suffix && !std::all_of(pattern.steps.begin() + 1, pattern.steps.end(), is_plain))
    pattern.any_suffix = false;
  return pattern;
}

// All places that the steps so far can have come to, so that no pattern takes more than steps × bytes.
bool Ignore::matches(const Pattern& pattern, std::string_view path) {
  using K = Step::Kind;
  if (pattern.any_suffix) {
    std::string suffix;
    for (auto step = pattern.steps.begin() + 1; step != pattern.steps.end(); ++step) suffix += step->c;
    return path.ends_with(suffix);
  }
  std::vector<bool> here(path.size() + 1, false);
  here[0] = true;
  for (const Step& step : pattern.steps) {
    std::vector<bool> next(path.size() + 1, false);
    bool any = false;
    for (std::size_t at = 0; at <= path.size(); ++at) {
      if (!here[at]) continue;
      const auto reach = [&](std::size_t to) { next[to] = any = true; };
      const bool more = at < path.size();
      switch (step.kind) {
        case K::text:
          if (more && path[at] == step.c) reach(at + 1);
          break;
        case K::one:
          if (more && path[at] != '/') reach(at + 1);
          break;
        case K::set:
          if (more) {
            bool in = false;
            for (std::size_t i = 0; i < step.from.size(); ++i)
              in = in || (step.from[i] <= path[at] && path[at] <= step.to[i]);
            if (in != step.negated) reach(at + 1);
          }
          break;
        case K::some:
          for (std::size_t to = at;; ++to) {
            reach(to);
            if (to == path.size() || path[to] == '/') break;
          }
          break;
        case K::folders:
          reach(at);
          for (std::size_t to = at; to < path.size(); ++to)
            if (path[to] == '/') reach(to + 1);
          break;
        case K::rest:
          return true;
      }
    }
    if (!any) return false;
    here = std::move(next);
  }
  return here[path.size()];
}

bool Ignore::excludes(std::string_view path) const {
  bool out = false;
  for (const Pattern& pattern : patterns_) {
    if (pattern.takes_back != out) continue;
    bool match = matches(pattern, path);
    for (std::size_t slash = path.find('/'); !match && slash != std::string_view::npos;
         slash = path.find('/', slash + 1))
      match = matches(pattern, path.substr(0, slash));
    if (match) out = !pattern.takes_back;
  }
  return out;
}

bool Ignore::may_take_back_inside(std::string_view folder) const {
  const std::string inside = std::string(folder) + '/';
  return std::ranges::any_of(patterns_, [&](const Pattern& pattern) {
    if (!pattern.takes_back) return false;
    // What comes before the first sign of a pattern has to lie on the way.
    const std::string_view fixed = std::string_view(pattern.plain).substr(0, pattern.plain.find_first_of("*?[\\"));
    return fixed.size() == pattern.plain.size() ? fixed.starts_with(inside)
                                                : fixed.starts_with(inside) || inside.starts_with(fixed);
  });
}

}  // namespace kontena::image
