// The canonical forms of single keys of a service that are not ports or mounts.
#include <algorithm>
#include <set>

#include "kontena/base/text.h"
#include "service_forms.h"
#include "values.h"

namespace kontena::compose {
namespace {

Node boolean_node(const Mark& at, bool truth) { return make_scalar(at, Kind::boolean, truth ? "true" : "false"); }

// A list of names to a mapping of them to what `make` gives.
template <class Make>
void names_to_map(Reader& reader, Node& value, const std::string& path, Make make) {
  Node map = make_map(value.at);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Node& item = value.items[i];
    text_value(reader, item, under(path, i));
    if (item.kind == Kind::text && map.find(item.text))
      reader.notes.problem(item.at, under(path, i), "'" + item.text + "' is here twice", "take one out");
    if (item.kind == Kind::text) put(map, item.text, make(item.at));
  }
  value = std::move(map);
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

}  // namespace

void dependency_condition(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  if (value.kind == Kind::text &&
      !one_of(value.text, {"service_started", "service_healthy", "service_completed_successfully"}))
    reader.notes.problem(value.at, path, "'" + value.text + "' is not a condition",
                         "service_started, service_healthy or service_completed_successfully");
}

void depends_on(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::list) {
    names_to_map(reader, value, path, [](const Mark& at) {
      Node dependency = make_map(at);
      put(dependency, "condition", make_text(at, "service_started"));
      return dependency;
    });
  } else if (value.kind != Kind::map) {
    return wrong_kind(reader, value, path, "a list of services or a mapping");
  }
  for (Member& member : value.members) {
    const std::string at = under(path, member.key);
    canonicalise_map(reader, member.value, at, dependency_table);
    if (!member.value.find("condition"))
      reader.notes.problem(member.at, at, "'condition' is missing",
                           "service_started, service_healthy or service_completed_successfully");
    if (!member.value.find("required")) put(member.value, "required", boolean_node(member.at, true));
    if (const Node* restart = member.value.find("restart"); restart && restart->text == "false")
      member.value.erase("restart");
  }
}

void attachments(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::list) return names_to_map(reader, value, path, make_null);
  if (value.kind != Kind::map) return wrong_kind(reader, value, path, "a list of networks or a mapping");
  for (Member& member : value.members)
    if (member.value.kind != Kind::null)
      canonicalise_map(reader, member.value, under(path, member.key), attachment_table);
}

namespace {

void files(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::map) return wrong_kind(reader, value, path, "a path or a list");
  if (value.kind != Kind::list) {
    Node list = make_list(value.at);
    list.items.push_back(std::move(value));
    value = std::move(list);
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Node& item = value.items[i];
    const std::string at = under(path, i);
    if (item.kind == Kind::text) {
      Node map = make_map(item.at);
      put(map, "path", item);
      item = std::move(map);
    }
    if (item.kind != Kind::map) {
      wrong_kind(reader, item, at, "a path or a mapping");
      item = make_map(item.at);
      continue;
    }
    for (Member& member : item.members) {
      const std::string here = under(at, member.key);
      if (member.key == "path")
        text_value(reader, member.value, here);
      else if (member.key == "required")
        boolean(reader, member.value, here);
      else if (member.key == "format" && member.value.kind != Kind::text)
        wrong_kind(reader, member.value, here, "text");
      else if (member.key == "format" && member.value.text != "raw" && !member.value.text.empty())
        reader.notes.problem(member.value.at, here, "'" + member.value.text + "' is not a format",
                             "raw, or leave it out");
      else if (member.key != "format")
        reader.notes.problem(member.at, here, "unknown key '" + member.key + "'", "path, required and format");
    }
    Node* file = item.find("path");
    if (!file)
      reader.notes.problem(item.at, at, "'path' is missing");
    else if (file->kind == Kind::text && !file->text.empty())
      file->text = absolute(reader, file->text);
  }
}

}  // namespace

void env_files(Reader& reader, Node& value, const std::string& path) { files(reader, value, path); }
void label_files(Reader& reader, Node& value, const std::string& path) {
  for (std::size_t i = 0; i < value.items.size(); ++i)
    if (value.items[i].kind == Kind::map && !value.items[i].made)
      wrong_kind(reader, value.items[i], under(path, i), "text");
  files(reader, value, path);
}

void health_test(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::text) {
    Node list = make_list(value.at);
    list.items.push_back(make_text(value.at, "CMD-SHELL"));
    list.items.push_back(std::move(value));
    value = std::move(list);
  }
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "text or a list");
  for (std::size_t i = 0; i < value.items.size(); ++i) text_value(reader, value.items[i], under(path, i));
  if (!value.items.empty() && !one_of(value.items[0].text, {"CMD", "CMD-SHELL", "NONE"}))
    reader.notes.problem(value.items[0].at, under(path, 0), "'" + value.items[0].text + "' is not a kind of test",
                         "start the list with CMD, CMD-SHELL or NONE");
}

void health_check(Reader& reader, Node& value, const std::string& path) {
  canonicalise_map(reader, value, path, health_table);
  if (const Node* disable = value.find("disable"); disable && disable->text == "false") value.erase("disable");
}

// Compose looks for a policy anywhere in the text.
static bool is_pull_policy(std::string_view text) {
  for (const std::string_view word : {"always", "never", "missing", "build", "refresh", "daily", "weekly"})
    if (text.find(word) != std::string_view::npos) return true;
  const std::size_t every = text.find("every_");
  if (every == std::string_view::npos) return false;
  const std::size_t digits = every + 6;
  const std::size_t unit = text.find_first_not_of("0123456789", digits);
  return unit != std::string_view::npos && unit > digits &&
         std::string_view("wdhms").find(text[unit]) != std::string_view::npos;
}

void pull_policy(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  if (value.text == "if_not_present") value.text = "missing";
  if (value.kind == Kind::text && !is_pull_policy(value.text))
    reader.notes.problem(value.at, path, "'" + value.text + "' is not a pull policy",
                         "always, never, missing or build");
}

void links(Reader& reader, Node& value, const std::string& path) {
  texts(reader, value, path);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string& link = value.items[i].text;
    const std::size_t colon = link.find(':');
    const bool whole = colon == std::string::npos || (colon > 0 && link.find(':', colon + 1) == std::string::npos);
    if (link.ends_with(':')) value.items[i].doubt = "has no alias behind its ':'";
    if (value.items[i].kind == Kind::text && (link.empty() || !whole))
      reader.notes.problem(value.items[i].at, under(path, i), "'" + link + "' is not a link",
                           "SERVICE or SERVICE:ALIAS");
  }
}

void container_name(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  };
  if (value.kind == Kind::text && (value.text.size() < 2 || !std::ranges::all_of(value.text, fits) ||
                                   one_of(value.text.substr(0, 1), {"_", ".", "-"})))
    reader.notes.problem(value.at, path, "'" + value.text + "' is not a name",
                         "two or more letters, digits, _ . -, a letter or digit first");
}

void deploy(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::null) return;
  canonicalise_map(reader, value, path, deploy_table);
  for (const std::string_view part : {"placement", "resources"})
    if (!value.find(part)) put(value, part, make_map(value.at));
}

void number_options(Reader& reader, Node& value, const std::string& path) {
  for (const Member& member : value.members)
    if (member.value.kind == Kind::boolean)
      wrong_kind(reader, member.value, under(path, member.key), "text or a number");
  if (value.kind != Kind::map) return wrong_kind(reader, value, path, "a mapping");
  labels(reader, value, path);
}

void driver_options(Reader& reader, Node& value, const std::string& path) {
  for (const Member& member : value.members)
    if (member.value.kind == Kind::null) wrong_kind(reader, member.value, under(path, member.key), "text or a number");
  number_options(reader, value, path);
}

void logging(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::map) return wrong_kind(reader, value, path, "a mapping");
  for (Member& member : value.members) {
    const std::string at = under(path, member.key);
    if (member.key == "driver")
      text_value(reader, member.value, at);
    else if (member.key == "options")
      number_options(reader, member.value, at);
    else if (!member.key.starts_with("x-"))
      reader.notes.problem(member.at, at, "unknown key '" + member.key + "'", "driver and options");
  }
  std::erase_if(value.members, [](const Member& member) { return member.key.starts_with("x-"); });
}

void ulimits(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::map) return wrong_kind(reader, value, path, "a mapping");
  const bool of_build = path.ends_with(".build.ulimits");
  for (Member& member : value.members) {
    const std::string at = under(path, member.key);
    if (member.value.kind == Kind::text && of_build) wrong_kind(reader, member.value, at, "a whole number");
    if (member.value.kind == Kind::real) wrong_kind(reader, member.value, at, "a whole number");
    if (member.value.kind != Kind::map) {
      integer(reader, member.value, at);
      if (member.value.text != "0") continue;
      // Compose prints no number for it.
      Node bounds = make_map(member.value.at);
      for (const char* bound : {"soft", "hard"}) put(bounds, bound, make_scalar(member.value.at, Kind::integer, "0"));
      member.value = std::move(bounds);
      continue;
    }
    std::erase_if(member.value.members, [](const Member& bound) { return bound.key.starts_with("x-"); });
    for (const Member& bound : member.value.members)
      if (bound.key != "soft" && bound.key != "hard" && !bound.key.starts_with("x-"))
        reader.notes.problem(bound.at, under(at, bound.key), "unknown key '" + bound.key + "'", "soft and hard");
    for (const std::string_view bound : {"soft", "hard"}) {
      if (Node* number = member.value.find(bound))
        integer(reader, *number, under(at, bound));
      else
        reader.notes.problem(member.at, at, "'" + std::string(bound) + "' is missing",
                             "a number, or both soft and hard");
    }
  }
}

void extra_hosts(Reader& reader, Node& value, const std::string& path) {
  Node list = make_list(value.at);
  const auto add = [&](const std::string& host, const Node& from, std::string_view address) {
    if (address.starts_with('[') && address.ends_with(']') && address.size() > 2)
      address = address.substr(1, address.size() - 2);
    if (host.empty() || host.find_first_of(":=") != std::string::npos)
      reader.notes.problem(from.at, path, "'" + host + "' is not the name of a host");
    list.items.push_back(make_text(from.at, host + '=' + std::string(address)));
  };
  std::set<std::string> seen;
  const auto add_text = [&](const std::string& host, const Node& from, const std::string& at) {
    if (from.kind != Kind::text)
      wrong_kind(reader, from, at, "text");
    else
      add(host, from, from.text);
  };
  if (value.kind == Kind::list) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const Node& item = value.items[i];
      const std::size_t equals = item.text.find('=');
      const std::size_t part = equals == std::string::npos ? item.text.find(':') : equals;
      if (item.kind == Kind::text && !seen.insert(item.text).second)
        reader.notes.problem(item.at, under(path, i), "'" + item.text + "' is here twice", "take one out");
      if (item.kind != Kind::text || part == std::string::npos)
        reader.notes.problem(item.at, under(path, i), "must be HOST=ADDRESS text");
      else
        for (const std::string& address : text::split(item.text.substr(part + 1), ','))
          add(item.text.substr(0, part), item, address);
    }
  } else if (value.kind == Kind::map) {
    for (const Member& member : value.members) {
      if (member.value.kind == Kind::list)
        for (const Node& address : member.value.items) add_text(member.key, address, under(path, member.key));
      else
        add_text(member.key, member.value, under(path, member.key));
    }
  } else {
    return wrong_kind(reader, value, path, "a list of HOST=ADDRESS or a mapping");
  }
  std::ranges::stable_sort(list.items, {}, &Node::text);
  value = std::move(list);
}

void dns_servers(Reader& reader, Node& value, const std::string& path) {
  text_or_texts(reader, value, path);
  std::erase_if(value.items, [](const Node& item) { return item.kind == Kind::text && item.text.empty(); });
}

}  // namespace kontena::compose
