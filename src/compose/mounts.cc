#include <map>

#include "kontena/base/text.h"
#include "service_forms.h"
#include "values.h"

namespace kontena::compose {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "name:/path:ro" at its colons, but for that of a Windows drive.
std::vector<std::string> sections(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':' && !(parts.back().size() == 1 && letter(parts.back()[0])))
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

bool is_path(std::string_view source) {
  if (source.empty()) return false;
  return source[0] == '.' || source[0] == '/' || source[0] == '~' || source.starts_with("\\\\") ||
         (source.size() > 1 && letter(source[0]) && source[1] == ':');
}

bool windows(std::string_view path) {
  return path.starts_with("\\\\") ||
         (path.size() > 2 && letter(path[0]) && path[1] == ':' && (path[2] == '\\' || path[2] == '/'));
}

std::string clean(std::string_view path) {
  std::vector<std::string> kept;
  for (std::string& part : text::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !kept.empty())
      kept.pop_back();
    else if (part != "..")
      kept.push_back(std::move(part));
  }
  return '/' + text::join(kept, "/");
}

// Also of a path that starts nowhere.
std::string clean_any(const std::string& path) {
  if (path.starts_with('/')) return clean(path);
  std::vector<std::string> kept;
  for (std::string& part : text::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !kept.empty() && kept.back() != "..")
      kept.pop_back();
    else
      kept.push_back(std::move(part));
  }
  return kept.empty() ? "." : text::join(kept, "/");
}

// One of the comma-separated words of a short form; unknown ones have no effect
// in Compose, which does not say so.
void option(Reader& reader, Node& mount, const Node& from, const std::string& path, const std::string& word) {
  if (word == "ro") {
    put(mount, "read_only", make_scalar(from.at, Kind::boolean, "true"));
  } else if (word == "nocopy") {
    Node volume = make_map(from.at);
    volume.table = &mount_volume_table;
    put(volume, "nocopy", make_scalar(from.at, Kind::boolean, "true"));
    put(mount, "volume", std::move(volume));
  } else if (word == "z" || word == "Z" || word == "private" || word == "rprivate" || word == "shared" ||
             word == "rshared" || word == "slave" || word == "rslave") {
    if (!mount.find("bind")) put(mount, "bind", make_map(from.at));
    put(*mount.find("bind"), word == "z" || word == "Z" ? "selinux" : "propagation", make_text(from.at, word));
  } else if (word == "cached" || word == "delegated" || word == "consistent") {
    reader.notes.warning(from.at, path, "'" + word + "' is ignored: it has no effect on Linux");
  } else if (word != "rw") {
    reader.notes.warning(from.at, path, "'" + word + "' is not an option of a volume; it is ignored");
  }
}

Node long_form(Reader& reader, const Node& item, const std::string& path) {
  Node mount = make_map(item.at);
  mount.written = item.text;
  mount.table = &mount_table;
  auto parts = sections(item.text);
  const auto refuse = [&](std::string why) {
    reader.notes.problem(item.at, path, "'" + item.text + "' is not a volume: " + std::move(why),
                         "write NAME:/target, /path:/target or /target, with :ro behind it to read only");
  };
  const bool whole = item.text.size() <= 2;  // Compose looks at so short a text no further
  for (const std::string& part : parts)
    if (part.empty() && (!whole || item.text.empty()))
      return refuse(item.text.empty() ? "it is empty" : "there is nothing on one side of a ':'"), mount;
  if (parts.size() > 3) return refuse("it has too many ':'"), mount;
  if (whole) parts = {item.text};
  const std::string source = parts.size() > 1 ? parts[0] : "";
  const bool bind = is_path(source);
  put(mount, "type", make_text(item.at, bind ? "bind" : "volume"));
  if (!source.empty()) put(mount, "source", make_text(item.at, source));
  put(mount, "target", make_text(item.at, parts.size() > 1 ? parts[1] : parts[0]));
  if (parts.size() == 3)
    for (const std::string& word : text::split(parts[2], ',')) option(reader, mount, item, path, word);
  if (bind) {
    if (!mount.find("bind")) put(mount, "bind", make_map(item.at));
    put(*mount.find("bind"), "create_host_path", make_scalar(item.at, Kind::boolean, "true"));
    mount.erase("volume");
  } else if (!whole && !mount.find("volume")) {
    put(mount, "volume", make_map(item.at));
  }
  if (Node* options = mount.find("bind")) options->table = &mount_bind_table;
  return mount;
}

void finish(Reader& reader, Node& mount, const std::string& path) {
  const Node* type = mount.find("type");
  if (!type) return reader.notes.problem(mount.at, path, "'type' is missing", "volume, bind or tmpfs");
  if (!mount.find("target")) return reader.notes.problem(mount.at, path, "'target' is missing");
  Node* source = mount.find("source");
  if (type->text == "bind") {
    if (!source) return reader.notes.problem(mount.at, path, "a bind wants a 'source'");
    if (source->text.empty()) {
      source->written = "\"\"";
      source->doubt = "is no path: Compose takes the whole folder of the project; write '.' for it";
    }
    if (!windows(source->text)) {
      if (source->written.empty() && !source->text.starts_with('/')) source->written = source->text;
      source->text = absolute(reader, source->text);
    }
  }
  Node* target = mount.find("target");
  target->text = clean_any(target->text);
}

}  // namespace

std::string absolute_path(const Reader& reader, const std::string& folder, std::string_view path) {
  if (path.starts_with('~')) {
    const auto home = reader.input.environment.find("HOME");
    return clean((home == reader.input.environment.end() ? "/root" : home->second) + '/' + std::string(path.substr(1)));
  }
  // An absolute one stays as it is written, as in Compose.
  return path.starts_with('/') ? std::string(path) : clean(folder + '/' + std::string(path));
}

std::string absolute(const Reader& reader, std::string_view path) { return absolute_path(reader, reader.folder, path); }

void mounts(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  std::vector<Node> kept;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Node& item = value.items[i];
    const std::string at = under(path, i);
    if (item.kind == Kind::map)
      canonicalise_map(reader, item, at, mount_table);
    else if (item.kind == Kind::text)
      item = long_form(reader, item, at);
    else {
      wrong_kind(reader, item, at, "a volume: text or a mapping");
      continue;
    }
    finish(reader, item, at);
    kept.push_back(std::move(item));
  }
  // The last one of a target stands where the first was.
  value.items.clear();
  std::map<std::string, std::size_t> places;
  for (Node& mount : kept) {
    const Node* target = mount.find("target");
    const auto [place, fresh] = places.try_emplace(target ? target->text : "", value.items.size());
    if (fresh)
      value.items.push_back(std::move(mount));
    else
      value.items[place->second] = std::move(mount);
  }
}

}  // namespace kontena::compose
