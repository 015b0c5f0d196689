#include "print.h"

#include <algorithm>
#include <array>

#include "kontena/base/text.h"
#include "kontena/compose/document.h"
#include "order.h"
#include "parts.h"
#include "quote.h"

namespace kontena::compose {
namespace {

// What Compose reads and does not print.
bool unprinted(const Node& map, const Member& member) {
  if (member.value.doubt && member.value.text == "0" && member.key != "Weight")
    return true;  // what Compose made of it is nothing
  // Times of an update, unlike those of a restart.
  if (map.table == &update_table && member.value.text == "0s") return true;
  if (member.value.doubt && member.key == "name" && member.value.text.empty()) return true;
  if (map.table == &ipam_table && member.key == "options") return true;
  return (member.key == "create_host_path" && member.value.text == "false") || member.key == "pull_refresh_after";
}

// What is empty and said by nobody. A service's command that is none may be told from one that is empty in JSON only.
bool not_in_yaml(const Member& member) {
  if (member.key == "command" || member.key == "entrypoint") return member.value.kind == Kind::null;
  return (member.key == "ipam" || member.key == "resources" || member.key == "placement") &&
         member.value.kind == Kind::map && member.value.members.empty();
}

// A bound of nothing, and what is for others inside of a mapping.
bool not_in_json(const Node& map, const Member& member) {
  if (map.table && map.table != &stack_table && member.key.starts_with("x-") && !map.table->find(member.key))
    return true;
  return (member.key == "soft" || member.key == "hard") && member.value.kind == Kind::integer &&
         member.value.text == "0";
}

std::vector<const Member*> in_order(const Node& map, bool yaml) {
  std::vector<const Member*> members;
  for (const Member& member : map.members)
    if (!unprinted(map, member) && !(yaml ? not_in_yaml(member) : not_in_json(map, member))) members.push_back(&member);
  put_in_order(map.table, members);
  return members;
}

// Of the project's own mapping.
std::vector<const Member*> in_top_order(const Node& map) {
  constexpr std::array<std::string_view, 7> first{"name",    "services", "networks", "volumes",
                                                  "secrets", "configs",  "models"};
  auto members = in_order(map, true);
  std::ranges::stable_sort(members, {},
                           [&](const Member* member) { return std::ranges::find(first, member->key) - first.begin(); });
  return members;
}

// A day is its first moment.
std::string date_text(const std::string& text) {
  const auto parts = text::split(text, '-');
  if (parts.size() != 3 || parts[2].size() > 2) return text;
  const auto two = [](const std::string& digits) { return digits.size() == 1 ? '0' + digits : digits; };
  return parts[0] + '-' + two(parts[1]) + '-' + two(parts[2]) + "T00:00:00Z";
}

class Yaml {
 public:
  std::string run(const Node& root) {
    if (root.members.empty()) return "{}\n";
    map(root, in_top_order(root), 0);
    return std::move(out_);
  }

 private:
  void map(const Node& node, const std::vector<const Member*>& members, std::size_t indent) {
    const bool lower = node.table == &block_rate_table || node.table == &block_weight_table;
    for (std::size_t i = 0; i < members.size(); ++i) {
      // The first member of a mapping in a list stands behind its dash.
      if (i > 0 || !after_dash_) out_.append(indent, ' ');
      after_dash_ = false;
      out_ += (lower ? text::lower(members[i]->key) : yaml_line(members[i]->key)) + ':';
      value(members[i]->value, indent);
    }
  }

  // Behind a key or a dash.
  void value(const Node& node, std::size_t indent) {
    if (const auto members = in_order(node, true); !members.empty()) {
      out_ += '\n';
      map(node, members, indent + 2);
    } else if (node.kind == Kind::list && !node.items.empty()) {
      out_ += '\n';
      list(node, indent + 2);
    } else {
      out_ += ' ' + scalar(node, indent + 2) + '\n';
    }
  }

  void list(const Node& node, std::size_t indent) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Node& item = node.items[i];
      if (i > 0 || !after_dash_) out_.append(indent, ' ');
      after_dash_ = false;
      out_ += "- ";
      if (const auto members = in_order(item, true); !members.empty()) {
        after_dash_ = true;
        map(item, members, indent + 2);
      } else if (item.kind == Kind::list && !item.items.empty()) {
        after_dash_ = true;
        list(item, indent + 2);
      } else {
        out_ += scalar(item, indent + 2) + '\n';
      }
    }
  }

  static std::string scalar(const Node& node, std::size_t indent) {
    switch (node.kind) {
      case Kind::null:
        return "null";
      case Kind::list:
        return "[]";
      case Kind::map:
        return "{}";
      case Kind::text:
        if (node.text == "<<") return node.text;  // merges nothing where it is no key
        return node.text.find('\n') == std::string::npos ? yaml_line(node.text) : yaml_block(node.text, indent);
      case Kind::real:
        if (node.text == "+Inf") return ".inf";
        if (node.text == "-Inf") return "-.inf";
        return node.text == "NaN" ? ".nan" : node.text;
      case Kind::date:
        return date_text(node.text);
      default:
        return node.text;
    }
  }

  std::string out_;
  bool after_dash_ = false;
};

class Json {
 public:
  std::string run(const Node& root) {
    value(root, 0);
    return std::move(out_) + '\n';
  }

 private:
  void line(std::size_t indent) {
    out_ += '\n';
    out_.append(indent, ' ');
  }

  void value(const Node& node, std::size_t indent) {
    switch (node.kind) {
      case Kind::null:
        out_ += "null";
        break;
      case Kind::boolean:
      case Kind::integer:
        out_ += node.text;
        break;
      case Kind::real:
        out_ += node.text.ends_with("Inf") || node.text == "NaN" ? json_text(node.text) : node.text;
        break;
      case Kind::date:
        out_ += json_text(date_text(node.text));
        break;
      case Kind::text:
        out_ += json_text(node.text);
        break;
      case Kind::list:
        list(node, indent);
        break;
      case Kind::map:
        map(node, indent);
        break;
    }
  }

  void list(const Node& node, std::size_t indent) {
    if (node.items.empty()) return void(out_ += "[]");
    out_ += '[';
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) out_ += ',';
      line(indent + 2);
      value(node.items[i], indent + 2);
    }
    line(indent);
    out_ += ']';
  }

  void map(const Node& node, std::size_t indent) {
    const auto members = in_order(node, false);
    if (members.empty()) return void(out_ += "{}");
    out_ += '{';
    bool first = true;
    for (const Member* member : members) {
      if (!std::exchange(first, false)) out_ += ',';
      line(indent + 2);
      out_ += json_text(member->key) + ": ";
      value(member->value, indent + 2);
    }
    line(indent);
    out_ += '}';
  }

  std::string out_;
};

}  // namespace

std::string print_yaml(const Node& root) { return Yaml().run(root); }
std::string print_json(const Node& root) { return Json().run(root); }

std::string Document::name() const {
  const Node* name = root_->find("name");
  return name ? name->text : "";
}
std::string Document::yaml() const { return print_yaml(*root_); }
std::string Document::json() const { return print_json(*root_); }

}  // namespace kontena::compose
