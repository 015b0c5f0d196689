#include <algorithm>
#include <set>

#include "normalise.h"

namespace kontena::compose {
namespace {

struct Walk {
  Reader& reader;
  std::set<std::string> told;  // names that were warned of

  // The place inside the value is exact where the value stands in the file as it is.
  static Mark inside(const Node& value, std::size_t offset) {
    Mark at = value.at;
    if (value.style == Style::block || value.text.find('\n') < offset) return at;
    at.column += static_cast<int>(offset) + (value.style == Style::quoted ? 1 : 0);
    return at;
  }

  void scalar(Node& value, const std::string& path) {
    if (value.kind != Kind::text || value.text.find('$') == std::string::npos) return;
    Interpolated result = interpolate(value.text, reader.variables);
    if (!result.problem.empty()) {
      const bool form = result.problem.find("is not a variable") != std::string::npos ||
                        result.problem.find("no '}'") != std::string::npos;
      reader.notes.problem(inside(value, result.offset), path, result.problem,
                           form ? "write $$ for a dollar sign" : "");
      return;
    }
    for (const std::string& name : result.unset)
      if (told.insert(name).second)
        reader.notes.warning(value.at, path, "the variable '" + name + "' is not set; it is taken as empty");
    if (result.text == value.text) return;
    value.written = std::exchange(value.text, std::move(result.text));
  }

  void run(Node& value, const std::string& path) {
    scalar(value, path);
    for (std::size_t i = 0; i < value.items.size(); ++i) run(value.items[i], under(path, i));
    for (Member& member : value.members) run(member.value, under(path, member.key));
  }
};

}  // namespace

void interpolate_all(Reader& reader, Node& root) { Walk{reader, {}}.run(root, ""); }

std::string project_name(std::string_view from) {
  std::string name;
  for (const char c : from) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || (!name.empty() && (low == '_' || low == '-')))
      name += low;
  }
  return name;
}

}  // namespace kontena::compose
