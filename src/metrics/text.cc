#include "kontena/metrics/text.h"

namespace kontena::metrics {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out;
}

}  // namespace

std::string decimal(std::int64_t thousandths) {
  std::string fraction = std::to_string(thousandths % 1'000);
  return std::to_string(thousandths / 1'000) + '.' + std::string(3 - fraction.size(), '0') + fraction;
}

void Text::add(std::string_view name, std::string_view type, std::string_view help, const Labels& labels, const std::string& value) {
  auto& family = families_[std::string(name)];
  if (family.empty())
    family = "# HELP " + std::string(name) + ' ' + std::string(help) + "\n# TYPE " + std::string(name) + ' ' + std::string(type) + '\n';
  family += name;
  std::string inside;
  for (const auto& [label, text] : labels) inside += (inside.empty() ? "" : ",") + std::string(label) + "=\"" + escaped(text) + '"';
  if (!inside.empty()) family += '{' + inside + '}';
  family += ' ' + value + '\n';
}

std::string Text::text() const {
  std::string all;
  for (const auto& [name, family] : families_) all += family;
  return all;
}

}  // namespace kontena::metrics
