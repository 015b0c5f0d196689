#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::compose {

// A place in a file that outlives the tree; lines and columns (of characters)
// from 1. A value that we made has the place of what it was made from.
struct Mark {
  const std::string* file = nullptr;
  int line = 0;
  int column = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};

enum class Kind : std::uint8_t { null, boolean, integer, real, date, text, list, map };
enum class Style : std::uint8_t { plain, quoted, block };

struct Member;
struct Table;  // keys.h

// A value of a Compose file. A scalar's `text` is what it means: "31" where the
// file has 0x1F, and then `written` is what the file has.
struct Node {
  Kind kind = Kind::null;
  Style style = Style::plain;
  bool made = false;  // by us: a default, or the long form of something
  Mark at;
  std::string text;
  std::string written;  // "" = the same as text
  const char* doubt =
      nullptr;  // "is …": surely a mistake, which Compose takes: `stack config` prints it, a deploy refuses it
  const Table* table = nullptr;  // of a map whose keys have rows, once it is canonical
  std::string tag;               // "!reset", "!override"; others are resolved while reading
  std::vector<Node> items;
  std::vector<Member> members;  // no name twice

  bool scalar() const { return kind != Kind::list && kind != Kind::map; }
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  const Member* member(std::string_view key) const;
  // The member of that name; a null one is added where there is none.
  // REQUIRES: a map.
  Node& operator[](std::string_view key);
  bool erase(std::string_view key);
};

struct Member {
  std::string key;
  Mark at;  // of the key
  Node value;
};

Node make_null(const Mark&);
Node make_text(const Mark&, std::string text);
Node make_scalar(const Mark&, Kind, std::string text);
Node make_list(const Mark&);
Node make_map(const Mark&);
void put(Node& map, std::string_view key, Node value);

// "a string", "a list", …: for messages.
std::string_view describe(const Node&);

// "services" + "web" and "ports" + 1, as messages name a place in the document.
std::string under(std::string_view path, std::string_view key);
std::string under(std::string_view path, std::size_t index);

}  // namespace kontena::compose
