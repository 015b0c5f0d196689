#include "check.h"

#include <algorithm>
#include <vector>

namespace kontena::store {

Status check(const Commit& commit) {
  std::vector<std::string_view> keys;
  keys.reserve(commit.puts.size() + commit.deletes.size());
  for (const auto& put : commit.puts) keys.push_back(put.key);
  for (const auto& key : commit.deletes) keys.push_back(key);
  for (const auto key : keys) {
    if (key.empty()) return Error{Code::invalid_argument, "a commit writes an empty key"};
    if (key.front() == '\0') return Error{Code::invalid_argument, "a commit writes a key that starts with a zero byte"};
  }
  std::ranges::sort(keys);
  const auto twice = std::ranges::adjacent_find(keys);
  if (twice != keys.end())
    return Error{Code::invalid_argument, "a commit writes the key '" + std::string(*twice) + "' twice"};
  return Done{};
}

Error conflict(const Commit::Expect& expected, Revision found) {
  const auto state = [](Revision revision) {
    return revision == 0 ? std::string("absent") : "at revision " + std::to_string(revision);
  };
  return {Code::conflict, "'" + expected.key + "' is " + state(found) + ", not " + state(expected.revision)};
}

Error ahead(Revision asked, Revision newest) {
  return {Code::expired,
          "revision " + std::to_string(asked) + " has not been yet, the newest is " + std::to_string(newest)};
}

std::string end_of(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace kontena::store
