#include "part_forms.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "kontena/base/text.h"
#include "parts.h"
#include "service_forms.h"
#include "values.h"

namespace kontena::compose {
namespace {

bool is_remote(std::string_view context) {
  return context.find("://") != std::string_view::npos || context.starts_with("git@") ||
         context.starts_with("github.com/") || context.starts_with("service:");
}

// Of several with the same key the last one stands where the first was.
template <class KeyOf>
void last_of_each(Node& list, KeyOf key_of) {
  std::vector<Node> kept;
  std::unordered_map<std::string, std::size_t> places;
  for (Node& item : list.items) {
    const auto [place, fresh] = places.try_emplace(key_of(item), kept.size());
    if (fresh)
      kept.push_back(std::move(item));
    else
      kept[place->second] = std::move(item);
  }
  list.items = std::move(kept);
}

std::string text_of(const Node& map, std::string_view key) {
  const Node* found = map.find(key);
  return found ? found->text : "";
}

void require(Reader& reader, const Node& map, const std::string& path, std::string_view key) {
  if (map.kind == Kind::map && !map.find(key))
    reader.notes.problem(map.at, path, "'" + std::string(key) + "' is missing");
}

}  // namespace

void build(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::text) {
    Node map = make_map(value.at);
    put(map, "context", value);
    value = std::move(map);
  }
  canonicalise_map(reader, value, path, build_table);
}

void build_context(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  if (value.kind == Kind::text && !value.text.empty() && !is_remote(value.text))
    value.text = absolute(reader, value.text);
}

void build_contexts(Reader& reader, Node& value, const std::string& path) {
  for (std::size_t i = 0; i < value.items.size(); ++i)
    if (value.items[i].kind == Kind::text && value.items[i].text.find('=') == std::string::npos)
      reader.notes.problem(value.items[i].at, under(path, i), "'" + value.items[i].text + "' is not NAME=CONTEXT");
  labels(reader, value, path);
  for (Member& member : value.members)
    if (member.value.kind == Kind::text && !member.value.text.empty() && !is_remote(member.value.text))
      member.value.text = absolute(reader, member.value.text);
}

// Keys of SSH by their names: "default", or "NAME: PATH".
void build_ssh(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::list) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      text_value(reader, value.items[i], under(path, i));
      if (const std::size_t equals = value.items[i].text.find('='); equals != std::string::npos)
        value.items[i].text =
            value.items[i].text.substr(0, equals) + ": " + absolute(reader, value.items[i].text.substr(equals + 1));
    }
    return;
  }
  labels(reader, value, path);
  Node list = make_list(value.at);
  for (const Member& member : value.members)
    list.items.push_back(make_text(
        member.at, member.value.text.empty() ? member.key : member.key + ": " + absolute(reader, member.value.text)));
  value = std::move(list);
}

void text_or_boolean(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::boolean) value.kind = Kind::text;
  text_value(reader, value, path);
}

// Both are printed, whether they are given or not.
static void complete_rate(Node& item, std::string_view key, Node none) {
  if (item.kind != Kind::map) return;
  if (!item.find("Path")) put(item, "Path", make_text(item.at, ""));
  if (!item.find(key)) put(item, key, std::move(none));
}

void block_io(Reader& reader, Node& value, const std::string& path) {
  canonicalise_map(reader, value, path, block_io_table);
}
void block_rates(Reader& reader, Node& value, const std::string& path) {
  each<block_rate_table>(reader, value, path);
  for (Node& item : value.items)
    for (Member& member : item.members)
      if (member.key == "path" || member.key == "rate") member.key[0] = static_cast<char>(member.key[0] - 'a' + 'A');
  for (Node& item : value.items) complete_rate(item, "Rate", make_text(item.at, "0"));
}
void block_weights(Reader& reader, Node& value, const std::string& path) {
  each<block_weight_table>(reader, value, path);
  for (Node& item : value.items)
    for (Member& member : item.members)
      if (member.key == "path" || member.key == "weight") member.key[0] = static_cast<char>(member.key[0] - 'a' + 'A');
  for (Node& item : value.items) complete_rate(item, "Weight", make_scalar(item.at, Kind::integer, "0"));
}

void credential_spec(Reader& reader, Node& value, const std::string& path) {
  canonicalise_map(reader, value, path, credential_table);
}

void develop(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::null) return;
  canonicalise_map(reader, value, path, develop_table);
}
void watches(Reader& reader, Node& value, const std::string& path) {
  each<watch_table>(reader, value, path);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Node& watch = value.items[i];
    const std::string at = under(path, i);
    for (const char* key : {"path", "action"}) require(reader, watch, at, key);
    if (watch.kind == Kind::map && !watch.find("exec")) {
      Node exec = make_map(watch.at);
      exec.table = &hook_table;
      put(exec, "command", make_null(watch.at));
      put(watch, "exec", std::move(exec));
    }
  }
}
void watch_action(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  for (const char* known : {"rebuild", "sync", "restart", "sync+restart", "sync+exec"})
    if (value.text == known) return;
  reader.notes.problem(value.at, path, "'" + value.text + "' is not an action",
                       "rebuild, sync, restart, sync+restart or sync+exec");
}
void watch_path(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  if (value.kind == Kind::text && value.text.empty())
    reader.notes.problem(value.at, path, "the path is empty");
  else if (value.kind == Kind::text)
    value.text = absolute(reader, value.text);
}
void watch_exec(Reader& reader, Node& value, const std::string& path) {
  canonicalise_map(reader, value, path, hook_table);
}

namespace {

void check_requests(Reader& reader, Node& value, const std::string& path) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Node& item = value.items[i];
    const Node* count = item.find("count");
    if (count && item.find("device_ids"))
      reader.notes.problem(count->at, under(path, i), "'count' and 'device_ids' exclude each other",
                           "keep one of them");
  }
}

}  // namespace

void device_requests(Reader& reader, Node& value, const std::string& path) {
  each<device_request_table>(reader, value, path);
  for (std::size_t i = 0; i < value.items.size(); ++i) require(reader, value.items[i], under(path, i), "capabilities");
  check_requests(reader, value, path);
}
void device_count(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::text && value.text == "all") value = make_scalar(value.at, Kind::integer, "-1");
  integer(reader, value, path);
}
void generic_resources(Reader& reader, Node& value, const std::string& path) {
  each<generic_resource_table>(reader, value, path);
}

void gpus(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::text) {
    if (value.text != "all") return wrong_kind(reader, value, path, "'all' or a list");
    Node list = make_list(value.at);
    list.items.push_back(make_map(value.at));
    put(list.items[0], "count", make_scalar(value.at, Kind::integer, "-1"));
    value = std::move(list);
  }
  each<device_request_table>(reader, value, path);
  check_requests(reader, value, path);
}

void hooks(Reader& reader, Node& value, const std::string& path) {
  each<hook_table>(reader, value, path);
  for (std::size_t i = 0; i < value.items.size(); ++i) require(reader, value.items[i], under(path, i), "command");
}
void pre_start_hooks(Reader& reader, Node& value, const std::string& path) {
  each<pre_start_table>(reader, value, path);
  for (std::size_t i = 0; i < value.items.size(); ++i) require(reader, value.items[i], under(path, i), "command");
}

void image_mount(Reader& reader, Node& value, const std::string& path) {
  canonicalise_map(reader, value, path, mount_image_table);
}
void tmpfs_mount(Reader& reader, Node& value, const std::string& path) {
  canonicalise_map(reader, value, path, mount_tmpfs_table);
}

void models_used(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::list) {
    Node map = make_map(value.at);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      text_value(reader, value.items[i], under(path, i));
      if (map.find(value.items[i].text))
        reader.notes.problem(value.items[i].at, under(path, i), "'" + value.items[i].text + "' is here twice");
      put(map, value.items[i].text, make_null(value.items[i].at));
    }
    value = std::move(map);
  }
  if (value.kind != Kind::map) return wrong_kind(reader, value, path, "a list of models or a mapping");
  for (Member& member : value.members)
    if (member.value.kind != Kind::null)
      canonicalise_map(reader, member.value, under(path, member.key), model_use_table);
}

void provider(Reader& reader, Node& value, const std::string& path) {
  canonicalise_map(reader, value, path, provider_table);
  require(reader, value, path, "type");
}
// Each option is a list.
void provider_options(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::map) return wrong_kind(reader, value, path, "a mapping");
  for (Member& member : value.members) {
    if (member.value.kind != Kind::list) {
      Node list = make_list(member.value.at);
      list.items.push_back(std::move(member.value));
      member.value = std::move(list);
    }
    for (std::size_t i = 0; i < member.value.items.size(); ++i) {
      Node& item = member.value.items[i];
      const std::string at = under(under(path, member.key), i);
      if (!item.scalar() || item.kind == Kind::null)
        wrong_kind(reader, item, at, "text, a number or true or false");
      else
        item = make_text(item.at, as_text(reader, item, at));
    }
  }
}

void devices(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Node& item = value.items[i];
    const std::string at = under(path, i);
    if (item.kind == Kind::map) {
      canonicalise_map(reader, item, at, device_table);
      require(reader, item, at, "source");
      require(reader, item, at, "target");
      continue;
    }
    if (item.kind != Kind::text) {
      wrong_kind(reader, item, at, "text or a mapping");
      continue;
    }
    const auto parts = text::split(item.text, ':');
    if (parts.size() > 3)
      reader.notes.problem(item.at, at, "'" + item.text + "' has too many ':'", "SOURCE[:TARGET[:PERMISSIONS]]");
    Node device = make_map(item.at);
    device.table = &device_table;
    put(device, "source", make_text(item.at, parts[0]));
    put(device, "target", make_text(item.at, parts.size() > 1 && !parts[1].empty() ? parts[1] : parts[0]));
    put(device, "permissions", make_text(item.at, parts.size() > 2 ? parts[2] : "rwm"));
    item = std::move(device);
  }
  last_of_each(value, [](const Node& item) { return text_of(item, "target"); });
}

void files_used(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  const bool secret = path.ends_with(".secrets"), of_build = path.ends_with(".build.secrets");
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Node& item = value.items[i];
    if (item.kind == Kind::text) {
      Node used = make_map(item.at);
      put(used, "source", make_text(item.at, item.text));
      item = std::move(used);
    }
    canonicalise_map(reader, item, under(path, i), file_used_table);
  }
  if (of_build) return;
  last_of_each(value, [&](const Node& item) {
    const std::string target = text_of(item, "target");
    return target.empty() ? (secret ? "/run/secrets/" : "/") + text_of(item, "source") : target;
  });
}

// A number is what it is; text is octal.
void mode(Reader& reader, Node& value, const std::string& path) {
  std::int64_t bits = 0;
  const std::string& digits = value.text;
  const int base = value.kind == Kind::text ? 8 : 10;
  const std::size_t from = digits.starts_with("0-") ? 1 : 0;  // as it is printed
  const auto [end, error] = std::from_chars(digits.data() + from, digits.data() + digits.size(), bits, base);
  if ((value.kind != Kind::text && value.kind != Kind::integer) || error != std::errc{} ||
      end != digits.data() + digits.size() || digits.empty())
    return wrong_kind(reader, value, path, "the mode of a file, as in 0440");
  char octal[32];
  const auto written = std::to_chars(octal, octal + sizeof octal, bits, 8);
  value = make_text(value.at, "0" + std::string(octal, written.ptr));
  if (bits < 0 || bits > 07777) value.doubt = "is not the mode of a file";
}

}  // namespace kontena::compose
