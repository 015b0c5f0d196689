#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/http/message.h"

namespace kontena::http {

using PathParameters = std::map<std::string, std::string, std::less<>>;

// Finds the row of a table by method and path. A pattern is segments of text or
// {name}; a {name} matches one segment that is not empty, which is percent-decoded.
// Segments of dots are text like any other. No regular expressions, no
// backtracking: cost is the number of segments, and where text and a {name} both
// match, the text does, for good.
class Router {
 public:
  // REQUIRES: no two rows of one method match the same path; rows that share a
  // place call its {name} the same.
  void add(Method, std::string_view pattern, std::size_t row);

  struct Match {
    std::size_t row = 0;
    PathParameters parameters;
  };
  // Code::not_found for an unknown path, Code::unsupported (405) with the allowed
  // methods in the hint for a known path with another method, Code::invalid_argument
  // for one that is not percent-encoded rightly. HEAD finds the row of GET where it
  // has none of its own.
  Result<Match> find(Method, std::string_view path) const;

 private:
  struct Node {
    std::map<std::string, Node, std::less<>> literal;
    std::vector<Node> named;  // none or one
    std::string name;         // of the segment that led here, where named
    std::map<Method, std::size_t> rows;
  };
  Node root_;
};

}  // namespace kontena::http
