#include "values.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "kontena/base/text.h"
#include "scalar.h"

namespace kontena::compose {
namespace {

void turn_into(Node& value, Kind kind, std::string text) {
  if (value.written.empty() && value.text != text) value.written = value.text;
  value.kind = kind;
  value.text = std::move(text);
}

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
    if (!item.scalar()) {
      wrong_kind(reader, item, under(path, member.key), "text, a number or true or false");
    } else if (item.kind != Kind::null) {
      turn_into(item, Kind::text, as_text(reader, item, under(path, member.key)));
    } else if (null_is_empty) {
      turn_into(item, Kind::text, "");
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
  turn_into(value, Kind::boolean, name);
}

void integer(Reader& reader, Node& value, const std::string& path) {
  const auto number =
      value.kind == Kind::integer || value.kind == Kind::text ? text::integer(value.text) : std::nullopt;
  if (!number) return wrong_kind(reader, value, path, "a whole number");
  turn_into(value, Kind::integer, std::to_string(*number));
}

void integer_only(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::integer) return wrong_kind(reader, value, path, "a whole number");
  integer(reader, value, path);
}

void whole(Reader& reader, Node& value, const std::string& path) {
  const auto found = value.kind == Kind::real ? real(value.text) : std::nullopt;
  if (!found || *found > 1e15 || *found < -1e15) return integer(reader, value, path);
  turn_into(value, Kind::integer, std::to_string(static_cast<std::int64_t>(*found)));
}

void whole_bytes(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::real) return wrong_kind(reader, value, path, "a whole number of bytes, or text as in 1.5g");
  bytes(reader, value, path);
}

void unique_scalars(Reader& reader, Node& value, const std::string& path) {
  const std::size_t given = value.items.size();
  scalars(reader, value, path);
  if (value.kind == Kind::list && value.items.size() < given)
    reader.notes.problem(value.at, path, "an item is here twice", "take one out");
}

void number(Reader& reader, Node& value, const std::string& path) {
  const auto found = value.kind == Kind::integer || value.kind == Kind::real || value.kind == Kind::text
                         ? real(value.text)
                         : std::nullopt;
  if (!found) return wrong_kind(reader, value, path, "a number");
  turn_into(value, Kind::real, print_real(*found));
}

void bytes(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::integer && value.kind != Kind::real && value.kind != Kind::text)
    return wrong_kind(reader, value, path, "a number of bytes, as in 512m or 1.5g");
  if (value.kind == Kind::real) {
    reader.notes.warning(value.at, path, "Compose takes a fractional number of bytes as none", "write it as in 1.5g");
    return turn_into(value, Kind::text, "0");
  }
  if (value.text == "-1") return turn_into(value, Kind::text, "-1");  // without limit
  const auto count = text::bytes(value.text);
  if (!count) return reader.notes.problem(value.at, path, count.error().message, count.error().hint);
  turn_into(value, Kind::text, std::to_string(*count));
}

std::string print_duration(std::int64_t ms) {
  if (ms == 0) return "0s";
  if (ms < 1000) return std::to_string(ms) + "ms";
  std::string out;
  const std::int64_t hours = ms / 3'600'000, minutes = ms / 60'000 % 60;
  if (hours > 0) out += std::to_string(hours) + 'h';
  if (hours > 0 || minutes > 0) out += std::to_string(minutes) + 'm';
  out += std::to_string(ms / 1000 % 60);
  if (ms % 1000 > 0) {
    std::string fraction = std::to_string(1000 + ms % 1000).substr(1);
    while (fraction.ends_with('0')) fraction.pop_back();
    out += '.' + fraction;
  }
  return out + 's';
}

void duration(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::text) {
    const bool whole = value.kind == Kind::integer;
    return reader.notes.problem(value.at, path,
                                "must be a duration, as in 1m30s, this is " + std::string(describe(value)),
                                whole ? "write " + value.text + "s for seconds" : "");
  }
  const auto length = text::duration(value.text);
  if (!length) return reader.notes.problem(value.at, path, length.error().message, length.error().hint);
  turn_into(value, Kind::text, print_duration(length->count()));
}

void texts(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  std::vector<Node> kept;
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    text_value(reader, value.items[i], under(path, i));
    if (seen.insert(value.items[i].text).second) kept.push_back(std::move(value.items[i]));
  }
  value.items = std::move(kept);
}

void unique_texts(Reader& reader, Node& value, const std::string& path) {
  const std::vector<Node> given = value.items;
  texts(reader, value, path);
  if (value.items.size() == given.size()) return;
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

void mappings(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list of mappings");
  for (std::size_t i = 0; i < value.items.size(); ++i)
    if (value.items[i].kind != Kind::map) wrong_kind(reader, value.items[i], under(path, i), "a mapping");
}

void scalars(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  for (std::size_t i = 0; i < value.items.size(); ++i)
    if (value.items[i].kind == Kind::integer)
      turn_into(value.items[i], Kind::text, as_text(reader, value.items[i], under(path, i)));
  texts(reader, value, path);
}

void variables(Reader& reader, Node& value, const std::string& path) { name_values(reader, value, path, false); }
void labels(Reader& reader, Node& value, const std::string& path) { name_values(reader, value, path, true); }

}  // namespace kontena::compose
