#include "values.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "kontena/base/text.h"
#include "scalar.h"

namespace kontena::compose {
namespace {

std::optional<bool> truth(std::string_view text) {
  const std::string word = text::lower(text);
  for (const auto yes : {"true", "yes", "y", "on"})
    if (word == yes) return true;
  for (const auto no : {"false", "no", "n", "off"})
    if (word == no) return false;
  return std::nullopt;
}

// NAME=VALUE items, or a mapping, to a mapping.
void name_values(Reader& reader, Node& value, const std::string& path, bool null_is_empty) {
  if (value.kind == Kind::list) {
    Node map = make_map(value.at);
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const Node& item = value.items[i];
      if (item.kind != Kind::text) {
        wrong_kind(reader, item, under(path, i), "NAME=VALUE text");
        continue;
      }
      const std::string line = as_text(reader, item, under(path, i));
      const std::size_t equals = line.find('=');
      const std::string_view name = std::string_view(line).substr(0, equals);
      if (!null_is_empty && (name.ends_with(' ') || name.ends_with('\t')))
        reader.notes.problem(item.at, under(path, i), "there is a blank behind the name '" + std::string(name) + "'",
                             "write NAME=VALUE");
      Node right = equals == std::string::npos ? make_null(item.at) : make_text(item.at, line.substr(equals + 1));
      const auto [known, fresh] = places.try_emplace(line.substr(0, equals), map.members.size());
      if (fresh)
        map.members.push_back({known->first, item.at, std::move(right)});
      else
        map.members[known->second].value = std::move(right);
    }
    value = std::move(map);
  } else if (value.kind != Kind::map) {
    return wrong_kind(reader, value, path, "a mapping or a list of NAME=VALUE");
  }
  for (Member& member : value.members) {
    Node& item = member.value;
    if (member.key.empty() && !item.made) reader.notes.problem(member.at, path, "a name is empty");
    if (!item.scalar()) {
      wrong_kind(reader, item, under(path, member.key), "text, a number or true or false");
    } else if (item.kind != Kind::null) {
      become(item, Kind::text, as_text(reader, item, under(path, member.key)));
    } else if (null_is_empty) {
      become(item, Kind::text, "");
    }
  }
}

}  // namespace

void wrong_kind(Reader& reader, const Node& value, const std::string& path, std::string_view wanted) {
  const std::string shown = value.written.empty() ? value.text : value.written;
  const bool text = wanted == "text";
  std::string what = "must be " + std::string(wanted);
  if (value.scalar() && value.kind != Kind::null && !text)
    what += ", not '" + shown + '\'';
  else
    what += ", this is " + std::string(describe(value));
  const bool could_be = text && value.scalar() && value.kind != Kind::null;
  reader.notes.problem(value.at, path, std::move(what), could_be ? "put quotes around it: \"" + shown + '"' : "");
}

std::string as_text(Reader& reader, const Node& value, const std::string& path) {
  if (value.kind == Kind::date) wrong_kind(reader, value, path, "text");
  if ((value.kind == Kind::integer || value.kind == Kind::real) && !value.written.empty())
    reader.notes.warning(value.at, path, value.written + " was read as the number " + value.text,
                         "put quotes around it to keep it as it is");
  return value.text;
}

void as_written(Reader&, Node&, const std::string&) {}

void text_value(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::text) wrong_kind(reader, value, path, "text");
}

void boolean(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::boolean) return;
  const auto found = value.kind == Kind::text ? truth(value.text) : std::nullopt;
  if (!found) return wrong_kind(reader, value, path, "true or false");
  const std::string name = *found ? "true" : "false";
  if (text::lower(value.text) != name)
    reader.notes.warning(value.at, path, "'" + value.text + "' is not a boolean of YAML 1.2; it is taken as " + name,
                         "write " + name);
  become(value, Kind::boolean, name);
}

void unique_scalars(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  std::set<std::pair<Kind, std::string>> seen;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Node& item = value.items[i];
    if (!seen.emplace(item.kind, item.text).second)
      reader.notes.problem(item.at, under(path, i), "an item is here twice", "take one out");
    if (item.kind == Kind::integer) become(item, Kind::text, as_text(reader, item, under(path, i)));
    text_value(reader, item, under(path, i));
  }
}

void plain_texts(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  for (std::size_t i = 0; i < value.items.size(); ++i) text_value(reader, value.items[i], under(path, i));
}

namespace {

// Of what has the same name the last one stays, where the first was.
void take_last(Reader& reader, Node& value, const std::string& path, bool by_name) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  std::vector<Node> kept;
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    text_value(reader, value.items[i], under(path, i));
    const std::string& text = value.items[i].text;
    const auto [place, fresh] = places.try_emplace(by_name ? text.substr(0, text.find('=')) : text, kept.size());
    if (fresh)
      kept.push_back(std::move(value.items[i]));
    else
      kept[place->second] = std::move(value.items[i]);
  }
  value.items = std::move(kept);
}

}  // namespace

void texts(Reader& reader, Node& value, const std::string& path) { take_last(reader, value, path, true); }

void unique_texts(Reader& reader, Node& value, const std::string& path) {
  plain_texts(reader, value, path);
  const std::vector<Node>& given = value.items;
  std::unordered_set<std::string_view> seen;
  for (const Node& item : given) seen.insert(item.text);
  if (seen.size() == given.size()) return;
  for (std::size_t i = 1; i < given.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (given[i].text == given[j].text)
        return reader.notes.problem(given[i].at, under(path, i),
                                    "'" + given[i].text + "' is here twice, first at " + std::to_string(j),
                                    "take one out");
}

void text_or_texts(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::text) {
    Node list = make_list(value.at);
    list.items.push_back(std::move(value));
    value = std::move(list);
  }
  texts(reader, value, path);
}

void text_or_unique(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::text) return text_or_texts(reader, value, path);
  unique_texts(reader, value, path);
}

void mappings(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list of mappings");
  for (std::size_t i = 0; i < value.items.size(); ++i)
    if (value.items[i].kind != Kind::map) wrong_kind(reader, value.items[i], under(path, i), "a mapping");
}

void scalars(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  for (std::size_t i = 0; i < value.items.size(); ++i)
    if (value.items[i].kind == Kind::integer)
      become(value.items[i], Kind::text, as_text(reader, value.items[i], under(path, i)));
  take_last(reader, value, path, false);
}

void variables(Reader& reader, Node& value, const std::string& path) { name_values(reader, value, path, false); }
void labels(Reader& reader, Node& value, const std::string& path) { name_values(reader, value, path, true); }

}  // namespace kontena::compose
