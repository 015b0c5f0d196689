#include "env_file.h"

#include <algorithm>

#include "kontena/base/text.h"
#include "source.h"

namespace kontena::compose {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool of_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '[' || c == ']';
}

class EnvFile {
 public:
  EnvFile(const SourceText& source, const Lookup& lookup, bool raw, Notes& notes)
      : source_(source), text_(source.text()), lookup_(lookup), raw_(raw), notes_(notes) {}

  std::vector<Setting> run() {
    while (skip_to_line()) line();
    return std::move(settings_);
  }

 private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
  }
  std::size_t line_end() const { return std::min(text_.find('\n', at_), text_.size()); }

  // To the next line that says something; false at the end.
  bool skip_to_line() {
    while (at_ < text_.size()) {
      skip_blanks();
      if (here() == '#') at_ = line_end();
      if (here() != '\n') return at_ < text_.size();
      ++at_;
    }
    return false;
  }

  void fail(std::size_t at, std::string what, std::string hint = {}) {
    notes_.problem(source_.mark(at), "", std::move(what), std::move(hint));
    at_ = line_end();
  }

  void line() {
    constexpr std::string_view exported = "export";
    if (!raw_ && text_.substr(at_).starts_with(exported) && at_ + exported.size() < text_.size() &&
        blank(text_[at_ + exported.size()])) {
      at_ += exported.size();
      skip_blanks();
    }
    const std::size_t from = at_;
    while (at_ < text_.size() && of_name(text_[at_])) ++at_;
    const std::string name(text_.substr(from, at_ - from));
    const std::size_t name_end = at_;
    skip_blanks();
    const char next = here();
    if (next != '=' && next != ':' && next != '\n' && next != '\0' && !(next == '#' && at_ > name_end))
      return fail(at_, at_ > name_end ? "a name has no blanks" : "a name has letters, digits, _ . - [ ] only",
                  "write NAME=VALUE, with quotes around a value of several lines");
    if (name.empty()) return fail(from, "a name is missing before '" + std::string(1, next) + "'");
    if (next != '=' && next != ':') {
      at_ = line_end();
      if (auto value = lookup_(name)) keep(name, *std::move(value));
      return;
    }
    ++at_;
    if (raw_) {
      std::string_view value = text_.substr(at_, line_end() - at_);
      if (value.ends_with('\r')) value.remove_suffix(1);
      at_ = line_end();
      return keep(name, std::string(value));
    }
    skip_blanks();
    if (here() == '\'' || here() == '"')
      quoted(name);
    else
      unquoted(name);
  }

  void unquoted(const std::string& name) {
    const std::size_t from = at_;
    std::string_view value = text_.substr(at_, line_end() - at_);
    at_ = line_end();
    for (std::size_t i = 0; i < value.size(); ++i)
      if (value[i] == '#' && (i == 0 || blank(value[i - 1]))) value = value.substr(0, i);
    while (!value.empty() && blank(value.back())) value.remove_suffix(1);
    expand(name, value, from);
  }

  void quoted(const std::string& name) {
    const std::size_t from = at_;
    const char quote = text_[at_];
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_)
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    if (at_ >= text_.size()) return fail(from, "the quote that opens here is never closed");
    const std::string_view inside = text_.substr(from + 1, at_ - from - 1);
    ++at_;
    const std::size_t after = at_;
    skip_blanks();
    if (here() != '\n' && here() != '\0' && here() != '#') return fail(after, "there is text behind the closing quote");
    at_ = line_end();
    if (quote == '\'') {
      std::string literal;
      for (std::size_t i = 0; i < inside.size(); ++i)
        if (!(inside[i] == '\\' && i + 1 < inside.size() && inside[i + 1] == '\'')) literal += inside[i];
      return keep(name, std::move(literal));
    }
    expand(name, unescape(inside), from + 1);
  }

  // A dollar sign that was escaped is doubled, so that interpolation leaves it.
  static std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        out += text[i];
        continue;
      }
      const char c = text[++i];
      if (c == 'n')
        out += '\n';
      else if (c == 'r')
        out += '\r';
      else if (c == 't')
        out += '\t';
      else if (c == '$')
        out += "$$";
      else if (c == '\\' || c == '"')
        out += c;
      else
        (out += '\\') += c;
    }
    return out;
  }

  void expand(const std::string& name, std::string_view text, std::size_t from) {
    const Lookup both = [&](std::string_view wanted) -> std::optional<std::string> {
      if (auto value = lookup_(wanted)) return value;
      const auto above = std::ranges::find(settings_.rbegin(), settings_.rend(), wanted, &Setting::name);
      return above == settings_.rend() ? std::nullopt : std::optional(above->value);
    };
    Interpolated result = interpolate(text, both);
    if (!result.problem.empty()) {
      notes_.problem(source_.mark(from), name, result.problem, "write $$ for a dollar sign");
      return;
    }
    for (const std::string& unset : result.unset)
      notes_.warning(source_.mark(from), name, "the variable '" + unset + "' is not set; it is taken as empty");
    keep(name, std::move(result.text));
  }

  void keep(const std::string& name, std::string value) {
    // Compose drops such names without a word.
    if (name[0] >= '0' && name[0] <= '9') return;
    settings_.push_back({name, std::move(value)});
  }

  const SourceText& source_;
  std::string_view text_;
  const Lookup& lookup_;
  bool raw_;
  Notes& notes_;
  std::size_t at_ = 0;
  std::vector<Setting> settings_;
};

}  // namespace

std::vector<Setting> parse_env_file(std::string_view text, const std::string* file, const Lookup& lookup, bool raw,
                                    Notes& notes) {
  const SourceText source(text, file);
  if (!source.check(notes)) return {};
  return EnvFile(source, lookup, raw, notes).run();
}

}  // namespace kontena::compose
