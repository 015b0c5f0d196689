#include "kontena/logs/pattern.h"

#include <regex.h>

#include <cctype>
#include <cstdint>
#include <cstring>

namespace kontena::logs {
namespace {

constexpr std::uint64_t most_repetitions = 1'000;  // all upper bounds multiplied: what the automaton is copied

Error wrong(const std::string& what) { return {Code::invalid_argument, "the pattern " + what}; }

// Where a bracket expression ends: "[]a]", "[^]a]" and "[[:digit:]]" are whole ones.
std::size_t behind_bracket(const std::string& text, std::size_t at) {
  ++at;
  if (at < text.size() && text[at] == '^') ++at;
  if (at < text.size() && text[at] == ']') ++at;
  while (at < text.size() && text[at] != ']') {
    if (text[at] == '[' && at + 1 < text.size() && std::strchr(":.=", text[at + 1])) {
      const auto end = text.find(std::string{text[at + 1], ']'}, at + 2);
      if (end == std::string::npos) return text.size();
      at = end + 2;
    } else {
      ++at;
    }
  }
  return at + 1;
}

std::size_t behind_group(const std::string& text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '\\') at += 2;
    else if (c == '[') at = behind_bracket(text, at);
    else {
      ++at;
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) return at;
    }
  }
  return at;
}

Status check(const std::string& text) {
  if (text.empty()) return wrong("is empty");
  if (text.size() > Pattern::longest) return wrong("is longer than " + std::to_string(Pattern::longest) + " bytes");
  if (text.find('\0') != std::string::npos) return wrong("has a zero byte");
  std::uint64_t product = 1;
  int open = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\\') {
      if (at + 1 < text.size() && text[at + 1] >= '1' && text[at + 1] <= '9')
        return wrong("refers back with '" + text.substr(at, 2) + "', which may take for ever");
      at += 2;
    } else if (c == '[') {
      at = behind_bracket(text, at);
    } else if (c == '{') {
      std::uint64_t most = 0, number = 0;
      for (++at; at < text.size() && text[at] != '}'; ++at) {
        number = text[at] >= '0' && text[at] <= '9' ? number * 10 + static_cast<std::uint64_t>(text[at] - '0') : 0;
        most = std::max(most, number = std::min(number, most_repetitions + 1));
      }
      product *= std::max<std::uint64_t>(most, 1);
      if (product > most_repetitions) return wrong("repeats more than " + std::to_string(most_repetitions) + " times");
    } else {
      open += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (open < 0) return wrong("has a ')' that no '(' is before; one that is meant as such is '\\)'");
      ++at;
    }
  }
  return Done{};
}

// The longest run of plain bytes that every match has; `whole` where it is the expression itself.
std::string literal_of(const std::string& text, bool& whole) {
  std::string best, run;
  whole = true;
  const auto end_run = [&] {
    if (run.size() > best.size()) best = run;
    run.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    char c = text[at];
    std::size_t next = at + 1;
    bool plain = !std::strchr("^$.[]()|*+?{}\\", c);
    if (c == '|') {
      whole = false;
      return {};
    }
    if (c == '[') next = behind_bracket(text, at);
    if (c == '(') next = behind_group(text, at);
    if (c == '\\' && next < text.size()) {
      c = text[next++];
      plain = std::ispunct(static_cast<unsigned char>(c)) && !std::strchr("<>`'", c);
    }
    // Several may follow each other: "a+*" may be nothing.
    bool repeated = false, optional = false;
    while (next < text.size() && std::strchr("*?+{", text[next])) {
      repeated = true;
      optional = optional || text[next] != '+';
      if (text[next] == '{') next = std::min(text.find('}', next), text.size() - 1);
      ++next;
    }
    if (plain && !optional) {
      run += c;
    } else {
      whole = false;
      end_run();
    }
    if (repeated) {
      whole = false;
      end_run();
    }
    at = next;
  }
  end_run();
  return best;
}

}  // namespace

struct Pattern::Compiled {
  regex_t expression{};
  bool good = false;
  ~Compiled() {
    if (good) ::regfree(&expression);
  }
};

Pattern::~Pattern() = default;

Result<std::shared_ptr<const Pattern>> Pattern::compile(const std::string& expression) {
  KTN_OK(check(expression));
  std::shared_ptr<Pattern> pattern(new Pattern);
  pattern->compiled_ = std::make_unique<Compiled>();
  regex_t& compiled = pattern->compiled_->expression;
  if (const int failed = ::regcomp(&compiled, expression.c_str(), REG_EXTENDED | REG_NOSUB); failed != 0) {
    char why[200];
    ::regerror(failed, &compiled, why, sizeof why);
    return Error{Code::invalid_argument, "the pattern '" + expression + "' is no extended regular expression: " + why,
                 "a bracket or dot that is meant as such has a '\\' before it"};
  }
  pattern->compiled_->good = true;
  pattern->literal_ = literal_of(expression, pattern->is_literal_);
  return std::shared_ptr<const Pattern>(std::move(pattern));
}

bool Pattern::matches(std::string_view line) const {
  if (!literal_.empty() && !::memmem(line.data(), line.size(), literal_.data(), literal_.size())) return false;
  if (is_literal_) return true;
  regmatch_t range{.rm_so = 0, .rm_eo = static_cast<regoff_t>(line.size())};
  return ::regexec(&compiled_->expression, line.empty() ? "" : line.data(), 1, &range, REG_STARTEND) == 0;
}

}  // namespace kontena::logs
