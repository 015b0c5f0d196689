#include "kontena/schedule/constraint.h"

#include <algorithm>
#include <array>

#include "kontena/base/text.h"

namespace kontena::schedule {
namespace {

using Reader = const std::string& (*)(const model::Node&, const model::NodeFacts&);

// Swarm's word: there is no such difference between our nodes but what people give by a label.
const std::string& role(const model::Node& node, const model::NodeFacts&) {
  static const std::string worker = "worker";
  const auto label = node.labels.find("role");
  return label == node.labels.end() ? worker : label->second;
}

struct Attribute {
  std::string_view name;
  Reader read;
};

constexpr std::array attributes{
    Attribute{"node.id", [](const model::Node& n, const model::NodeFacts&) -> const std::string& { return *n.id; }},
    Attribute{"node.hostname",
              [](const model::Node& n, const model::NodeFacts&) -> const std::string& { return n.name; }},
    Attribute{"node.role", role},
    Attribute{"node.platform.os",
              [](const model::Node&, const model::NodeFacts& f) -> const std::string& { return f.os; }},
    Attribute{"node.platform.arch",
              [](const model::Node&, const model::NodeFacts& f) -> const std::string& { return f.architecture; }},
};

constexpr std::string_view labels = "node.labels.";
constexpr std::string_view known =
    "node.id, node.hostname, node.role, node.platform.os, node.platform.arch, node.labels.NAME";

std::string_view label_name(std::string_view attribute) {
  return attribute.starts_with(labels) ? attribute.substr(labels.size()) : std::string_view();
}

const std::string& value_of(const model::Node& node, const model::NodeFacts& facts, std::string_view name) {
  static const std::string none;
  if (const auto at = std::ranges::find(attributes, name, &Attribute::name); at != attributes.end())
    return at->read(node, facts);
  const auto label = node.labels.find(std::string(label_name(name)));
  return label == node.labels.end() ? none : label->second;
}

// The kernel's name of a machine, as `uname -m` and Swarm have it, to Docker's.
std::string_view architecture(std::string_view name) {
  if (name == "x86_64") return "amd64";
  if (name == "aarch64") return "arm64";
  return name;
}

}  // namespace

Status check_attribute(std::string_view name) {
  if (std::ranges::find(attributes, name, &Attribute::name) != attributes.end()) return Done{};
  const auto label = label_name(name);
  const bool blank = label.find_first_of(" \t\r\n\v\f") != std::string_view::npos;
  if (!label.empty() && !blank) return Done{};
  return Error{Code::invalid_argument,
               "'" + std::string(name) + "' is not an attribute of nodes; there are " + std::string(known)};
}

Result<model::Constraint> parse_constraint(std::string_view text) {
  const auto at = text.find('=');
  const bool unequal = at != std::string_view::npos && at > 0 && text[at - 1] == '!';
  const bool equal = !unequal && at != std::string_view::npos && at + 1 < text.size() && text[at + 1] == '=';
  if (!equal && !unequal)
    return Error{Code::invalid_argument,
                 "'" + std::string(text) + "' is not a constraint, such as node.labels.zone==eu-1 or node.hostname!=a"};
  const auto attribute = text::trim(text.substr(0, unequal ? at - 1 : at));
  const auto value = text::trim(text.substr(at + (unequal ? 1 : 2)));
  KTN_OK(check_attribute(attribute));
  if (value.empty()) return Error{Code::invalid_argument, "constraint '" + std::string(text) + "' has no value"};
  return model::Constraint{std::string(attribute), equal, std::string(value)};
}

std::string attribute(const model::Node& node, const model::NodeFacts& facts, std::string_view name) {
  return value_of(node, facts, name);
}

bool meets(const model::Node& node, const model::NodeFacts& facts, const model::Constraint& constraint) {
  return meets(value_of(node, facts, constraint.attribute), constraint);
}

bool meets(const std::string& value, const model::Constraint& constraint) {
  const bool same = constraint.attribute == "node.platform.arch" ? architecture(value) == architecture(constraint.value)
                                                                 : value == constraint.value;
  return same == constraint.equal;
}

bool meets(const model::Node& node, const model::NodeFacts& facts, const std::vector<model::Constraint>& constraints) {
  return std::ranges::all_of(constraints, [&](const model::Constraint& c) { return meets(node, facts, c); });
}

}  // namespace kontena::schedule
