#include "kontena/codec/json.h"

#include <nlohmann/json.hpp>

namespace kontena::codec {
namespace {

using Json = nlohmann::json;

constexpr int deepest = 200;

Json& json(Element e) { return *static_cast<Json*>(e.value); }
Element element(Json& value) { return {&value}; }

constexpr auto replace = Json::error_handler_t::replace;

}  // namespace

struct Document::Value {
  Json json;
};

Document::Document() : value_(std::make_unique<Value>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Result<Document> Document::parse(std::string_view text) {
  Document document;
  bool too_deep = false;
  const auto limit_depth = [&](int depth, Json::parse_event_t event, Json&) {
    // The outermost starts at 0.
    const bool starts = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    too_deep = too_deep || (starts && depth >= deepest);
    return !too_deep;
  };
  try {
    document.value_->json = Json::parse(text, limit_depth);
  } catch (const Json::parse_error& e) {
    return Error{Code::invalid_argument, "not JSON at byte " + std::to_string(e.byte)};
  } catch (const Json::out_of_range&) {
    return Error{Code::invalid_argument, "a number in the JSON is out of range"};
  }
  if (too_deep) return Error{Code::invalid_argument, "JSON nested deeper than " + std::to_string(deepest)};
  return document;
}

Element Document::root() const { return element(value_->json); }
std::string Document::dump() const { return value_->json.dump(-1, ' ', false, replace); }
std::string Document::pretty() const { return value_->json.dump(2, ' ', false, replace); }

Element member(Element e, std::string_view key) { return element(json(e)[std::string(key)]); }
Element append(Element e) { return element(json(e).emplace_back()); }
void make_array(Element e) { json(e) = Json::array(); }
void make_object(Element e) { json(e) = Json::object(); }
void copy(Element to, Element from) { json(to) = json(from); }
bool is_null(Element e) { return json(e).is_null(); }
bool is_string(Element e) { return json(e).is_string(); }
bool is_object(Element e) { return json(e).is_object(); }
bool is_array(Element e) { return json(e).is_array(); }

std::optional<Element> find(Element e, std::string_view key) {
  if (!json(e).is_object()) return std::nullopt;
  auto it = json(e).find(std::string(key));
  if (it == json(e).end()) return std::nullopt;
  return element(*it);
}

std::optional<Element> find_path(Element e, std::initializer_list<std::string_view> keys) {
  std::optional<Element> at = e;
  for (const auto key : keys)
    if (at) at = find(*at, key);
  return at;
}

std::string string_at(Element e, std::initializer_list<std::string_view> keys) {
  const auto at = find_path(e, keys);
  return at && is_string(*at) ? json(*at).get<std::string>() : std::string();
}

std::int64_t integer_at(Element e, std::initializer_list<std::string_view> keys) {
  const auto at = find_path(e, keys);
  if (!at || !json(*at).is_number()) return 0;
  if (json(*at).is_number_unsigned() && json(*at).get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    return INT64_MAX;
  if (!json(*at).is_number_float()) return json(*at).get<std::int64_t>();
  const double number = json(*at).get<double>();
  if (number >= 9.2e18) return INT64_MAX;
  return number <= -9.2e18 ? INT64_MIN : static_cast<std::int64_t>(number);
}

bool bool_at(Element e, std::initializer_list<std::string_view> keys) {
  const auto at = find_path(e, keys);
  return at && json(*at).is_boolean() && json(*at).get<bool>();
}

std::vector<Element> elements(Element e) {
  std::vector<Element> list;
  if (json(e).is_array())
    for (Json& item : json(e)) list.push_back(element(item));
  return list;
}

std::vector<std::pair<std::string, Element>> members(Element e) {
  std::vector<std::pair<std::string, Element>> list;
  if (json(e).is_object())
    for (auto it = json(e).begin(); it != json(e).end(); ++it) list.emplace_back(it.key(), element(*it));
  return list;
}

void put(Element e, const std::string& text) { json(e) = text; }
void put(Element e, std::string_view text) { json(e) = std::string(text); }
void put(Element e, const char* text) { json(e) = text; }
void put(Element e, std::int64_t number) { json(e) = number; }
void put(Element e, bool truth) { json(e) = truth; }
void put_null(Element e) { json(e) = nullptr; }

Error unexpected(Element got, const std::string& wanted) {
  return {Code::invalid_argument, "expected " + wanted + ", got " + json(got).type_name()};
}

Status take(Element e, std::string& text) {
  if (!json(e).is_string()) return unexpected(e, "a string");
  text = json(e).get<std::string>();
  return Done{};
}

Status take(Element e, std::int64_t& number) {
  if (!json(e).is_number_integer()) return unexpected(e, "an integer");
  if (json(e).is_number_unsigned() && json(e).get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    return Error{Code::invalid_argument, "the number is too large"};
  number = json(e).get<std::int64_t>();
  return Done{};
}

Status take(Element e, bool& truth) {
  if (!json(e).is_boolean()) return unexpected(e, "true or false");
  truth = json(e).get<bool>();
  return Done{};
}

}  // namespace kontena::codec
