#include <optional>
#include <set>

#include "kontena/base/text.h"
#include "service_forms.h"
#include "values.h"

namespace kontena::compose {
namespace {

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t size() const { return last - first + 1; }
};

std::optional<std::int64_t> port(std::string_view text, std::int64_t least) {
  const auto number = text.starts_with('-') ? std::nullopt : text::integer(text);
  if (!number || *number < least || *number > 65535) return std::nullopt;
  return number;
}

std::optional<Range> range(std::string_view text, std::int64_t least) {
  const std::size_t dash = text.find('-');
  const auto first = port(text.substr(0, dash), least);
  const auto last = dash == std::string_view::npos ? first : port(text.substr(dash + 1), least);
  if (!first || !last || *last < *first) return std::nullopt;
  return Range{*first, *last};
}

bool is_address(std::string_view text) {
  if (text.find(':') != std::string_view::npos)
    return text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  const auto parts = text::split(text, '.');
  if (parts.size() != 4) return false;
  for (const std::string& part : parts) {
    const auto number = text::integer(part);
    if (!number || *number < 0 || *number > 255 || part.size() > 3) return false;
  }
  return true;
}

struct Short {
  std::string address, published, target, protocol = "tcp";
};

// [ADDRESS:][PUBLISHED:]TARGET[/PROTOCOL], the address in [ ] where it holds ':'.
std::optional<Short> take_apart(std::string_view text) {
  Short parts;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    parts.protocol = text::lower(text.substr(slash + 1));
    text = text.substr(0, slash);
  }
  if (text.starts_with('[')) {
    const std::size_t end = text.find("]:");
    if (end == std::string_view::npos) return std::nullopt;
    parts.address = text.substr(1, end - 1);
    text.remove_prefix(end + 2);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  }
  const auto pieces = text::split(text, ':');
  if (pieces.size() > (parts.address.empty() ? 3u : 2u)) return std::nullopt;
  parts.target = pieces.back();
  if (pieces.size() >= 2) parts.published = pieces[pieces.size() - 2];
  if (pieces.size() == 3) parts.address = pieces[0];
  return parts;
}

constexpr std::string_view wanted =
    "TARGET, PUBLISHED:TARGET or ADDRESS:PUBLISHED:TARGET, each with /tcp, /udp or /sctp";

Node long_form(const Node& from, const Short& parts, const std::string& published, std::int64_t target) {
  Node port = make_map(from.at);
  port.written = from.text;
  port.table = &port_table;
  put(port, "mode", make_text(from.at, "ingress"));
  if (!parts.address.empty()) put(port, "host_ip", make_text(from.at, parts.address));
  put(port, "target", make_scalar(from.at, Kind::integer, std::to_string(target)));
  if (!published.empty()) put(port, "published", make_text(from.at, published));
  put(port, "protocol", make_text(from.at, parts.protocol));
  return port;
}

void expand(Reader& reader, const Node& item, const std::string& path, std::vector<Node>& out) {
  const auto refuse = [&](std::string why, std::string hint) {
    reader.notes.problem(item.at, path, "'" + item.text + "' is not a port: " + std::move(why), std::move(hint));
  };
  const auto parts = take_apart(item.text);
  if (!parts) return refuse("it has too many ':'", "write " + std::string(wanted));
  if (!parts->address.empty() && !is_address(parts->address))
    return refuse("'" + parts->address + "' is not an IP address", "write " + std::string(wanted));
  if (parts->protocol != "tcp" && parts->protocol != "udp" && parts->protocol != "sctp")
    return refuse("'" + parts->protocol + "' is not a protocol", "tcp, udp or sctp");
  const auto target = range(parts->target, 1);
  if (!target)
    return refuse("'" + parts->target + "' is neither a number of 1 to 65535 nor a range of them",
                  "write " + std::string(wanted));
  if (target->size() > static_cast<std::int64_t>(reader.ports_left))
    return refuse("the file publishes more than 100000 ports", "");
  reader.ports_left -= static_cast<std::size_t>(target->size());
  if (parts->published.empty()) {
    for (std::int64_t i = 0; i < target->size(); ++i) out.push_back(long_form(item, *parts, "", target->first + i));
    return;
  }
  const auto published = range(parts->published, 0);
  if (!published)
    return refuse("'" + parts->published + "' is neither a number of 0 to 65535 nor a range of them",
                  "write " + std::string(wanted));
  if (target->size() == 1) {
    std::string shown = std::to_string(published->first);
    if (published->size() > 1) shown += '-' + std::to_string(published->last);
    out.push_back(long_form(item, *parts, shown, target->first));
    return;
  }
  if (target->size() != published->size())
    return refuse("the ranges " + parts->published + " and " + parts->target + " are not of one size", "");
  for (std::int64_t i = 0; i < target->size(); ++i)
    out.push_back(long_form(item, *parts, std::to_string(published->first + i), target->first + i));
}

// A port that is written as a number differs from one in text for Compose.
bool was_number(const Node& published) {
  return !published.made && published.style == Style::plain && published.written.empty() &&
         published.text.find_first_not_of("0123456789") == std::string::npos;
}

std::string identity(const Node& port) {
  std::string id;
  if (const Node* published = port.find("published"); published && was_number(*published)) id = "number|";
  for (const std::string_view part : {"host_ip", "published", "target", "protocol"}) {
    const Node* value = port.find(part);
    id += (value ? value->text : "") + '|';
  }
  return id;
}

}  // namespace

// Compose takes any text here; that it means nothing is found when it is to run.
void published_port(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::integer) value.kind = Kind::text;
  text_value(reader, value, path);
}

void port_address(Reader& reader, Node& value, const std::string& path) {
  text_value(reader, value, path);
  if (value.kind == Kind::text && !value.text.empty() && !is_address(value.text))
    reader.notes.problem(value.at, path, "'" + value.text + "' is not an IP address");
}

void ports(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::list) return wrong_kind(reader, value, path, "a list");
  std::vector<Node> all;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Node& item = value.items[i];
    const std::string at = under(path, i);
    if (item.kind == Kind::map) {
      canonicalise_map(reader, item, at, port_table);
      if (!item.find("target")) reader.notes.problem(item.at, at, "'target' is missing");
      if (!item.find("mode")) put(item, "mode", make_text(item.at, "ingress"));
      if (!item.find("protocol")) put(item, "protocol", make_text(item.at, "tcp"));
      if (const Node* published = item.find("published"); published && published->text.empty()) item.erase("published");
      all.push_back(std::move(item));
    } else if (item.kind == Kind::text || item.kind == Kind::integer) {
      expand(reader, item, at, all);
    } else if (item.kind == Kind::real) {
      reader.notes.problem(item.at, at, "'" + item.text + "' is not a port", "write " + std::string(wanted));
    } else {
      wrong_kind(reader, item, at, "a port: " + std::string(wanted) + ", or a mapping");
    }
  }
  std::set<std::string> seen;
  value.items.clear();
  for (Node& port : all)
    if (seen.insert(identity(port)).second) value.items.push_back(std::move(port));
}

}  // namespace kontena::compose
