#include "merge.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "kontena/base/text.h"

namespace kontena::compose {
namespace {

using Path = std::vector<std::string_view>;

bool matches(const Path& path, std::string_view pattern) {
  std::size_t at = 0;
  for (const std::string_view part : path) {
    if (at > pattern.size()) return false;
    const std::size_t dot = std::min(pattern.find('.', at), pattern.size());
    const std::string_view wanted = pattern.substr(at, dot - at);
    if (wanted != "*" && wanted != part) return false;
    at = dot + 1;
  }
  return at == pattern.size() + 1;
}

std::string shown(const Path& path) {
  std::string text;
  for (const std::string_view part : path) text = under(text, part);
  return text;
}

class Merge {
 public:
  explicit Merge(Notes& notes) : notes_(notes) {}

  void values(Node& base, Node over, Path& path);
  void mappings(Node& base, Node over, Path& path);

 private:
  using Merger = void (Merge::*)(Node& base, Node over, Path& path);
  struct Special {
    std::string_view pattern;
    Merger merger;
  };
  static const std::array<Special, 28> specials;

  void replace(Node& base, Node over, Path&) { base = std::move(over); }
  void sequences(Node& base, Node over, Path&);
  void build(Node& base, Node over, Path&);
  void named(Node& base, Node over, Path&);
  void dependencies(Node& base, Node over, Path&);
  void logging(Node& base, Node over, Path&);
  void subnets(Node& base, Node over, Path&);

  Notes& notes_;
};

constexpr auto is_map = [](const Node& node) { return node.kind == Kind::map; };

// A mapping of names to values as the list of NAME=VALUE, text as a list of one.
Node to_sequence(Node value) {
  if (value.kind == Kind::list || value.kind == Kind::null)
    return value.kind == Kind::list ? value : make_list(value.at);
  Node list = make_list(value.at);
  list.tag = value.tag;
  if (value.kind != Kind::map) {
    value.tag.clear();
    list.items.push_back(std::move(value));
    return list;
  }
  for (const Member& member : value.members) {
    const auto add = [&](const Node& one) {
      list.items.push_back(one.kind == Kind::null ? make_text(member.at, member.key)
                                                  : make_text(one.at, member.key + '=' + one.text));
    };
    if (member.value.kind == Kind::list)
      for (const Node& one : member.value.items) add(one);
    else if (member.value.kind == Kind::map)
      list.items.push_back(member.value);  // the key's own row refuses it, at its place
    else
      add(member.value);
  }
  return list;
}

// A list of names as the mapping of them to copies of `meaning`.
Node to_mapping(Node value, const Node& meaning) {
  if (value.kind != Kind::list) return value;
  Node map = make_map(value.at);
  map.tag = value.tag;
  for (Node& item : value.items) {
    Node copy = meaning;
    copy.at = item.at;
    for (Member& member : copy.members) member.at = member.value.at = item.at;
    put(map, item.text, std::move(copy));
  }
  return map;
}

// Takes NAME out of a list of NAME=VALUE, or of a mapping.
void take_out(Node& from, std::string_view name) {
  from.erase(name);
  std::erase_if(from.items, [&](const Node& item) { return item.text.substr(0, item.text.find('=')) == name; });
}

void Merge::sequences(Node& base, Node over, Path&) {
  for (const Member& member : over.members)
    if (!member.value.tag.empty()) take_out(base, member.key);
  drop_tags(over);
  base = to_sequence(std::move(base));
  for (Node& item : to_sequence(std::move(over)).items) base.items.push_back(std::move(item));
}

void Merge::build(Node& base, Node over, Path& path) {
  const auto to_build = [](Node& value) {
    if (value.kind != Kind::text) return;
    Node map = make_map(value.at);
    map.tag = std::exchange(value.tag, {});
    put(map, "context", value);
    value = std::move(map);
  };
  to_build(base);
  to_build(over);
  mappings(base, std::move(over), path);
}

void Merge::named(Node& base, Node over, Path& path) {
  base = to_mapping(std::move(base), make_null({}));
  mappings(base, to_mapping(std::move(over), make_null({})), path);
}

void Merge::dependencies(Node& base, Node over, Path& path) {
  Node meaning = make_map({});
  put(meaning, "condition", make_text({}, "service_started"));
  put(meaning, "required", make_scalar({}, Kind::boolean, "true"));
  base = to_mapping(std::move(base), meaning);
  mappings(base, to_mapping(std::move(over), meaning), path);
}

// Options are those of a driver, and go with it.
void Merge::logging(Node& base, Node over, Path& path) {
  const Node* before = base.find("driver");
  const Node* after = over.find("driver");
  if (!before || !after || before->text == after->text)
    mappings(base, std::move(over), path);
  else
    base = std::move(over);
}

// By subnet; one that only the base has is lost, as Compose loses it.
void Merge::subnets(Node& base, Node over, Path& path) {
  Node merged = make_list(base.at);
  const auto subnet = [](const Node& config) {
    const Node* found = config.find("subnet");
    return found ? found->text : std::string();
  };
  const auto same = [&](const Node& config) {
    return std::ranges::find_if(merged.items, [&](const Node& one) { return subnet(one) == subnet(config); });
  };
  for (const Node& original : base.items) {
    for (const Node& change : over.items) {
      if (subnet(original) != subnet(change) && same(change) == merged.items.end()) {
        merged.items.push_back(change);
        continue;
      }
      Node both = original;
      mappings(both, change, path);
      if (const auto known = same(both); known != merged.items.end())
        *known = std::move(both);
      else
        merged.items.push_back(std::move(both));
    }
  }
  base = std::move(merged);
}

const std::array<Merge::Special, 28> Merge::specials{{
    {"networks.*.ipam.config", &Merge::subnets},
    {"networks.*.labels", &Merge::sequences},
    {"services.*.annotations", &Merge::sequences},
    {"services.*.build", &Merge::build},
    {"services.*.build.additional_contexts", &Merge::sequences},
    {"services.*.build.args", &Merge::sequences},
    {"services.*.build.extra_hosts", &Merge::sequences},
    {"services.*.build.labels", &Merge::sequences},
    {"services.*.command", &Merge::replace},
    {"services.*.depends_on", &Merge::dependencies},
    {"services.*.deploy.labels", &Merge::sequences},
    {"services.*.dns", &Merge::sequences},
    {"services.*.dns_opt", &Merge::sequences},
    {"services.*.dns_search", &Merge::sequences},
    {"services.*.entrypoint", &Merge::replace},
    {"services.*.env_file", &Merge::sequences},
    {"services.*.environment", &Merge::sequences},
    {"services.*.extra_hosts", &Merge::sequences},
    {"services.*.healthcheck.test", &Merge::replace},
    {"services.*.label_file", &Merge::sequences},
    {"services.*.labels", &Merge::sequences},
    {"services.*.logging", &Merge::logging},
    {"services.*.models", &Merge::named},
    {"services.*.networks", &Merge::named},
    {"services.*.sysctls", &Merge::sequences},
    {"services.*.tmpfs", &Merge::sequences},
    {"services.*.ulimits.*", &Merge::replace},
    {"volumes.*.labels", &Merge::sequences},
}};

void Merge::values(Node& base, Node over, Path& path) {
  const bool deep = path.size() >= 3;
  const auto special =
      !deep ? specials.end()
            : std::ranges::find_if(specials, [&](const Special& each) { return matches(path, each.pattern); });
  if (special != specials.end()) {
    // Only what replaces is replaced by nothing.
    if (over.kind == Kind::null && special->merger != &Merge::replace) return;
    if (base.kind == Kind::null)
      base = std::move(over);
    else
      (this->*special->merger)(base, std::move(over), path);
    return;
  }
  if (over.kind == Kind::null) return;
  if (base.scalar()) {
    base = std::move(over);
  } else if (base.kind != over.kind) {
    notes_.problem(over.at, shown(path),
                   "this is " + std::string(describe(over)) + ", and cannot change " + std::string(describe(base)) +
                       " of an earlier file or service",
                   "'!override' in front of it replaces that whole");
  } else if (is_map(base)) {
    mappings(base, std::move(over), path);
  } else {
    for (Node& item : over.items) base.items.push_back(std::move(item));
  }
}

void Merge::mappings(Node& base, Node over, Path& path) {
  if (!is_map(base) || !is_map(over)) {
    base = std::move(over);  // one of the two is refused by its key's row
    return;
  }
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < base.members.size(); ++i) places.emplace(base.members[i].key, i);
  for (Member& member : over.members) {
    const auto place = places.find(member.key);
    if (place == places.end()) {
      base.members.push_back(std::move(member));
      continue;
    }
    Member& known = base.members[place->second];
    if (!member.value.tag.empty()) {
      known = std::move(member);
      continue;
    }
    path.push_back(known.key);
    const bool was_null = known.value.kind == Kind::null;
    values(known.value, std::move(member.value), path);
    if (was_null || known.value.scalar()) known.at = member.at;
    path.pop_back();
  }
}

}  // namespace

void merge_into(Notes& notes, Node& base, Node over, const std::string& path) {
  Path parts;
  if (const std::size_t dot = path.find('.'); dot != std::string::npos)
    parts = {std::string_view(path).substr(0, dot), std::string_view(path).substr(dot + 1)};
  else if (!path.empty())
    parts = {path};
  Merge(notes).mappings(base, std::move(over), parts);
}

void drop_tags(Node& node) {
  node.tag.clear();
  std::erase_if(node.members, [](const Member& member) { return member.value.tag == "!reset"; });
  std::erase_if(node.items, [](const Node& item) { return item.tag == "!reset"; });
  for (Member& member : node.members) drop_tags(member.value);
  for (Node& item : node.items) drop_tags(item);
}

void empty_resets(Node& node) {
  const auto empty = [](Node& value) {
    if (value.tag != "!reset") return empty_resets(value);
    value = make_null(value.at);
    value.tag = "!reset";
  };
  for (Member& member : node.members) empty(member.value);
  for (Node& item : node.items) empty(item);
}

}  // namespace kontena::compose
