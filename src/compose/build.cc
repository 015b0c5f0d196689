#include "build.h"

#include <algorithm>
#include <unordered_map>

#include "kontena/base/text.h"
#include "scalar.h"

namespace kontena::compose {
namespace {

constexpr std::size_t most_nodes = 500'000;         // aliases counted as what they stand for
constexpr std::size_t most_from_aliases = 100'000;  // of them
constexpr std::size_t most_bytes = 64u << 20;
constexpr std::size_t deepest = 200;

std::size_t bytes_of(const Node& node) {
  std::size_t bytes = node.text.size();
  for (const Node& item : node.items) bytes += bytes_of(item);
  for (const Member& member : node.members) bytes += member.key.size() + bytes_of(member.value);
  return bytes;
}

}  // namespace

std::string Builder::path() const {
  std::string path;
  for (const Open& open : open_) {
    if (open.node.kind == Kind::list)
      path = under(path, open.node.items.size());
    else if (open.has_key)
      path = under(path, open.next.key);
  }
  return path;
}

bool Builder::count(std::size_t nodes, std::size_t bytes, const Mark& at) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ <= most_nodes && bytes_ <= most_bytes) return true;
  notes_.problem(
      at, path(),
      "the file is too large: with its aliases it has more than " +
          (nodes_ > most_nodes ? std::to_string(most_nodes) + " values" : std::to_string(most_bytes) + " bytes"));
  return false;
}

bool Builder::document(std::size_t offset) {
  open_.clear();
  anchors_.clear();
  // What starts no value the parser takes for an empty document, and stays before it for ever.
  if (last_document_ && offset <= *last_document_) {
    notes_.problem(source_.mark(offset), "", "no value starts with this character", "put quotes around the text");
    return false;
  }
  last_document_ = offset;
  if (source_.starts_document(offset)) return true;
  notes_.problem(source_.mark(offset), "", "this belongs to no mapping and no list above it", "check the indentation");
  return false;
}

bool Builder::null(const Event& event) {
  Node node = make_null(source_.mark(event.offset));
  node.made = false;
  // The parser gives an empty value the place of what comes next.
  const std::string_view rest = source_.text().substr(std::min(event.offset, source_.text().size()));
  const auto is = [&](std::string_view word) { return rest.starts_with(word); };
  const bool spelled = is("~") || is("null") || is("Null") || is("NULL") || is("&");
  if (!spelled && !open_.empty()) {
    if (open_.back().has_key)
      node.at = open_.back().next.at;
    else if (const auto dash = source_.text().substr(0, event.offset).rfind('-');
             open_.back().node.kind == Kind::list && dash != std::string_view::npos)
      node.at = source_.mark(dash);
  }
  if (expects_key()) return take_key(event, node, "");
  return count(1, 0, node.at) && deliver(std::move(node), 1, event.anchor);
}

bool Builder::scalar(const Event& event, const std::string& text) {
  const std::size_t content = source_.skip_properties(event.offset);
  const char first = content < source_.text().size() ? source_.text()[content] : '\0';
  Node node = make_text(source_.mark(event.offset), text);
  node.made = false;
  if (first == '"' || first == '\'') {
    node.style = Style::quoted;
    if (!source_.close_quote(content)) {
      notes_.problem(source_.mark(content), path(), "the quote that opens here is never closed");
      return false;
    }
  } else if (event.tag == "!" || first == '|' || first == '>') {
    node.style = Style::block;
  }
  if (expects_key()) {
    if (node.style == Style::plain && event.tag == "?") {
      node.kind = resolve(text).kind;
      if (text == "<<") node.tag = "<<";
    }
    return take_key(event, node, text);
  }
  resolve_tag(node, event.tag);
  return count(1, node.text.size(), node.at) && deliver(std::move(node), 1, event.anchor);
}

void Builder::resolve_tag(Node& node, const std::string& tag) {
  constexpr std::string_view core = "tag:yaml.org,2002:";
  const std::string_view name = tag.starts_with(core) ? std::string_view(tag).substr(core.size()) : std::string_view();
  if (tag == "!reset" || tag == "!override") node.tag = tag;
  if (name == "str") return;
  if (name == "binary") {
    std::string plain = node.text;
    std::erase_if(plain, [](char c) { return c == '\n' || c == ' '; });
    if (const auto bytes = text::unbase64(plain))
      node.text = *bytes;
    else
      notes_.problem(node.at, path(), "!!binary wants base64 text");
    return;
  }
  if (node.style != Style::plain) return;
  Scalar meant = resolve(node.text);
  if (meant.text != node.text) node.written = std::exchange(node.text, std::move(meant.text));
  node.kind = meant.kind;
}

bool Builder::alias(const Event& event) {
  const Mark at = source_.mark(event.offset);
  const auto is_it = [&](const Open& open) { return open.anchor == event.anchor; };
  if (std::ranges::any_of(open_, is_it)) {
    notes_.problem(at, path(), "'*" + names_[event.anchor] + "' stands for the value that it is part of");
    return false;
  }
  const auto found = anchors_.find(event.anchor);
  if (found == anchors_.end()) {
    notes_.problem(at, path(), "there is no anchor of this name above");
    return false;
  }
  if ((from_aliases_ += found->second.size) > most_from_aliases) {
    notes_.problem(
        at, path(),
        "the file is too large: its aliases stand for more than " + std::to_string(most_from_aliases) + " values");
    return false;
  }
  if (!count(found->second.size, bytes_of(found->second.node), at)) return false;
  Node node = found->second.node;
  node.at = at;
  if (expects_key()) return take_key(event, node, node.text);
  return deliver(std::move(node), found->second.size, 0);
}

bool Builder::open(const Event& event, Kind kind, bool flow) {
  if (open_.size() >= deepest) {
    notes_.problem(source_.mark(event.offset), "", "nested deeper than " + std::to_string(deepest) + " levels");
    return false;
  }
  Open open;
  open.node = make_scalar(source_.mark(event.offset), kind, "");
  open.node.made = false;
  if (event.tag == "!reset" || event.tag == "!override") open.node.tag = event.tag;
  open.anchor = event.anchor;
  open.flow = flow;
  if (event.anchor != 0) names_[event.anchor] = anchor_name_;
  if (!count(1, 0, open.node.at)) return false;
  if (expects_key()) {
    notes_.problem(open.node.at, path(), "a list or mapping cannot be a key",
                   "close the bracket, or put quotes around text that starts with one");
    return false;
  }
  open_.push_back(std::move(open));
  return true;
}

bool Builder::close() {
  Open done = std::move(open_.back());
  open_.pop_back();
  if (done.node.kind == Kind::map) close_map(done);
  const bool block_list = done.node.kind == Kind::list && !done.flow;
  return deliver(std::move(done.node), done.size, done.anchor, block_list);
}

bool Builder::take_key(const Event& event, const Node& node, std::string_view shown) {
  Open& open = open_.back();
  // A flow map may hold a bare name, a block map never does.
  open.explicit_key = source_.is_explicit_key(event.offset);
  if (!open.flow && !open.explicit_key && node.scalar() && !source_.is_key(event.offset, shown)) {
    notes_.problem(node.at, path(), "'" + std::string(shown) + "' has no ':' behind it",
                   shown.starts_with('-') ? "a list item wants a blank after the '-'" : "write 'key: value'");
    return false;
  }
  if (node.kind != Kind::text)
    notes_.problem(node.at, path(), "a key must be text, this is " + std::string(describe(node)),
                   "put quotes around it");
  open.next = {node.text, node.at, {}};
  open.next.value.tag = node.tag;
  open.has_key = true;
  if (event.anchor != 0) anchors_[event.anchor] = {node, 1, anchor_name_};
  return count(1, node.text.size(), node.at);
}

// A value on a line of its own stands further right than its key; only the
// dashes of a list may stand below it.
bool Builder::is_indented(const Open& into, const Node& value, bool block_list) {
  const Mark& key = into.next.at;
  if (into.flow || into.explicit_key || value.at.line == key.line || value.at.column > key.column) return true;
  if (block_list && value.at.column == key.column) return true;
  notes_.problem(value.at, path(), "a value must be indented further than its key");
  return false;
}

bool Builder::deliver(Node node, std::size_t size, std::size_t anchor, bool block_list) {
  if (anchor != 0) {
    names_.try_emplace(anchor, anchor_name_);
    if (!count(size, bytes_of(node), node.at)) return false;
    anchors_[anchor] = {node, size, names_[anchor]};
  }
  if (open_.empty()) {
    if (node.kind != Kind::null) documents.push_back(std::move(node));
    return true;
  }
  Open& into = open_.back();
  into.size += size;
  if (into.node.kind == Kind::list) {
    into.node.items.push_back(std::move(node));
    return true;
  }
  if (!is_indented(into, node, block_list)) return false;
  const bool merges = into.next.value.tag == "<<";
  into.next.value = std::move(node);
  (merges ? into.merges : into.node.members).push_back(std::move(into.next));
  into.has_key = false;
  return true;
}

void Builder::close_map(Open& open) {
  auto& members = open.node.members;
  std::unordered_map<std::string_view, const Member*> first;
  const auto check = [&](const Member& member) {
    const auto [it, fresh] = first.try_emplace(member.key, &member);
    if (fresh) return;
    notes_.problem(member.at, under(path(), member.key),
                   "the key is here twice, first in line " + std::to_string(it->second->at.line));
  };
  for (const Member& member : members) check(member);
  for (const Member& merge : open.merges) check(merge);
  if (members.size() > first.size()) return;
  for (const Member& from : open.merges) merge(open, from);
}

// What the map has itself wins wherever it stands, then the first of a list.
void Builder::merge(Open& open, const Member& from) {
  const bool list = from.value.kind == Kind::list;
  if (!(list || from.value.kind == Kind::map) ||
      !std::ranges::all_of(from.value.items, [](const Node& item) { return item.kind == Kind::map; })) {
    notes_.problem(from.at, path(), "'<<' wants a mapping or a list of mappings", "as in '<<: *name'");
    return;
  }
  std::unordered_map<std::string, bool> taken;
  for (const Member& member : open.node.members) taken.emplace(member.key, true);
  const auto take = [&](const Node& map) {
    for (const Member& member : map.members)
      if (taken.emplace(member.key, true).second) open.node.members.push_back(member);
  };
  if (!list) take(from.value);
  for (const Node& item : from.value.items) take(item);
}

}  // namespace kontena::compose
