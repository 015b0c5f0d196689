#include "interpolate.h"

namespace kontena::compose {
namespace {

constexpr std::size_t deepest = 50;
constexpr std::size_t most_bytes = 4u << 20;

bool starts_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool goes_on(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

std::size_t name_size(std::string_view text) {
  if (text.empty() || !starts_name(text[0])) return 0;
  std::size_t size = 1;
  while (size < text.size() && goes_on(text[size])) ++size;
  return size;
}

// The '}' that closes the '{' at the front; npos where there is none.
std::size_t closing(std::string_view text) {
  std::size_t open = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') ++open;
    if (text[at] == '}' && --open == 0) return at;
  }
  return std::string_view::npos;
}

class Interpolation {
 public:
  Interpolation(const Lookup& lookup, Interpolated& result) : lookup_(lookup), result_(result) {}

  // `at` is where `text` is in the whole.
  std::string run(std::string_view text, std::size_t at, std::size_t depth) {
    std::string out;
    for (std::size_t i = 0; i < text.size() && result_.problem.empty();) {
      const std::size_t dollar = text.find('$', i);
      out += text.substr(i, dollar - i);
      if (dollar == std::string_view::npos) break;
      const std::string_view rest = text.substr(dollar + 1);
      i = dollar + 1;
      if (rest.starts_with('$')) {
        out += '$';
        ++i;
      } else if (rest.starts_with('{')) {
        const std::size_t end = closing(rest);
        if (end == std::string_view::npos) {
          fail(at + dollar, "'${' has no '}'");
          break;
        }
        out += braced(rest.substr(1, end - 1), at + dollar, depth);
        i += end + 1;
      } else if (const std::size_t size = name_size(rest)) {
        out += plain(rest.substr(0, size));
        i += size;
      } else {
        out += '$';
      }
      if (out.size() > most_bytes) fail(at + dollar, "the value grows beyond " + std::to_string(most_bytes) + " bytes");
    }
    return out;
  }

 private:
  void fail(std::size_t at, std::string what) {
    if (!result_.problem.empty()) return;
    result_.problem = std::move(what);
    result_.offset = at;
  }

  std::string plain(std::string_view name) {
    if (auto value = lookup_(name)) return *std::move(value);
    result_.unset.emplace_back(name);
    return "";
  }

  // What stands between the braces; `at` is the dollar sign's place.
  std::string braced(std::string_view text, std::size_t at, std::size_t depth) {
    const std::size_t size = name_size(text);
    const std::string_view name = text.substr(0, size);
    std::string_view rest = text.substr(size);
    if (size > 0 && rest.empty()) return plain(name);
    const bool colon = rest.starts_with(':');
    if (colon) rest.remove_prefix(1);
    if (size == 0 || rest.empty() || (rest[0] != '-' && rest[0] != '?' && rest[0] != '+')) {
      fail(at,
           "'${" + std::string(text) + "}' is not a variable: write ${NAME}, or ${NAME…} with one of - :- ? :? + :+");
      return "";
    }
    const char kind = rest[0];
    rest.remove_prefix(1);
    if (depth >= deepest) {
      fail(at, "variables are nested deeper than " + std::to_string(deepest) + " levels");
      return "";
    }
    const std::size_t rest_at = at + 2 + static_cast<std::size_t>(rest.data() - text.data());
    auto value = lookup_(name);
    const bool has = value && !(colon && value->empty());
    if (kind == '+') return has ? run(rest, rest_at, depth + 1) : "";
    if (has) return *std::move(value);
    std::string other = run(rest, rest_at, depth + 1);
    if (kind == '-') return other;
    fail(at, "the variable '" + std::string(name) + "' " + (value ? "is empty" : "is not set") +
                 (other.empty() ? "" : ": " + other));
    return "";
  }

  const Lookup& lookup_;
  Interpolated& result_;
};

}  // namespace

Interpolated interpolate(std::string_view text, const Lookup& lookup) {
  Interpolated result;
  std::string out = Interpolation(lookup, result).run(text, 0, 0);
  result.text = std::move(out);
  return result;
}

}  // namespace kontena::compose
