#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kontena/base/id.h"
#include "kontena/base/result.h"
#include "kontena/model/names.h"

// JSON in and out of plain structs. A struct's fields are listed once, in
// codec/fields.h or beside the struct; everything here walks that list.
namespace kontena::codec {

template <class T>
struct Fields;

template <class T>
concept HasFields = requires { sizeof(Fields<T>); };

// One value inside a Document, good until its parent changes. Only codec/json.cc
// knows what it points at, so nlohmann's header stays out of every other file.
struct Element {
  void* value;
};

// Owns a JSON text, parsed; its Elements live as long as it does.
class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  // Refuses what is not JSON (with the offset), text that is not UTF-8, and
  // nesting deeper than 200.
  static Result<Document> parse(std::string_view text);
  Element root() const;
  std::string dump() const;    // on one line; what is not UTF-8 is replaced
  std::string pretty() const;  // for people

 private:
  struct Value;
  std::unique_ptr<Value> value_;
};

Element member(Element, std::string_view key);  // makes an object of it
Element append(Element);                        // makes an array of it
void make_array(Element);
void make_object(Element);
void copy(Element to, Element from);

std::optional<Element> find(Element, std::string_view key);  // none where there is no such member
std::optional<Element> find_path(Element, std::initializer_list<std::string_view> keys);
std::vector<Element> elements(Element);  // of an array; else none
std::vector<std::pair<std::string, Element>> members(Element);  // of an object, in order of key; else none
bool is_null(Element);
bool is_string(Element);
bool is_object(Element);
bool is_array(Element);

// Lenient reads for other programs' JSON, where an absent or odd member means
// the default: Docker's replies.
std::string string_at(Element, std::initializer_list<std::string_view> keys);
// A fraction is cut off, and what is beyond 64 bits is the nearest that is not.
std::int64_t integer_at(Element, std::initializer_list<std::string_view> keys);
bool bool_at(Element, std::initializer_list<std::string_view> keys);

void put(Element, const std::string&);
void put(Element, std::string_view);
void put(Element, const char*);
void put(Element, std::int64_t);
void put(Element, bool);
void put_null(Element);
Status take(Element, std::string&);
Status take(Element, std::int64_t&);
Status take(Element, bool&);
Error unexpected(Element got, const std::string& wanted);  // "expected a string, got number"

template <class Tag> void put(Element at, const Id<Tag>& id) { put(at, *id); }
template <class Tag> Status take(Element at, Id<Tag>& id) { return take(at, id.text()); }

template <model::Named E> void put(Element at, E value) { put(at, std::string(model::name(value))); }
template <model::Named E> Status take(Element at, E& value) {
  std::string text;
  KTN_OK(take(at, text));
  const auto found = model::named<E>(text);
  if (!found) return Error{Code::invalid_argument, "'" + text + "' is not one of its values"};
  value = *found;
  return Done{};
}

template <HasFields T> void put(Element, const T&);
template <HasFields T> Status take(Element, T&);

template <class T> void put(Element at, const std::vector<T>& list) {
  make_array(at);
  for (const T& item : list) put(append(at), item);
}
template <class T> void put(Element at, const std::map<std::string, T>& map) {
  make_object(at);
  for (const auto& [key, item] : map) put(member(at, key), item);
}
template <class T> void put(Element at, const std::optional<T>& item) {
  if (item)
    put(at, *item);
  else
    put_null(at);
}

template <class T> Status take(Element at, std::vector<T>& list) {
  if (!is_array(at)) return unexpected(at, "a list");
  list.clear();
  for (const Element element : elements(at))
    if (auto taken = take(element, list.emplace_back()); !taken)
      return std::move(taken).error().in('[' + std::to_string(list.size() - 1) + ']');
  return Done{};
}
template <class T> Status take(Element at, std::map<std::string, T>& map) {
  if (!is_object(at)) return unexpected(at, "an object");
  map.clear();
  for (const auto& [key, element] : members(at))
    if (auto taken = take(element, map[key]); !taken) return std::move(taken).error().in(key);
  return Done{};
}
template <class T> Status take(Element at, std::optional<T>& item) {
  if (is_null(at)) {
    item.reset();
    return Done{};
  }
  return take(at, item.emplace());
}

// Writes every field, always.
template <HasFields T> void put(Element at, const T& value) {
  make_object(at);
  auto each = [&](std::string_view key, const auto& field) { put(member(at, key), field); };
  Fields<T>::visit(each, value);
}

// An absent member leaves the default and an unknown one is passed over: server
// and agents one minor version apart understand each other.
template <HasFields T> Status take(Element at, T& value) {
  if (!is_object(at)) return unexpected(at, "an object");
  Status status = Done{};
  auto each = [&](std::string_view key, auto& field) {
    auto found = status ? find(at, key) : std::nullopt;
    if (!found) return;
    if (auto taken = take(*found, field); !taken) status = std::move(taken).error().in(key);
  };
  Fields<T>::visit(each, value);
  return status;
}

// REQUIRES of T: put/take above.
template <class T> std::string to_json(const T& value) {
  Document document;
  put(document.root(), value);
  return document.dump();
}
template <class T> Result<T> from_json(std::string_view text) {
  KTN_TRY(const Document document, Document::parse(text));
  T value;
  KTN_OK(take(document.root(), value));
  return value;
}

}  // namespace kontena::codec
