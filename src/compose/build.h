#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "node.h"
#include "notes.h"
#include "source.h"

namespace kontena::compose {

// Makes nodes of the events of a YAML parser, and holds the file to the rules
// that the parser does not: no name twice in a map, no value inside itself, no
// key without its ':', and bounds on depth and size.
class Builder {
 public:
  struct Event {
    std::size_t offset = 0;  // in the source; of the first property where there is one
    std::string tag;
    std::size_t anchor = 0;  // 0: none
  };

  Builder(const SourceText& source, Notes& notes) : source_(source), notes_(notes) {}

  // Each returns false where reading must end; the reason is noted.
  bool document(std::size_t offset);
  bool null(const Event&);
  bool scalar(const Event&, const std::string& text);
  bool alias(const Event&);
  bool open(const Event&, Kind kind, bool flow);
  bool close();
  void name_anchor(std::string name) { anchor_name_ = std::move(name); }

  std::vector<Node> documents;  // finished ones

 private:
  struct Open {
    Node node;
    std::size_t anchor = 0;
    bool flow = false;
    std::size_t size = 1;       // nodes, with all inside
    bool has_key = false;       // of a map: the next value is this key's
    bool explicit_key = false;  // it was led by '?'
    Member next;
    std::vector<Member> merges;  // the values of `<<`
  };
  struct Anchored {
    Node node;
    std::size_t size = 0;
    std::string name;
  };

  bool expects_key() const { return !open_.empty() && open_.back().node.kind == Kind::map && !open_.back().has_key; }
  bool take_key(const Event&, const Node&, std::string_view shown);
  bool deliver(Node, std::size_t size, std::size_t anchor, bool block_list = false);
  bool is_indented(const Open& into, const Node& value, bool block_list);
  bool count(std::size_t nodes, std::size_t bytes, const Mark&);
  void resolve_tag(Node&, const std::string& tag);
  void close_map(Open&);
  void merge(Open&, const Member& from);
  std::string path() const;

  const SourceText& source_;
  Notes& notes_;
  std::vector<Open> open_;
  std::map<std::size_t, Anchored> anchors_;
  std::map<std::size_t, std::string> names_;  // of anchors
  std::string anchor_name_;
  std::optional<std::size_t> last_document_;  // where it began
  std::size_t nodes_ = 0;
  std::size_t from_aliases_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace kontena::compose
