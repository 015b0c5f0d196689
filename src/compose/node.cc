#include "node.h"

#include <algorithm>
#include <utility>

namespace kontena::compose {

const Member* Node::member(std::string_view key) const {
  const auto at = std::ranges::find(members, key, &Member::key);
  return at == members.end() ? nullptr : &*at;
}

const Node* Node::find(std::string_view key) const {
  const Member* found = member(key);
  return found ? &found->value : nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node& Node::operator[](std::string_view key) {
  if (Node* found = find(key)) return *found;
  return members.emplace_back(Member{std::string(key), at, make_null(at)}).value;
}

bool Node::erase(std::string_view key) {
  return std::erase_if(members, [&](const Member& member) { return member.key == key; }) > 0;
}

Node make_scalar(const Mark& at, Kind kind, std::string text) {
  Node node;
  node.kind = kind;
  node.made = true;
  node.at = at;
  node.text = std::move(text);
  return node;
}

Node make_null(const Mark& at) { return make_scalar(at, Kind::null, ""); }
Node make_text(const Mark& at, std::string text) { return make_scalar(at, Kind::text, std::move(text)); }
Node make_list(const Mark& at) { return make_scalar(at, Kind::list, ""); }
Node make_map(const Mark& at) { return make_scalar(at, Kind::map, ""); }

void put(Node& map, std::string_view key, Node value) {
  if (Node* known = map.find(key))
    *known = std::move(value);
  else
    map.members.push_back({std::string(key), value.at, std::move(value)});
}

std::string_view describe(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return "nothing";
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
    case Kind::real:
      return "a number";
    case Kind::date:
      return "a date";
    case Kind::text:
      return "text";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a mapping";
  }
  return "";
}

std::string under(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : std::string(path) + '.' + std::string(key);
}

std::string under(std::string_view path, std::size_t index) {
  return std::string(path) + '[' + std::to_string(index) + ']';
}

}  // namespace kontena::compose
