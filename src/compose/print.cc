#include "print.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "kontena/base/text.h"
#include "kontena/compose/document.h"
#include "order.h"
#include "parts.h"
#include "scalar.h"

namespace kontena::compose {
namespace {

// What Compose reads and does not print.
bool unprinted(const Node& map, const Member& member) {
  if (member.value.doubt && member.value.text == "0") return true;  // what Compose made of it is nothing
  // Times of an update, unlike those of a restart.
  if (map.table == &update_table && member.value.text == "0s") return true;
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

std::string dollars_doubled(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '$') out += c;
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

// A day is its first moment.
std::string date_text(const std::string& text) {
  const auto parts = text::split(text, '-');
  if (parts.size() != 3 || parts[2].size() > 2) return text;
  const auto two = [](const std::string& digits) { return digits.size() == 1 ? '0' + digits : digits; };
  return parts[0] + '-' + two(parts[1]) + '-' + two(parts[2]) + "T00:00:00Z";
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + '\'';
}

// 1:30 and -1:30:59.5 are numbers of base 60 for readers of YAML 1.1.
bool base_60(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !digit(text[0])) return false;
  const auto parts = text::split(text.substr(0, text.find('.')), ':');
  if (parts.size() < 2 || parts[0].find_first_not_of("0123456789_") != std::string::npos) return false;
  for (std::size_t i = 1; i < parts.size(); ++i)
    if (parts[i].empty() || parts[i].size() > 2 || !std::ranges::all_of(parts[i], digit) ||
        (parts[i].size() == 2 && parts[i][0] > '5'))
      return false;
  const std::size_t point = text.find('.');
  return point == std::string_view::npos || text.find_first_not_of("0123456789_", point + 1) == std::string_view::npos;
}

// Text that YAML 1.1 readers take for something else.
bool old_word(std::string_view text) {
  const std::string word = text::lower(text);
  for (const auto old : {"y", "yes", "on", "n", "no", "off"})
    if (word == old) return true;
  return base_60(text);
}

bool plain_is_unsafe(std::string_view text) {
  const auto blank_at = [&](std::size_t at) { return at >= text.size() || text[at] == ' '; };
  const char first = text.front();
  if (std::string_view("#,[]{}&*!|>'\"%@`").find(first) != std::string_view::npos) return true;
  if ((first == '-' || first == '?' || first == ':') && blank_at(1)) return true;
  if (first == ' ' || text.back() == ' ' || text.back() == ':' || text.starts_with("---") || text.starts_with("..."))
    return true;
  return text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos;
}

// What stands in double quotes only: controls, and characters beyond the first 65,536.
bool special(std::string_view text) {
  return text.find("\xC2\x85") != std::string_view::npos || std::ranges::any_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return (byte < 0x20 && c != '\n') || byte == 0x7F || byte >= 0xF0;
         });
}

std::string yaml_quoted(std::string_view text) {
  std::string out;
  const auto add = [&](const char* form, unsigned long code) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), form, code);
    out += buffer.data();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = [&](std::size_t at) { return static_cast<unsigned long>(text[i + at]) & 0x3FUL; };
    if (byte == 0) {
      out += "\\0";
    } else if ((byte < 0x20 && text[i] != '\n' && text[i] != '\t' && text[i] != '\r') || byte == 0x7F) {
      add("\\x%02lX", byte);
    } else if (text.substr(i).starts_with("\xC2\x85")) {
      out += "\\N";
      ++i;
    } else if (byte >= 0xF0 && i + 3 < text.size()) {
      add("\\U%08lX", (byte & 7UL) << 18 | next(1) << 12 | next(2) << 6 | next(3));
      i += 3;
    } else {
      const std::string one = quoted(text.substr(i, 1));
      out += one.substr(1, one.size() - 2);
    }
  }
  return '"' + out + '"';
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
      out_ += (lower ? text::lower(members[i]->key) : one_line(members[i]->key)) + ':';
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

  static std::string one_line(std::string_view raw) {
    const std::string text = dollars_doubled(raw);
    if (text.empty() || special(text) || text.find('\n') != std::string::npos) return yaml_quoted(text);
    if (resolve(text).kind != Kind::text || old_word(text)) return yaml_quoted(text);
    return plain_is_unsafe(text) || text == "<<" ? single_quoted(text) : text;
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
        return node.text.find('\n') == std::string::npos ? one_line(node.text) : block(node.text, indent);
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

  static std::string block(std::string_view raw, std::size_t indent) {
    const std::string text = dollars_doubled(raw);
    if (special(text) || text.find_first_not_of('\n') == std::string::npos || text.find(" \n") != std::string::npos)
      return yaml_quoted(text);
    std::string out = text[0] == ' ' || text[0] == '\n' ? "|2" : "|";
    std::string_view rest = text;
    if (!rest.ends_with('\n'))
      out += '-';
    else if (rest.remove_suffix(1); rest.ends_with('\n'))
      out += '+';
    for (const std::string& line : text::split(rest, '\n')) {
      out += '\n';
      if (!line.empty()) out.append(indent, ' ') += line;
    }
    return out;
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
        out_ += node.text.ends_with("Inf") || node.text == "NaN" ? quoted(node.text) : node.text;
        break;
      case Kind::date:
        out_ += quoted(date_text(node.text));
        break;
      case Kind::text:
        out_ += quoted(dollars_doubled(node.text));
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
      out_ += quoted(dollars_doubled(member->key)) + ": ";
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
