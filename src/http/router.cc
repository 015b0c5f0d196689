#include "kontena/http/router.h"

#include "kontena/base/panic.h"
#include "kontena/base/text.h"

namespace kontena::http {
namespace {

// The segments of "/a/b" are "a" and "b"; those of "/" one, empty.
std::vector<std::string> segments(std::string_view path) { return text::split(path.substr(1), '/'); }

bool is_named(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

void Router::add(Method method, std::string_view pattern, std::size_t row) {
  KTN_ASSERT(pattern.starts_with('/'), "a pattern starts with '/'");
  Node* node = &root_;
  for (const std::string& segment : segments(pattern)) {
    if (!is_named(segment)) {
      node = &node->literal[segment];
      continue;
    }
    const std::string name = segment.substr(1, segment.size() - 2);
    if (node->named.empty()) node->named.push_back(Node{.name = name});
    node = &node->named.front();
    KTN_ASSERT(node->name == name, "rows that share a place call its {name} the same");
  }
  KTN_ASSERT(node->rows.emplace(method, row).second, "no two rows of one method match the same path");
}

Result<Router::Match> Router::find(Method method, std::string_view path) const {
  const auto unknown = [&] { return Error{Code::not_found, "there is nothing at '" + std::string(path) + "'"}; };
  if (!path.starts_with('/')) return unknown();
  Match match;
  const Node* node = &root_;
  for (const std::string& encoded : segments(path)) {
    KTN_TRY(std::string segment, percent_decode(encoded));
    if (const auto found = node->literal.find(segment); found != node->literal.end()) {
      node = &found->second;
    } else if (!node->named.empty() && !segment.empty()) {
      node = &node->named.front();
      match.parameters.insert_or_assign(node->name, std::move(segment));
    } else {
      return unknown();
    }
  }
  if (node->rows.empty()) return unknown();
  auto row = node->rows.find(method);
  if (row == node->rows.end() && method == Method::head) row = node->rows.find(Method::get);
  if (row == node->rows.end()) {
    std::vector<std::string> allowed;
    for (const auto& [known, index] : node->rows) allowed.emplace_back(name(known));
    return Error{Code::unsupported, std::string(name(method)) + " is not possible on '" + std::string(path) + "'",
                 "allowed: " + text::join(allowed, ", ")};
  }
  match.row = row->second;
  return match;
}

}  // namespace kontena::http
